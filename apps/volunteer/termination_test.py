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
from volunteer.termination import before_exit, exit_on_signals

exit_on_signals(terminated=7)

def receive():
    os.kill(os.getpid(), signal.Signals[sys.argv[1]])
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
_AT_EXIT: Final = "atexit.register(receive)"
_IN_HANDLER: Final = """
try:
    1 / 0
except BaseException:
    try:
        receive()
    except BaseException:
        pass
"""
_BEFORE_EXIT: Final = """
with before_exit(lambda: print("over", flush=True)):
    pass
with before_exit(lambda: 1 / 0), before_exit(lambda: print("done", flush=True)):
    receive()
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
@pytest.mark.parametrize("code", [_ORDINARY, _IN_FINALIZER, _IN_CALLBACK, _AT_EXIT, _IN_HANDLER])
def test_a_signal_ends_the_process(code: str, name: str, status: int) -> None:
    """It exits with its status, also where what is raised is ignored or caught, and while the
    interpreter shuts down. SIGTERM is logged.
    """
    ended = _run(code, name)
    assert ended.returncode == status
    line = r"\S+Z INFO SIGTERM: exiting\n" if name == "SIGTERM" else ""
    assert re.fullmatch(line, ended.stderr)


def test_before_exit() -> None:
    """What has to be done before is done, whatever fails of it; what is over is not."""
    ended = _run(_BEFORE_EXIT, "SIGINT")
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "done\n", "")
