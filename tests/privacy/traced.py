"""Runs the program and notes which lines of ours ran: `python -m tests.privacy.traced FILE FLAGS…`.

`FILE` gets JSON: for each source file, by its path in the repository, the lines that ran within
functions. What runs once, while a module is imported, is not noted.
"""

import json
import sys
from collections import defaultdict
from pathlib import Path
from types import FrameType
from typing import Any, Final

from volunteer.main import main as volunteer

_PACKAGES: Final = {"volunteer": "apps", "report": "libs", "release": "libs"}
_IN_FUNCTIONS: Final = 0x02  # CO_NEWLOCALS: https://docs.python.org/3/library/inspect.html


def main(target: Path, flags: list[str]) -> int:
    """Run the program with `flags`, write `target`, and return the program's exit status."""
    ran: defaultdict[str, set[int]] = defaultdict(set)

    def trace(frame: FrameType, event: str, _argument: object) -> Any:  # noqa: ANN401 - as settrace
        file = _in_repository(frame)
        if file is None:
            return None
        if event == "line":
            ran[file].add(frame.f_lineno)
        return trace

    sys.settrace(trace)
    try:
        return volunteer(flags)
    finally:
        sys.settrace(None)
        lines = {file: sorted(numbers) for file, numbers in ran.items()}
        target.write_text(json.dumps(lines), encoding="utf-8")


def _in_repository(frame: FrameType) -> str | None:
    package = str(frame.f_globals.get("__name__", "")).partition(".")[0]
    file = Path(frame.f_code.co_filename)
    is_function = frame.f_code.co_flags & _IN_FUNCTIONS
    # What a dataclass makes of itself is in no file.
    if package not in _PACKAGES or not is_function or package not in file.parts:
        return None
    parts = file.parts[len(file.parts) - 1 - file.parts[::-1].index(package) :]
    return str(Path(_PACKAGES[package], *parts))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
