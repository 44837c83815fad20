"""What the volunteer says about itself when it starts: what goes where, and how often."""

import logging
import uuid
from typing import Final

from volunteer.delivery.destinations import Collector, Destination, StandardOutput
from volunteer.durations import in_words
from volunteer.settings import Settings
from volunteer.version import USER_AGENT

_log: Final = logging.getLogger(__name__)


def log(settings: Settings) -> None:
    """Log the start line, and a warning for each choice that may tell more than intended."""
    _log.info("%s", start_line(settings))
    for warning in warnings(settings):
        _log.warning("%s", warning)


def start_line(settings: Settings) -> str:
    """Return the start line. It holds neither the cluster ID nor anything of the cluster."""
    return (
        f"{USER_AGENT}: an anonymous report of this cluster's {_what(settings)} goes"
        f" {where(settings.destination)}, {_how_often(settings)}; the pseudonyms of nodes are"
        f" {_key(settings)}; `preview` with the same flags shows it all and sends nothing"
    )


def where(destination: Destination) -> str:
    """Return words that complete "goes …"."""
    match destination:
        case StandardOutput():
            return "to standard output and does not leave this machine"
        case Collector(url):
            return f"to {url}"


def warnings(settings: Settings) -> list[str]:
    """Return what the user may not have intended."""
    found = []
    cluster_id = settings.identity.cluster_id
    if cluster_id is not None and not is_uuid(cluster_id):
        found.append("--cluster-id is not a UUID: make sure that it names nobody")
    destination = settings.destination
    if isinstance(destination, Collector) and destination.may_be_read_on_the_way:
        found.append(f"{destination.url} is plain http: reports can be read on their way")
    if settings.disclosure.verbatim:
        fields = ", ".join(sorted(settings.disclosure.verbatim))
        found.append(f"--verbatim: sent as they are in the cluster: {fields}")
    return found


def is_uuid(text: str) -> bool:
    """Whether `text` is a UUID in its usual form: then it says nothing about anybody."""
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def _what(settings: Settings) -> str:
    return "nodes, namespaces and workloads" if settings.with_workloads else "nodes"


def _how_often(settings: Settings) -> str:
    first = settings.first_jitter
    if settings.is_one_shot:
        return f"once, within {in_words(first)}" if first else "once"
    often = f"every {in_words(settings.period)}"
    return f"{often}, the first within {in_words(first)}" if first else often


def _key(settings: Settings) -> str:
    if settings.identity.secret is not None:
        return "keyed with the secret of --key-file"
    return "keyed with the UID of the namespace kube-system where it may be read, else without key"
