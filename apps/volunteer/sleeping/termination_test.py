"""How a signal ends the process. Each test is about a process of its own."""

import os
import re
import subprocess
import sys
from typing import Final

import pytest

DEADLINE_SECONDS: Final = 30.0
_START: Final = """
import atexit, os, signal, sys, time, weakref
from volunteer.sleeping.termination import SignalExit, exit_on_signals

exit_on_signals(terminated=7)
number = signal.Signals[sys.argv[1]] if sys.argv[1:] else None

def receive():
    os.kill(os.getpid(), number)
    time.sleep(60)

class Thing:
    pass

thing = Thing()
"""
_ORDINARY: Final = "receive()"
_IN_FINALIZER: Final = """
weakref.finalize(thing, receive)
del thing
"""
_IN_CALLBACK: Final = """
reference = weakref.ref(thing, lambda _: receive())
del thing
"""
_AT_EXIT: Final = """
atexit.register(receive)
"""
_TWICE: Final = """
class Late:
    def __del__(self, kill=os.kill, me=os.getpid(), number=number):
        kill(me, number)

late = Late()
try:
    receive()
except SignalExit as signalled:
    signalled.exit()
"""
_SOMETHING_ELSE: Final = """
reference = weakref.ref(thing, lambda _: 1 / 0)
del thing
"""


def _run(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", f"{_START}\n{code}", *arguments],
        env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        timeout=DEADLINE_SECONDS,
        check=False,
    )


@pytest.mark.parametrize(("name", "status"), [("SIGTERM", 7), ("SIGINT", 130)])
@pytest.mark.parametrize("code", [_ORDINARY, _IN_FINALIZER, _IN_CALLBACK, _AT_EXIT, _TWICE])
def test_a_signal_ends_the_process(code: str, name: str, status: int) -> None:
    """It exits with its status, also where Python ignores what is raised, while the interpreter
    shuts down, and where the signal comes twice, as from `timeout`. SIGTERM is logged.
    """
    ended = _run(code, name)
    assert ended.returncode == status
    line = r"\S+Z INFO SIGTERM: exiting\n" if name == "SIGTERM" else ""
    assert re.fullmatch(line, ended.stderr)


def test_what_else_is_ignored_is_told() -> None:
    """Any other error that Python ignores is printed as ever, and ends nothing."""
    ended = _run(_SOMETHING_ELSE)
    assert ended.returncode == 0
    assert "ZeroDivisionError" in ended.stderr
