"""How a signal ends the process. Each test is about a process of its own."""

import os
import re
import subprocess
import sys
from typing import Final

import pytest

DEADLINE_SECONDS: Final = 30.0
_START: Final = """
import os, signal, sys, time, weakref
from volunteer.sleeping.termination import exit_on_signals, is_exiting

exit_on_signals(terminated=7)

def receive(name):
    os.kill(os.getpid(), signal.Signals[name])
    time.sleep(60)

class Thing:
    pass
"""
_ORDINARY: Final = "receive(sys.argv[1])"
_IN_FINALIZER: Final = """
thing = Thing()
weakref.finalize(thing, receive, sys.argv[1])
del thing
time.sleep(60)
"""
_IN_CALLBACK: Final = """
thing = Thing()
reference = weakref.ref(thing, lambda _: receive(sys.argv[1]))
del thing
assert is_exiting()
time.sleep(60)
"""
_SOMETHING_ELSE: Final = """
thing = Thing()
reference = weakref.ref(thing, lambda _: 1 / 0)
del thing
assert not is_exiting()
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
@pytest.mark.parametrize("code", [_ORDINARY, _IN_FINALIZER, _IN_CALLBACK])
def test_a_signal_ends_the_process(code: str, name: str, status: int) -> None:
    """It ends with its status, also where Python ignores what is raised. SIGTERM is logged."""
    ended = _run(code, name)
    assert ended.returncode == status
    line = r"\S+Z INFO SIGTERM: exiting\n" if name == "SIGTERM" else ""
    assert re.fullmatch(line, ended.stderr)


def test_what_else_is_ignored_is_told() -> None:
    """What Python ignores and is no end is printed as ever, and ends nothing."""
    ended = _run(_SOMETHING_ELSE)
    assert ended.returncode == 0
    assert "ZeroDivisionError" in ended.stderr
