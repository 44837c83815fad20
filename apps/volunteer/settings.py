"""What the user asked for, checked: one frozen value, made once at start."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from report import Disclosure
from report.anonymisation import OMITTABLE_FIELDS, VERBATIM_FIELDS, WORKLOADS
from report.rules import CLUSTER_ID_RULE, is_cluster_id
from volunteer.delivery.destinations import Destination, StandardOutput, parse_destination
from volunteer.durations import parse_duration
from volunteer.errors import InvalidOption
from volunteer.key_file import read_key_file
from volunteer.reporting import Identity

AUTO: Final = "auto"
INCLUDABLE: Final = frozenset({WORKLOADS})
"""Wire names of what is reported only when asked for."""

_FIRST_REPORT_JITTER_SECONDS: Final = 60.0
_LONGEST_RETRY_SECONDS: Final = 24 * 60 * 60.0
_ONE_SHOT_RETRY_SECONDS: Final = 60 * 60.0


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Durations are seconds.

    `identity` is cluster ID and secret. `period` 0 is one shot. `jitter` is how long the first
    report may wait, a random part of it; None leaves that to `first_jitter`. `retry_for` is how
    long a delivery goes on, None leaves that to `longest_delivery`. `kubeconfig` and `context` None
    mean the service account of the pod, else kubectl's defaults. `include` holds wire names of what
    is reported only when asked for.
    """

    identity: Identity
    destination: Destination
    period: float
    jitter: float | None = None
    retry_for: float | None = None
    extensions: Path | None = None
    include: frozenset[str] = frozenset()
    disclosure: Disclosure = field(default_factory=Disclosure)
    kubeconfig: Path | None = None
    context: str | None = None
    ca_file: Path | None = None
    compress: bool = False

    @property
    def is_one_shot(self) -> bool:
        """Whether one report is all."""
        return self.period == 0

    @property
    def with_workloads(self) -> bool:
        """Whether to look at workloads: what is omitted in the end is not looked at."""
        return WORKLOADS in self.include - self.disclosure.omit

    @property
    def first_jitter(self) -> float:
        """A fleet of volunteers must not arrive together; who runs one by hand need not wait."""
        if self.jitter is not None:
            return self.jitter
        if self.is_one_shot or isinstance(self.destination, StandardOutput):
            return 0.0
        return min(self.period, _FIRST_REPORT_JITTER_SECONDS)

    @property
    def longest_delivery(self) -> float:
        """How long one delivery goes on; the next due time may end it earlier."""
        if self.retry_for is not None:
            return min(self.retry_for, _LONGEST_RETRY_SECONDS)
        return _ONE_SHOT_RETRY_SECONDS if self.is_one_shot else _LONGEST_RETRY_SECONDS


def parse_settings(
    *,
    cluster_id: str,
    key_file: Path | None,
    period: str,
    jitter: str | None,
    retry_for: str | None,
    database: str,
    extensions: Path | None,
    include: str,
    omit: str,
    verbatim: str,
    kubeconfig: Path | None,
    context: str | None,
    ca_file: Path | None,
    compress: bool,
) -> Settings:
    """Return what the flags of these names ask for. Raises `InvalidOption` for the first bad one.

    Reads the key file, and looks whether the CA file can be used.
    """
    if ca_file is not None:
        check_ca_file(ca_file)
    return Settings(
        identity=Identity(
            parse_cluster_id(cluster_id),
            secret=None if key_file is None else read_key_file(key_file),
        ),
        destination=parse_destination(database),
        period=parse_duration(period, "--period"),
        jitter=None if jitter is None else parse_duration(jitter, "--jitter"),
        retry_for=None if retry_for is None else parse_duration(retry_for, "--retry-for"),
        extensions=extensions,
        include=parse_include(include),
        disclosure=parse_disclosure(omit=omit, verbatim=verbatim),
        kubeconfig=kubeconfig,
        context=context,
        ca_file=ca_file,
        compress=compress,
    )


def parse_cluster_id(text: str) -> str | None:
    """Return the ID that reports carry, or None for `auto`. Raises `InvalidOption`."""
    if text == AUTO:
        return None
    if not is_cluster_id(text):
        raise InvalidOption("--cluster-id", f"{CLUSTER_ID_RULE} (or {AUTO})")
    return text


def parse_include(text: str) -> frozenset[str]:
    """Return the wire names in a list separated by commas. Raises `InvalidOption` for another."""
    return _names(text, INCLUDABLE, "--include")


def parse_disclosure(*, omit: str, verbatim: str) -> Disclosure:
    """Return what two lists of wire names, separated by commas, ask for.

    Raises `InvalidOption` for a name that is none.
    """
    return Disclosure(
        omit=_names(omit, OMITTABLE_FIELDS, "--omit"),
        verbatim=_names(verbatim, VERBATIM_FIELDS, "--verbatim"),
    )


def check_ca_file(file: Path) -> None:
    """Raise `InvalidOption` unless `file` holds certificates in PEM form."""
    import ssl  # most starts do not need it

    try:
        ssl.create_default_context(cafile=str(file))
    except ssl.SSLError as error:
        raise InvalidOption("--ca-file", f"{file} must hold certificates in PEM form") from error
    except OSError as error:
        raise InvalidOption("--ca-file", f"{file} cannot be read: {error.strerror}") from error


def _names(text: str, known: Iterable[str], option: str) -> frozenset[str]:
    names = frozenset(name for part in text.split(",") if (name := part.strip()))
    unknown = sorted(names.difference(known))
    if unknown:
        raise InvalidOption(option, f"{unknown[0]!r} is none of {', '.join(sorted(known))}")
    return names
