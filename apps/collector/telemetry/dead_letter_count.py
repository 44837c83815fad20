"""How many dead letters there are, read from beside the process that keeps them."""

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote


def count_dead_letters(path: Path) -> int:
    """Return the number of dead letters in the file at `path`; 0 where there is no such file yet.

    The drain writes the file; here it is only read, and a moment when it cannot be counts as 0.
    """
    try:
        address = f"file:{quote(str(path.absolute()))}?mode=ro"
        with closing(sqlite3.connect(address, uri=True)) as connection:
            return int(connection.execute("SELECT count(*) FROM dead_letters").fetchone()[0])
    except sqlite3.Error:
        return 0
