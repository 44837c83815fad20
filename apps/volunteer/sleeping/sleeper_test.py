"""The sleeping interpreter, as a process among processes."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from volunteer.sleeping import sleeper
from volunteer.testing import resident_bytes, wait_for

_SECONDS: Final = 20
_TERMINATED: Final = 7
_TELL: Final = "import json, os, sys; print(json.dumps([os.getpid(), sys.argv[1:]]))"
_BLOCK: Final = "import os, signal, sys; signal.pthread_sigmask(signal.SIG_BLOCK, [15, 2]); "
_START_BLOCKED: Final = f"{_BLOCK}os.execv(sys.argv[1], sys.argv[1:])"


def _now() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def _command(due: float, *program: str | bytes | Path) -> list[str | bytes | Path]:
    file = Path(sleeper.__file__)
    return [sys.executable, "-I", "-S", file, repr(due), str(_TERMINATED), *program]


@contextmanager
def _started(*command: str | bytes | Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={"KEPT": "yes"}
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _is_asleep(pid: int) -> Callable[[], bool]:
    """Return whether a process has its handlers, of which that of SIGTERM is the last."""

    def is_asleep() -> bool:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
        masks = dict(line.split(":\t", 1) for line in status.splitlines())
        bit = 1 << (signal.SIGTERM - 1)
        return bool(int(masks["SigCgt"], 16) & bit) and not int(masks["SigBlk"], 16) & bit

    return is_asleep


def _is_sleeper(pid: int) -> Callable[[], bool]:
    """Return whether a process has become the sleeper, awake or not yet."""

    def is_sleeper() -> bool:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        return os.fsencode(sleeper.__file__) in words[:4]

    return is_sleeper


def test_wakes_as_the_program() -> None:
    """When it is time, the same process is the program, with its arguments exactly as given."""
    arguments: list[str | bytes | Path] = ["a b", "", "\n", "--x='$HOME'", "é", b"\xff"]
    due = _now() + 0.3
    with _started(*_command(due, sys.executable, "-c", _TELL, *arguments)) as process:
        answer, _ = process.communicate(timeout=_SECONDS)
        assert _now() >= due
    pid, told = json.loads(answer)
    assert pid == process.pid
    assert [os.fsencode(word) for word in told] == [os.fsencode(word) for word in arguments]


def test_past_due_time() -> None:
    """A due time that has passed is not waited for."""
    with _started(*_command(_now() - 86_400, sys.executable, "-c", _TELL)) as process:
        assert process.wait(_SECONDS) == 0


def test_keeps_the_environment() -> None:
    """The program finds the variables that it had."""
    tell = "import os; print(os.environ['KEPT'])"
    with _started(*_command(_now(), sys.executable, "-c", tell)) as process:
        answer, _ = process.communicate(timeout=_SECONDS)
    assert answer == "yes\n"


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGTERM, _TERMINATED), (signal.SIGINT, 128 + signal.SIGINT)]
)
def test_signal_asleep(number: int, status: int) -> None:
    """A signal that ends a process ends the sleep at once; SIGTERM is logged."""
    with _started(*_command(_now() + 600, sys.executable)) as process:
        wait_for(_is_asleep(process.pid), seconds=_SECONDS)
        process.send_signal(number)
        output, log = process.communicate(timeout=_SECONDS)
    assert (output, process.returncode) == ("", status)
    line = r"\S+Z INFO SIGTERM: exiting\n" if number == signal.SIGTERM else ""
    assert re.fullmatch(line, log)


def test_signal_held_back() -> None:
    """A signal that came while one program became the other is obeyed, not lost."""
    with _started(
        sys.executable, "-c", _START_BLOCKED, *_command(_now() + 600, sys.executable)
    ) as process:
        wait_for(_is_sleeper(process.pid), seconds=_SECONDS)
        process.send_signal(signal.SIGTERM)
        assert process.wait(_SECONDS) == _TERMINATED


def test_leaves_signals_blocked() -> None:
    """The program is woken with the signals held back, until it has handlers for them."""
    tell = "import signal; print(sorted(map(int, signal.pthread_sigmask(signal.SIG_BLOCK, []))))"
    with _started(*_command(_now(), sys.executable, "-c", tell)) as process:
        answer, _ = process.communicate(timeout=_SECONDS)
    assert json.loads(answer) == [signal.SIGINT, signal.SIGTERM]


def test_first_process_of_a_container() -> None:
    """As PID 1, for which the kernel has no default action, it obeys SIGTERM as well."""
    unshare = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child"]
    if subprocess.run([*unshare, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("a namespace of processes cannot be made here: a right that sandboxes lack")
    with _started(*unshare, *_command(_now() + 600, sys.executable)) as process:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        wait_for(lambda: bool(children.read_text(encoding="ascii")), seconds=_SECONDS)
        first = int(children.read_text(encoding="ascii"))
        wait_for(_is_asleep(first), seconds=_SECONDS)
        os.kill(first, signal.SIGTERM)
        assert process.wait(_SECONDS) == _TERMINATED


def test_memory() -> None:
    """Asleep it takes no more than 10 MiB."""
    with _started(*_command(_now() + 600, sys.executable)) as process:
        wait_for(_is_asleep(process.pid), seconds=_SECONDS)
        resident = resident_bytes(process.pid)
    assert 0 < resident <= 10 * 1024 * 1024


def test_program_gone() -> None:
    """A program that is no longer there is one clear line and a status that says so."""
    with _started(*_command(_now(), "/nonexistent/program")) as process:
        assert process.communicate(timeout=_SECONDS) == (
            "",
            "volunteer: cannot be started again after its sleep: No such file or directory\n",
        )
    assert process.returncode == 1
