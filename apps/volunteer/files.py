"""The files that flags name, looked at when the program starts: then no problem is tolerated."""

import stat
from pathlib import Path
from typing import Final

from command_line.errors import InvalidOption
from volunteer.extensions import read_extensions
from volunteer.settings import Settings

_CA_FILE: Final = "--ca-file"


def check_files(settings: Settings) -> None:
    """Raise `UsageError` for the first file, of extensions or authorities, that breaks a rule."""
    for problem in read_extensions(settings.extensions).problems:
        raise problem
    if settings.ca_file is not None:
        check_ca_file(settings.ca_file)


def check_ca_file(file: Path) -> None:
    """Raise `InvalidOption` unless `file` holds certificates in PEM form."""
    import ssl  # most starts do not need it

    try:
        if not stat.S_ISREG(file.stat().st_mode):
            raise InvalidOption(
                _CA_FILE, f"{file} must be a regular file: it is read for each report"
            )
        ssl.create_default_context(cafile=str(file))
    except ssl.SSLError as error:
        raise InvalidOption(_CA_FILE, f"{file} must hold certificates in PEM form") from error
    except OSError as error:
        raise InvalidOption(_CA_FILE, f"{file} cannot be read: {error.strerror}") from error
