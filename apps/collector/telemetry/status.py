"""What a collector is doing, by its metrics: a structure, and lines for a person. Pure.

Everything in it is a metric, so that whatever a person sees, an alert can be made of.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Final, TypeAlias

from msgspec import Struct

Sample: TypeAlias = tuple[str, Mapping[str, str], float]
"""A metric's name, its labels and its value."""

_UNITS: Final = ((1024**3, "GiB"), (1024**2, "MiB"), (1024, "KiB"))
_TIMES: Final = ((86_400, "d"), (3_600, "h"), (60, "min"))


class Samples:
    """The samples of one scrape."""

    def __init__(self, samples: Iterable[Sample]) -> None:
        self._samples: Final = tuple(samples)

    def value(self, name: str) -> float | None:
        """Return the one value of a metric, None where there is none."""
        return next((value for each, _, value in self._samples if each == name), None)

    def count(self, name: str) -> int:
        """Return the value of a metric that counts; 0 where there is none."""
        return int(self.value(name) or 0)

    def by_label(self, name: str, label: str) -> dict[str, int]:
        """Return what was counted, by the values of a label; what never happened is left out."""
        return {
            labels[label]: int(value)
            for each, labels, value in self._samples
            if each == name and value > 0
        }

    def label(self, name: str, label: str) -> str:
        """Return a label of a metric that has one sample; empty where there is none."""
        return next((labels[label] for each, labels, _ in self._samples if each == name), "")


class Status(Struct, frozen=True, kw_only=True):
    """What a collector is doing. Times are UNIX seconds, sizes bytes, counts since the start."""

    version: str
    accepts_reports: bool
    reasons: tuple[str, ...]
    """Why it accepts none, and what else is wrong."""
    serving_since: int
    accepted: int
    repeated: int
    refused: dict[str, int]
    """Refused posts by reason."""
    written: int
    last_written: int | None
    """When the warehouse took reports last; None for not since the start."""
    released_through: int | None
    """The last day of the latest release; None where there is none."""
    release_due: int | None
    """When the next one is due; None where nothing is published."""
    drain_failures: int
    drain_restarts: int
    dead_letters: int
    waiting_reports: int
    waiting_bytes: int
    waiting_seconds: int
    """How long the oldest report has waited."""
    stored_bytes: int
    free_bytes: int
    connections: int
    memory_bytes: int
    drain_memory_bytes: int


def status_of(samples: Samples, *, ready: bool, reasons: tuple[str, ...]) -> Status:
    """Return the status that the metrics of a collector show, and whether it is ready."""
    return Status(
        version=samples.label("spartakus_collector_info", "version"),
        accepts_reports=ready,
        reasons=reasons,
        serving_since=samples.count("spartakus_serving_since_timestamp_seconds"),
        accepted=samples.count("spartakus_reports_accepted_total"),
        repeated=samples.count("spartakus_reports_repeated_total"),
        refused=samples.by_label("spartakus_posts_refused_total", "reason"),
        written=samples.count("spartakus_drain_batch_reports_sum"),
        last_written=samples.count("spartakus_last_written_timestamp_seconds") or None,
        released_through=samples.count("spartakus_released_through_timestamp_seconds") or None,
        release_due=samples.count("spartakus_release_due_timestamp_seconds") or None,
        drain_failures=samples.count("spartakus_drain_failures_total"),
        drain_restarts=samples.count("spartakus_drain_restarts_total"),
        dead_letters=samples.count("spartakus_dead_letters"),
        waiting_reports=samples.count("spartakus_spool_reports"),
        waiting_bytes=samples.count("spartakus_spool_bytes"),
        waiting_seconds=samples.count("spartakus_spool_oldest_seconds"),
        stored_bytes=samples.count("spartakus_stored_bytes"),
        free_bytes=samples.count("spartakus_free_bytes"),
        connections=samples.count("spartakus_connections"),
        memory_bytes=samples.count("process_resident_memory_bytes"),
        drain_memory_bytes=samples.count("spartakus_drain_process_resident_memory_bytes"),
    )


def describe(status: Status, *, now: float) -> str:
    """Return the status in a dozen lines. `now` is UNIX seconds."""
    lines = list(_lines(status, now))
    width = max(len(name) for name, _ in lines)
    return "".join(f"{name:<{width}}  {text}\n" for name, text in lines)


def _lines(status: Status, now: float) -> Iterator[tuple[str, str]]:
    accepts = "reports" if status.accepts_reports else "none"
    yield "collector", status.version
    yield "serving since", _moment(status.serving_since, now)
    yield "accepts", ": ".join(filter(None, [accepts, "; ".join(status.reasons)]))
    yield "accepted", f"{status.accepted} reports, {status.repeated} repeats"
    yield "refused", _reasons(status.refused)
    yield "waiting", _waiting(status)
    yield "written", f"{status.written} reports"
    yield "last written", _moment(status.last_written, now)
    if status.release_due:
        through = status.released_through
        yield "released", f"through {_day(through)}" if through else "nothing yet"
        yield "next release due", _day(status.release_due)
    yield "dead letters", f"{status.dead_letters}"
    yield (
        "warehouse",
        f"{status.drain_failures} failures, its process restarted {status.drain_restarts} times",
    )
    yield "disk", f"{_size(status.stored_bytes)} stored, {_size(status.free_bytes)} free"
    yield "connections", f"{status.connections}"
    yield (
        "memory",
        f"{_size(status.memory_bytes)}, the warehouse's {_size(status.drain_memory_bytes)}",
    )


def _reasons(refused: Mapping[str, int]) -> str:
    if not refused:
        return "0"
    shown = ", ".join(f"{count} {reason}" for reason, count in sorted(refused.items()))
    return f"{sum(refused.values())}: {shown}"


def _waiting(status: Status) -> str:
    if not status.waiting_reports:
        return "0 reports"
    since = _duration(status.waiting_seconds)
    return f"{status.waiting_reports} reports, {_size(status.waiting_bytes)}, for {since}"


def _moment(seconds: int | None, now: float) -> str:
    if not seconds:
        return "not since the start"
    moment = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return f"{moment}, {_duration(now - seconds)} ago"


def _day(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")


def _duration(seconds: float) -> str:
    for unit, name in _TIMES:
        if seconds >= unit:
            return f"{int(seconds // unit)} {name}"
    return f"{max(0, int(seconds))} s"


def _size(size_bytes: int) -> str:
    for unit, name in _UNITS:
        if size_bytes >= unit:
            return f"{size_bytes / unit:.1f} {name}"
    return f"{size_bytes} bytes"
