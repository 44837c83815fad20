"""Behaviour of `collector.telemetry.status`."""

from collector.spool.backlog import Backlog
from collector.telemetry.metrics import Metrics, Sources
from collector.telemetry.status import Samples, Status, describe, status_of

NOW = 1_800_000_000.0


def status(*reasons: str, backlog: Backlog, drained_at: float | None) -> Status:
    """Return the status of a collector that began a day ago and refused two posts."""
    now = [NOW - 86_400]
    metrics = Metrics(version="1.2.3", wall_clock=lambda: now[0])
    metrics.watch(
        Sources(
            backlog=lambda: backlog,
            spool_limit_bytes=lambda: 8,
            dead_letters=lambda: 3,
            stored_bytes=lambda: 5 * 1024**2,
            free_bytes=lambda: 7 * 1024**3,
            open_connections=lambda: 2,
        )
    )
    metrics.serving()
    metrics.committed(12, seconds=0.1)
    metrics.refused("spool_full")
    metrics.refused("body_too_large")
    metrics.drain_failed()
    if drained_at is not None:
        now[0] = drained_at
        metrics.drained(10, seconds=0.1)
    return status_of(
        Samples(
            (sample.name, sample.labels, sample.value)
            for family in metrics.registry.collect()
            for sample in family.samples
        ),
        ready=not reasons,
        reasons=reasons,
    )


def test_a_status_is_a_dozen_lines() -> None:
    """Each line is a name and what there is to say of it."""
    found = status(backlog=Backlog(2, 1_500, 61.0), drained_at=NOW - 70)
    lines = dict(line.split("  ", 1) for line in describe(found, now=NOW).splitlines())
    said = {name: text.strip() for name, text in lines.items()}
    assert said.pop("memory").endswith("the warehouse's 0 bytes")
    assert said == {
        "collector": "1.2.3",
        "serving since": "2027-01-14T08:00:00Z, 1 d ago",
        "accepts": "reports",
        "accepted": "12 reports, 0 repeats",
        "refused": "2: 1 body_too_large, 1 spool_full",
        "waiting": "2 reports, 1.5 KiB, for 1 min",
        "written": "10 reports",
        "last written": "2027-01-15T07:58:50Z, 1 min ago",
        "dead letters": "3",
        "warehouse": "1 failures, its process restarted 0 times",
        "disk": "5.0 MiB stored, 7.0 GiB free",
        "connections": "2",
    }


def test_what_has_not_happened_is_said() -> None:
    """A collector that wrote nothing, and one that accepts nothing, say so."""
    found = status("the disk is full", backlog=Backlog(0, 0, 0.0), drained_at=None)
    assert (found.last_written, found.accepts_reports) == (None, False)
    text = describe(found, now=NOW)
    assert "accepts        none: the disk is full\n" in text
    assert "last written   not since the start\n" in text
    assert "waiting        0 reports\n" in text


def test_what_is_not_told_is_nothing() -> None:
    """A metric that another version lacks is 0, and no error."""
    found = status_of(Samples([]), ready=True, reasons=())
    assert (found.version, found.accepted, found.refused) == ("", 0, {})
    assert "serving since  not since the start\n" in describe(found, now=NOW)
