"""The data directory of one who names none."""

import os
from collections.abc import Mapping
from pathlib import Path

from collector.errors import DataDirectoryUnusable


def chosen_data_dir(given: Path | None) -> Path:
    """Return the directory that was given, or else the default of this user."""
    return given or default_data_dir(os.environ)


def existing_data_dir(given: Path | None) -> Path:
    """Return the directory that was given, or else the default. Raises `DataDirectoryUnusable`."""
    chosen = chosen_data_dir(given)
    if not chosen.is_dir():
        raise DataDirectoryUnusable(f"there is no data directory {chosen}; name it with --data-dir")
    return chosen


def default_data_dir(environment: Mapping[str, str]) -> Path:
    """Return the data directory of one who names none: state, in the sense of the XDG rules.

    https://specifications.freedesktop.org/basedir-spec/latest/
    Raises `DataDirectoryUnusable` where there is no home directory.
    """
    state = Path(environment.get("XDG_STATE_HOME", ""))
    if not state.is_absolute():
        try:
            state = Path.home() / ".local" / "state"
        except RuntimeError as error:
            raise DataDirectoryUnusable(
                "there is no home directory to keep data in; give one with --data-dir"
            ) from error
    return state / "spartakus-collector"
