"""The releases that were made, a file each: `2026-11.json`, `2026-W47.json`, `2026-Q4.json`.

A file is made once, and neither changed nor replaced.
"""

import os
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Final

import msgspec

from census import Release, decode, encode
from census.release import FORMAT
from collector.disk.errors import reason_of
from collector.disk.files import add_private, read_private, replace_private
from collector.errors import FileUnusable

RELEASES_FOLDER: Final = "releases"
"""In the data directory."""

_SUFFIX: Final = ".json"


def read(
    folder: Path, *, on_broken: Callable[[FileUnusable], None] | None = None
) -> tuple[Release, ...]:
    """Return all releases in a folder, in the order of their days; none where it is missing.

    `on_broken` is called for each file that cannot be read, or for the folder, and the others are
    returned; without it `FileUnusable` is raised.
    """

    def complain(error: FileUnusable) -> None:
        if on_broken is None:
            raise error
        on_broken(error)

    releases = []
    for path in _files(folder, complain):
        try:
            releases.append(_read(path))
        except FileUnusable as error:
            complain(error)
    return tuple(sorted(releases, key=lambda each: (each.first_day, each.last_day)))


def _files(folder: Path, complain: Callable[[FileUnusable], None]) -> list[Path]:
    try:
        paths = sorted(folder.iterdir())
    except FileNotFoundError:
        return []
    except OSError as error:
        complain(FileUnusable(f"{folder} cannot be read: {reason_of(error)}"))
        return []
    return [each for each in paths if each.suffix == _SUFFIX and not each.name.startswith(".")]


def add(folder: Path, release: Release) -> Release:
    """Keep a release, and return the one of its period that is kept: the first, for ever.

    On return it is on disk. Raises `FileUnusable`.
    """
    path = folder / f"{release.name}{_SUFFIX}"
    return release if add_private(path, encode(release)) else _read(path)


def decode_named(name: str, data: bytes, *, place: object) -> Release:
    """Return the release of that name. Raises `FileUnusable`, which names the `place`."""
    try:
        release = decode(data)
        found = release.name
    except (msgspec.DecodeError, ValueError) as error:
        raise FileUnusable(
            f"{place} is damaged, and a release is never made again; restore a copy of it"
        ) from error
    if release.format > FORMAT:
        raise FileUnusable(
            f"{place} has format version {release.format}, this collector knows {FORMAT}; use the"
            " release of the program that made it, or a newer one"
        )
    if found != name:
        raise FileUnusable(f"{place} holds the release {found}; give it that name again")
    return release


def read_day(path: Path, *, remedy: str) -> date | None:
    """Return the day that a file says, None where there is none.

    Raises `FileUnusable`, with a `remedy` for one that is damaged.
    """
    if not os.path.lexists(path):
        return None
    try:
        return date.fromisoformat(read_private(path).decode().strip())
    except ValueError as error:
        raise FileUnusable(f"{path} is damaged: it does not hold a day; {remedy}") from error


def note_day(path: Path, day: date) -> None:
    """Have a file say a day, instead of what it said. Raises `FileUnusable`."""
    try:
        replace_private(path, f"{day.isoformat()}\n".encode())
    except OSError as error:
        raise FileUnusable(f"{path} cannot be written: {reason_of(error)}") from error


def _read(path: Path) -> Release:
    return decode_named(path.name.removesuffix(_SUFFIX), read_private(path), place=path)
