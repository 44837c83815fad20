"""What the volunteer says about itself when it starts: what goes where, and how often."""

import logging
import stat
import uuid
from pathlib import Path
from typing import Final

from command_line.errors import InvalidOption
from volunteer.delivery.destinations import Collector, Destination, StandardOutput
from volunteer.durations import in_words
from volunteer.reporting.extensions import read_extensions
from volunteer.reporting.key_file import is_open_to_others
from volunteer.settings import Settings
from volunteer.sleeping.schedule import LONGEST_EXACT_PERIOD_SECONDS
from volunteer.version import USER_AGENT

_CA_FILE: Final = "--ca-file"

_log: Final = logging.getLogger(__name__)


def log(settings: Settings) -> None:
    """Log the start lines, and a warning for each choice that may tell more than intended."""
    for line in start_lines(settings):
        _log.info("%s", line)
    log_warnings(settings)


def log_warnings(settings: Settings) -> None:
    """Log a warning for each choice that may tell more than intended."""
    for warning in warnings(settings):
        _log.warning("%s", warning)


def start_lines(settings: Settings) -> list[str]:
    """Return the start lines. They hold neither the cluster ID nor anything of the cluster."""
    what = "nodes, namespaces and workloads" if settings.with_workloads else "nodes"
    return [
        f"{USER_AGENT}: an anonymous report of this cluster's {what}",
        f"goes {where(settings.destination)}",
        f"how often: {_how_often(settings)}",
        f"pseudonyms of nodes: {_key(settings)}",
        "`preview` with the same flags shows it all and sends nothing",
    ]


def where(destination: Destination) -> str:
    """Return words that complete "goes …"."""
    match destination:
        case StandardOutput():
            return "to standard output and does not leave this machine"
        case Collector(url):
            return f"to {url}"


def warnings(settings: Settings) -> list[str]:
    """Return what the user may not have intended. Looks at the mode of the key file."""
    found = []
    if settings.cluster_id is not None and not is_uuid(settings.cluster_id):
        found.append("--cluster-id is not a UUID: make sure that it names nobody")
    destination = settings.destination
    if isinstance(destination, Collector) and destination.may_be_read_on_the_way:
        found.append(f"{destination.url} is plain http: reports can be read on their way")
    if settings.verbatim:
        fields = ", ".join(sorted(settings.verbatim))
        found.append(f"--verbatim: sent as they are in the cluster: {fields}")
    if settings.key_file is not None and is_open_to_others(settings.key_file):
        found.append("--key-file can be read by others: `chmod o-r` keeps the secret one")
    return found


def is_uuid(text: str) -> bool:
    """Whether `text` is a UUID in its usual form: then it says nothing about anybody."""
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def _how_often(settings: Settings) -> str:
    first = settings.first_jitter
    if settings.is_one_shot:
        return f"once, within {in_words(first)}" if first else "once"
    often = f"every {in_words(settings.period)}"
    if settings.period > LONGEST_EXACT_PERIOD_SECONDS:
        often = f"{often} on average, at times drawn anew"
    return f"{often}, the first within {in_words(first)}" if first else often


def _key(settings: Settings) -> str:
    if settings.key_file is not None:
        return "keyed with the secret of --key-file"
    return "keyed with the UID of kube-system where it may be read, else without key"


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
