"""The re-exec as the sleeping interpreter; `sleeper_test.py` has the other half."""

import logging
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from command_line.errors import InvalidOption
from volunteer.clock import Clock, system_clock
from volunteer.sleeping.reexec import (
    SHORTEST_SECONDS,
    VARIABLE,
    started_with,
    take_wake_up,
    wait_asleep,
    wait_until,
)
from volunteer.sleeping.schedule import WakeUp
from volunteer.termination import EXIT_SIGNALS
from volunteer.testing import JumpingClock


class _Executed:
    """Keeps what it was asked to execute, and that signals were held back; then gives up."""

    def __init__(self) -> None:
        self.commands: list[list[str]] = []
        self.environments: list[Mapping[str, str]] = []
        self.blocked: list[bool] = []

    def __call__(self, program: str, command: list[str], environment: Mapping[str, str]) -> None:
        assert program == command[0]
        self.commands.append(command)
        self.environments.append(environment)
        self.blocked.append(_blocked() >= set(EXIT_SIGNALS))
        raise OSError(2, "No such file or directory")


def _blocked() -> set[int]:
    return set(signal.pthread_sigmask(signal.SIG_BLOCK, []))


def test_long_wait() -> None:
    """For a long wait the process becomes the sleeper, which is told how to come back: with the
    command line as it was, and variables that differ in the due time alone.
    """
    execute, clock = _Executed(), JumpingClock(now=1_000.0)
    variables = {"SPARTAKUS_KEY_FILE": "/k"}
    wait_asleep(
        WakeUp(1_000.1 + 86_400), clock.clock, terminated=0, environment=variables, execute=execute
    )
    (command,) = execute.commands
    assert command[1:3] == ["-I", "-S"]
    assert command[3].endswith("/sleeper.py")
    assert command[4:6] == ["87400.1", "0"]
    assert command[6:] == [sys.executable, *sys.orig_argv[1:]]
    assert execute.environments == [variables | {VARIABLE: "87400.1"}]
    assert take_wake_up({VARIABLE: command[4]}) == WakeUp(1_000.1 + 86_400)


def test_signals_are_held_back() -> None:
    """During the re-exec signals wait; where that fails, they are heard again."""
    execute, clock = _Executed(), JumpingClock()
    wait_asleep(WakeUp(1e6), clock.clock, terminated=0, environment={}, execute=execute)
    assert execute.blocked == [True]
    assert not _blocked() & set(EXIT_SIGNALS)


def test_reexec_fails(caplog: pytest.LogCaptureFixture) -> None:
    """Where the process cannot re-exec, it waits as it is and says so."""
    clock = JumpingClock(now=0.0)
    with caplog.at_level(logging.WARNING):
        wait_asleep(WakeUp(500.0), clock.clock, terminated=0, environment={}, execute=_Executed())
    assert clock.time == 500.0
    (record,) = caplog.records
    assert record.getMessage() == "waiting without giving memory back: No such file or directory"


def test_short_wait() -> None:
    """A short wait is not worth a re-exec."""
    execute, clock = _Executed(), JumpingClock(now=0.0)
    due = SHORTEST_SECONDS / 2
    wait_asleep(WakeUp(due), clock.clock, terminated=0, environment={}, execute=execute)
    assert execute.commands == []
    assert clock.time == due


def test_variables_at_the_start(tmp_path: Path) -> None:
    """The program comes back with the variables that it was started with, byte for byte."""
    file = tmp_path / "environ"
    file.write_bytes(b"PATH=/bin\0EMPTY=\0EQUAL=a=b\0BYTES=\xff\n\0")
    found = started_with(file, {"PATH": "/added:/bin"})
    assert found == {"PATH": "/bin", "EMPTY": "", "EQUAL": "a=b", "BYTES": "\udcff\n"}


def test_no_variables_at_the_start(tmp_path: Path) -> None:
    """Where the system does not tell them, the variables are those of now."""
    assert started_with(tmp_path / "missing", {"PATH": "/bin"}) == {"PATH": "/bin"}


def test_first_start() -> None:
    """At a first start there is no wake-up; a blank variable is none."""
    assert take_wake_up({}) is None
    assert take_wake_up({VARIABLE: ""}) is None


def test_another_try() -> None:
    """When the next report is due is known after the re-exec too, where a try is waited for."""
    execute, clock = _Executed(), JumpingClock(now=0.0)
    wake_up = WakeUp(900.5, 86_400.25)
    wait_asleep(wake_up, clock.clock, terminated=0, environment={}, execute=execute)
    assert execute.commands[0][4] == "900.5"
    assert take_wake_up(dict(execute.environments[0])) == wake_up


def test_due_time_is_taken_once() -> None:
    """The due time is taken out of the variables, so that no other program inherits it."""
    variables = {VARIABLE: "5.25", "HOME": "/"}
    assert take_wake_up(variables) == WakeUp(5.25)
    assert variables == {"HOME": "/"}


@pytest.mark.parametrize("text", ["tomorrow", "nan", "inf", "1,inf", "1,2,3", ",", "1,"])
def test_somebody_elses_variable(text: str) -> None:
    """A due time that this program cannot have written is a usage error that names the variable."""
    with pytest.raises(InvalidOption, match=VARIABLE):
        take_wake_up({VARIABLE: text})


def test_waits_until_due() -> None:
    """It returns when the clock has reached the due time."""
    clock = JumpingClock(now=0.0)
    wait_until(150.0, clock.clock)
    assert clock.time == 150.0


def test_sleeps_in_pieces() -> None:
    """It reads the clock every minute, because sleep stands still while a machine does."""
    clock = JumpingClock(now=0.0)
    wait_until(150.0, clock.clock)
    assert clock.sleeps == [60.0, 60.0, 30.0]


def test_suspended_machine() -> None:
    """Time that passed in suspension counts."""
    times = iter([0.0, 10_000.0])
    sleeps: list[float] = []
    wait_until(500.0, Clock(now=lambda: next(times), unix_time=lambda: 0.0, sleep=sleeps.append))
    assert sleeps == [60.0]


def test_past_due_time() -> None:
    """A due time that has passed is not waited for."""
    clock = JumpingClock(now=100.0)
    wait_until(50.0, clock.clock)
    assert clock.sleeps == []


def test_real_clock() -> None:
    """The system's clock goes on by at least what was slept."""
    clock = system_clock()
    due = clock.now() + 0.02
    wait_until(due, clock)
    assert due <= clock.now() == pytest.approx(due, abs=5.0)
