"""Why the disk refused something: the system's reason, and the remedy."""

import errno
import sqlite3
from typing import Final

_ROOM: Final = "make room on that file system"
_REMEDIES: Final = {
    errno.ENOSPC: _ROOM,
    errno.EDQUOT: "make room, or raise the quota",
    errno.EFBIG: "raise the limit of a file's size (ulimit -f)",
    errno.EROFS: "make that file system writable",
    errno.EACCES: "let the user that runs this write there",
    errno.EPERM: "let the user that runs this write there",
    errno.EIO: "see the system's log: the disk fails",
}
# Primary result codes: https://www.sqlite.org/rescode.html
_SQLITE_REMEDIES: Final = {
    sqlite3.SQLITE_FULL: _ROOM,
    sqlite3.SQLITE_READONLY: "make the file and its file system writable",
    sqlite3.SQLITE_CANTOPEN: "let the user that runs this write there",
    sqlite3.SQLITE_IOERR: "make room on that file system, or see the system's log",
}
_PRIMARY: Final = 0xFF


def reason_of(error: OSError) -> str:
    """Return why the system refused something, with the remedy where there is one."""
    return _with_remedy(error.strerror or str(error), _REMEDIES.get(error.errno or 0))


def reason_of_sqlite(error: sqlite3.Error) -> str:
    """Return why SQLite refused something, with the remedy where there is one."""
    # Errors of Python's module itself have no code.
    code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY
    return _with_remedy(str(error), _SQLITE_REMEDIES.get(code))


def _with_remedy(reason: str, remedy: str | None) -> str:
    return reason if remedy is None else f"{reason}; {remedy}"
