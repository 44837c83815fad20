"""What the user asked for, checked: one frozen value, made once at start.

Each flag of `run` and `preview` is declared here and nowhere else. Files that flags name are
not read here: they may change while the program runs.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from command_line.errors import InvalidValue
from command_line.flags import flag, switch
from volunteer.delivery.destinations import (
    Destination,
    StandardOutput,
    parse_destination,
)
from volunteer.durations import parse_duration

if TYPE_CHECKING:
    from report import Disclosure

AUTO: Final = "auto"

_FIRST_REPORT_JITTER_SECONDS: Final = 60.0
_LONGEST_RETRY_SECONDS: Final = 24 * 60 * 60.0
_ONE_SHOT_RETRY_SECONDS: Final = 60 * 60.0


def parse_cluster_id(text: str) -> str | None:
    """Return the ID that reports carry, or None for `auto`. Raises `InvalidValue`."""
    from report.rules import CLUSTER_ID_RULE, is_cluster_id  # `--help` does not need it

    if text == AUTO:
        return None
    if text.lower() == AUTO:
        raise InvalidValue(f"is not an ID; the word that derives one is {AUTO}, in lower case")
    if not is_cluster_id(text):
        raise InvalidValue(f"{CLUSTER_ID_RULE} (or {AUTO})")
    return text


def parse_include(text: str) -> frozenset[str]:
    """Return the wire names in a list separated by commas. Raises `InvalidValue` for another."""
    from report.disclosure import WORKLOADS

    return _names(text, {WORKLOADS})


def parse_omit(text: str) -> frozenset[str]:
    """Return the wire names in a list separated by commas. Raises `InvalidValue` for another."""
    from report.disclosure import OMITTABLE_FIELDS

    return _names(text, OMITTABLE_FIELDS)


def parse_verbatim(text: str) -> frozenset[str]:
    """Return the wire names in a list separated by commas. Raises `InvalidValue` for another."""
    from report.disclosure import VERBATIM_FIELDS

    return _names(text, VERBATIM_FIELDS)


def _names(text: str, known: Iterable[str]) -> frozenset[str]:
    names = frozenset(name for part in text.split(",") if (name := part.strip()))
    unknown = sorted(names.difference(known))
    if unknown:
        raise InvalidValue(f"{unknown[0]!r} is none of {', '.join(sorted(known))}")
    return names


def parse_retry_time(text: str) -> float:
    """Return seconds, at least one. Raises `InvalidValue`."""
    seconds = parse_duration(text)
    if not seconds:
        raise InvalidValue("must be at least 1s: delivering takes time")
    return seconds


def parse_verbosity(text: str) -> int:
    """Return the original's level of verbosity. Raises `InvalidValue`."""
    if not (text.isascii() and text.isdecimal()) or len(text) > len("999"):
        raise InvalidValue("must be a number such as 2")
    return int(text)


class Settings(Struct, frozen=True, kw_only=True):
    """Durations are seconds.

    `cluster_id` None is `auto`. `period` 0 is one shot. `jitter` is how long the first report may
    wait, a random part of it; None leaves that to `first_jitter`. `retry_for` is how long a
    delivery goes on, None leaves that to `longest_delivery`. `kubeconfig` and `context` None mean
    the service account of the pod, or kubectl's defaults. `include`, `omit` and `verbatim` hold
    wire names.
    """

    cluster_id: str | None = flag(
        parse_cluster_id,
        metavar="UUID|auto",
        required=True,
        help="A random UUID, or `auto` to derive one that stays the same.",
    )
    key_file: Path | None = flag(
        Path,
        metavar="FILE",
        help="Secret of 64 hexadecimal digits that keys the pseudonyms of nodes.",
    )
    period: float = flag(
        parse_duration,
        metavar="DURATION",
        default="24h",
        help="Time between reports, as Go writes it; beyond an hour half of it more or less, drawn"
        " at random. 0 reports once.",
    )
    jitter: float | None = flag(
        parse_duration,
        metavar="DURATION",
        help="The first report waits a random part of this. By default a minute at most where"
        " reports go out periodically, otherwise nothing.",
    )
    retry_for: float | None = flag(
        parse_retry_time,
        metavar="DURATION",
        help="How long to try to deliver one report. By default until the next is due, and an hour"
        " where there is none.",
    )
    destination: Destination = flag(
        parse_destination,
        "--database",
        metavar="stdout|URL",
        default="stdout",
        help="Where reports go: standard output, or a collector.",
    )
    extensions: Path | None = flag(
        Path,
        metavar="FILE|DIR",
        help="JSON objects whose members are sent with each report.",
    )
    include: frozenset[str] = flag(
        parse_include,
        metavar="workloads",
        default="",
        help="Report more than nodes: with `workloads` how many namespaces and workloads there are,"
        " and their ages.",
    )
    omit: frozenset[str] = flag(
        parse_omit, metavar="FIELD,…", default="", help="Fields to leave out of the report."
    )
    verbatim: frozenset[str] = flag(
        parse_verbatim,
        metavar="FIELD,…",
        default="",
        help="Fields to send as they are in the cluster.",
    )
    kubeconfig: Path | None = flag(
        Path,
        metavar="PATH",
        help="The cluster to observe. By default the one that the pod is in, or that kubectl uses.",
    )
    context: str | None = flag(str, metavar="NAME", help="The context of the kubeconfig.")
    ca_file: Path | None = flag(
        Path,
        metavar="FILE",
        help="Certificate authorities, in PEM form, to check the collector's certificate with.",
    )
    compress: bool = switch(
        help="Send reports compressed with gzip; the original's collector cannot read them."
    )
    verbose: bool = switch("-v", "--verbose", help="Log more: what is tried, and each wait.")
    original_verbosity: int = flag(
        parse_verbosity,
        "--v",
        metavar="N",
        default="0",
        hidden=True,
        has_variable=False,
        help="As the original: above 0 logs more.",
    )

    @property
    def disclosure(self) -> "Disclosure":
        """What is left out of a report, and what goes as it is."""
        from report import Disclosure

        return Disclosure(omit=self.omit, verbatim=self.verbatim)

    @property
    def is_verbose(self) -> bool:
        """Whether to log more, asked for either way."""
        return self.verbose or self.original_verbosity > 0

    @property
    def is_one_shot(self) -> bool:
        """Whether one report is all."""
        return self.period == 0

    @property
    def with_workloads(self) -> bool:
        """Whether to observe workloads: what is omitted in the end is not asked for."""
        return bool(self.include - self.omit)

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
        """How long one delivery goes on; the next due time may stop it earlier."""
        if self.retry_for is not None:
            return min(self.retry_for, _LONGEST_RETRY_SECONDS)
        return _ONE_SHOT_RETRY_SECONDS if self.is_one_shot else _LONGEST_RETRY_SECONDS


class PreviewSettings(Settings, frozen=True, kw_only=True):
    """What a preview takes: the flags of a run, and its own."""

    as_json: bool = switch("--json", help="Print the exact bytes that would be sent.")
