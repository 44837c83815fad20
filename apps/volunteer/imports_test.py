"""What a report does without, because it would be a sixth of its memory."""

import subprocess
import sys
from typing import Final

from volunteer.conftest import CLUSTER, DEADLINE_SECONDS, environment

_HEAVY: Final = {"census", "dataclasses", "rich", "typer"}
_PROGRAM: Final = f"""
import sys
from volunteer.main import main
status = main(sys.argv[1:])
print("heavy:", *sorted({_HEAVY} & {{*sys.modules}}), file=sys.stderr)
sys.exit(status)
"""


def _run(*flags: str) -> tuple[int, str]:
    """Return the exit status of the program, and which heavy modules it has imported."""
    finished = subprocess.run(
        [sys.executable, "-c", _PROGRAM, *flags],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=DEADLINE_SECONDS,
        check=False,
    )
    return finished.returncode, finished.stderr.rpartition("heavy:")[2].strip()


def test_report(kubeconfig: str) -> None:
    """A report is made without Typer, dataclasses, rich, and what only a comparison needs."""
    assert _run(CLUSTER, "--period=0", kubeconfig) == (0, "")


def test_help() -> None:
    """Help is what takes Typer."""
    status, heavy = _run("--help")
    assert (status, heavy.split()) == (0, ["typer"])
