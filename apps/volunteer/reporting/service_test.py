"""The life of a volunteer."""

from collections.abc import Callable

import pytest

from command_line.errors import UsageError
from volunteer.cluster.errors import ClusterUnreachable
from volunteer.delivery.rules import Delivered, Outcome, Refused, Unavailable
from volunteer.errors import ReportNotPossible
from volunteer.reporting.service import log_outcome, report_once, report_periodically
from volunteer.sleeping.reexec import wait_until
from volunteer.sleeping.schedule import WakeUp
from volunteer.testing import JumpingClock, seeded


class _Enough(BaseException):
    """Ends a life without end."""


def _live(
    clock: JumpingClock,
    *reports: Callable[[], Outcome],
    period: float = 100.0,
    worked_before: bool = False,
) -> list[tuple[float, float | None]]:
    """Make the given reports and return when each was made, and when the next was due then."""
    made: list[tuple[float, float | None]] = []
    remaining = iter(reports)

    def report(next_due: float | None) -> Outcome:
        made.append((clock.time, next_due))
        action = next(remaining, None)
        if action is None:
            raise _Enough
        return action()

    with pytest.raises(_Enough):
        report_periodically(
            report,
            WakeUp(clock.time),
            period=period,
            worked_before=worked_before,
            random=seeded(1),
            now=clock.clock.now,
            wait_until=lambda wake_up: wait_until(wake_up.at, clock.clock),
        )
    return made


def _taking(clock: JumpingClock, seconds: float) -> Callable[[], Outcome]:
    def report() -> Outcome:
        clock.time += seconds
        return Delivered()

    return report


def test_every_period() -> None:
    """Reports keep to the grid, however long each takes, and end before the next is due."""
    clock = JumpingClock(now=0.0)
    made = _live(clock, _taking(clock, 30.0), _taking(clock, 99.0))
    assert made == [(0.0, 100.0), (100.0, 200.0), (200.0, 300.0)]


def test_missed_due_times() -> None:
    """After due times that passed there is one report, and then the grid again."""
    clock = JumpingClock(now=0.0)
    made = _live(clock, _taking(clock, 350.0), Delivered)
    assert made == [(0.0, 100.0), (350.0, 400.0), (400.0, 500.0)]


def test_late_waking() -> None:
    """A machine that slept over several due times reports once."""
    clock = JumpingClock(now=0.0)
    made: list[float] = []

    def wait(wake_up: WakeUp) -> None:
        clock.time = 730.0 if wake_up.at == 100.0 else max(clock.time, wake_up.at)

    def report(_next_due: float | None) -> Outcome:
        made.append(clock.time)
        if len(made) == 3:
            raise _Enough
        return Delivered()

    with pytest.raises(_Enough):
        report_periodically(
            report,
            WakeUp(0.0),
            period=100.0,
            worked_before=False,
            random=seeded(1),
            now=clock.clock.now,
            wait_until=wait,
        )
    assert made == [0.0, 730.0, 800.0]


def test_delivery_beyond_the_next_due_time() -> None:
    """A report that ends a little after the next was due does not make that one fall out."""
    clock = JumpingClock(now=0.0)
    made = _live(clock, _taking(clock, 105.0), Delivered)
    assert made == [(0.0, 100.0), (105.0, 200.0), (200.0, 300.0)]


def _raising(error: Exception) -> Callable[[], Outcome]:
    def report() -> Outcome:
        raise error

    return report


@pytest.mark.parametrize(
    "trouble",
    [
        lambda: Refused("answered 400"),
        lambda: Unavailable("answered 503"),
        _raising(ReportNotPossible("too large")),
        _raising(KeyError("token of acme")),
    ],
)
def test_trouble(trouble: Callable[[], Outcome], caplog: pytest.LogCaptureFixture) -> None:
    """Whatever happens to one report, the next one is made when it is due, and nothing that an
    unexpected error holds gets into the log.
    """
    made = _live(JumpingClock(now=0.0), trouble, Delivered)
    assert [when for when, _ in made] == [0.0, 100.0, 200.0]
    assert caplog.records
    assert "acme" not in caplog.text
    assert "Traceback" not in caplog.text


_DAY = 86_400.0
_NOT_THERE = _raising(UsageError("the kubeconfig is empty"))
_AWAY = _raising(ClusterUnreachable("https://cluster", "connection refused"))


def test_usage_error() -> None:
    """What the user asked for and cannot be done ends the service at its first report."""
    with pytest.raises(UsageError, match="the kubeconfig is empty"):
        _live(JumpingClock(now=0.0), _NOT_THERE)


@pytest.mark.parametrize("trouble", [_NOT_THERE, _AWAY])
def test_tried_again_before_the_next_day(
    trouble: Callable[[], Outcome], caplog: pytest.LogCaptureFixture
) -> None:
    """A file or a cluster that is away for a while costs no report of a day: it is tried again
    within the hour, as often as it takes, and the next report stays due when it was.
    """
    made = _live(
        JumpingClock(now=0.0), Delivered, trouble, trouble, Delivered, Delivered, period=_DAY
    )
    times = [when for when, _ in made]
    (due, again, and_again, regular), _ = times[1:5], times[5]
    assert 15 * 60 <= again - due <= 45 * 60
    assert 15 * 60 <= and_again - again <= 45 * 60
    assert made[1][1] == made[2][1] == made[3][1] == regular
    assert caplog.text.count("trying again in ") == 2


def test_cluster_away_at_the_start() -> None:
    """A cluster that is away when the service starts does not end it."""
    made = _live(JumpingClock(now=0.0), _AWAY, Delivered, period=_DAY)
    assert 15 * 60 <= made[1][0] <= 45 * 60


def test_usage_error_after_a_sleep() -> None:
    """Back from its sleep the service knows that what the user asked for worked at its start."""
    made = _live(JumpingClock(now=0.0), _NOT_THERE, Delivered, period=_DAY, worked_before=True)
    assert 15 * 60 <= made[1][0] <= 45 * 60


def test_once() -> None:
    """One report has no other after it, and its outcome is the exit status."""
    asked: list[float | None] = []

    def report(next_due: float | None) -> Outcome:
        asked.append(next_due)
        return Refused("answered 400")

    assert report_once(report) == 4
    assert asked == [None]


def test_exit_status() -> None:
    """Each outcome has its own exit status."""
    outcomes: list[Outcome] = [Delivered(), Refused("no"), Unavailable("later")]
    assert [log_outcome(outcome) for outcome in outcomes] == [0, 4, 5]
