"""The user's own facts, read from a file or a directory of files.

Each file holds one JSON object, `{"key": value, …}`. A value that is a text is sent as it is, any
other as compact JSON text. A directory is read in the order of its entries' names, without its own
directories and without names that begin with a dot: so Kubernetes' mount of a ConfigMap works,
whose entries are links into a hidden directory.
"""

import json
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from msgspec import Struct

from report import Extension, InvalidExtensionKey, parse_extension_key
from report.field_types import MAX_EXTENSION_VALUE_CHARACTERS
from report.rules import VALUE_RULE, is_plain_value
from report.schema import MAX_EXTENSIONS
from volunteer.errors import InvalidExtensionFile

MAX_FILE_BYTES: Final = 1024 * 1024
"""As much as a ConfigMap may hold."""

_LONGEST_KEY_SHOWN: Final = 80


class Extensions(Struct, frozen=True):
    """What the files hold, and why some of it was left out."""

    values: tuple[Extension, ...]
    problems: tuple[InvalidExtensionFile, ...]


def read_extensions(path: Path | None) -> Extensions:
    """Read a file, or every file of a directory; None is no extensions.

    A file with a problem is left out whole; each problem names file, key and rule. Never raises
    for what the files hold.
    """
    if path is None:
        return Extensions((), ())
    values: dict[str, str] = {}
    problems: list[InvalidExtensionFile] = []
    try:
        files = _files(path)
    except OSError as error:
        return Extensions((), (_unreadable(path, error),))
    for file in files:
        try:
            found = _read_file(file)
            _check_together(file, found, values)
        except InvalidExtensionFile as problem:
            problems.append(problem)
        else:
            values.update(found)
    return Extensions(
        tuple(Extension(name, value) for name, value in values.items()), tuple(problems)
    )


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    return sorted(
        entry for entry in path.iterdir() if not (entry.name.startswith(".") or entry.is_dir())
    )


def _read_file(file: Path) -> dict[str, str]:
    members = _parse(file, _read_text(file))
    found: dict[str, str] = {}
    for key, value in members:
        if key in found:
            raise _problem(file, key, "is repeated")
        found[key] = _checked_value(file, key, value)
    return found


def _read_text(file: Path) -> str:
    try:
        if not stat.S_ISREG(file.stat().st_mode):
            raise _problem(file, None, "must be a regular file")
        with file.open("rb") as stream:
            content = stream.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise _unreadable(file, error) from error
    if len(content) > MAX_FILE_BYTES:
        raise _problem(file, None, f"must be at most {MAX_FILE_BYTES} bytes")
    try:
        return content.decode("utf-8-sig")  # some editors begin a file with a byte order mark
    except UnicodeDecodeError as error:
        raise _problem(file, None, "must be UTF-8") from error


def _parse(file: Path, text: str) -> list[tuple[str, object]]:
    try:
        document: object = json.loads(
            text, object_pairs_hook=_Members, parse_constant=_refuse_constant
        )
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise _problem(file, None, f"must be JSON ({error.msg}, {where})") from error
    except (ValueError, RecursionError) as error:  # a number too long, NaN, brackets too deep
        raise _problem(file, None, "must be JSON that can be read back") from error
    if not isinstance(document, _Members):
        raise _problem(file, None, "must hold one JSON object")
    return document


class _Members(list[tuple[str, object]]):
    """The members of a JSON object in their order, repeated names included."""


def _refuse_constant(name: str) -> None:
    message = f"{name} is not JSON"
    raise ValueError(message)


def _checked_value(file: Path, key: str, value: object) -> str:
    try:
        parse_extension_key(key)
    except InvalidExtensionKey as error:
        raise _problem(file, key, error.rule) from error
    text = value if isinstance(value, str) else _compact(file, key, value)
    if len(text) > MAX_EXTENSION_VALUE_CHARACTERS:
        raise _problem(
            file, key, f"its value must be at most {MAX_EXTENSION_VALUE_CHARACTERS} characters"
        )
    if not (is_plain_value(text) and _is_unicode(text)):
        raise _problem(file, key, f"its value {VALUE_RULE}")
    return text


def _compact(file: Path, key: str, value: object) -> str:
    try:
        return json.dumps(
            _as_plain_json(file, key, value),
            ensure_ascii=False,
            allow_nan=False,
            separators=(",", ":"),
        )
    except (ValueError, RecursionError) as error:  # 1e400 is read as infinity
        raise _problem(file, key, "its value must be JSON that can be written again") from error


def _as_plain_json(file: Path, key: str, value: object) -> object:
    if isinstance(value, _Members):
        members = dict(value)
        if len(members) != len(value):
            raise _problem(file, key, "its value repeats a name")
        return {name: _as_plain_json(file, key, member) for name, member in members.items()}
    if isinstance(value, list):
        return [_as_plain_json(file, key, member) for member in value]
    return value


def _is_unicode(text: str) -> bool:
    """Whether UTF-8 can hold it: JSON's escapes can spell half of a surrogate pair."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _check_together(file: Path, found: Iterable[str], values: dict[str, str]) -> None:
    """Check what holds for all files: no name twice, and not too many."""
    found = list(found)
    for key in found:
        if key in values:
            raise _problem(file, key, "is repeated: another file has it")
    if len(values) + len(found) > MAX_EXTENSIONS:
        raise _problem(file, None, f"all files together must hold at most {MAX_EXTENSIONS} keys")


def _unreadable(file: Path, error: OSError) -> InvalidExtensionFile:
    return _problem(file, None, f"cannot be read: {error.strerror}")


def _problem(file: Path, key: str | None, rule: str) -> InvalidExtensionFile:
    if key is not None and len(key) > _LONGEST_KEY_SHOWN:
        key = f"{key[:_LONGEST_KEY_SHOWN]}…"
    return InvalidExtensionFile(str(file), key, rule)
