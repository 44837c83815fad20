"""Completion, in the shells themselves."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from command_line.words import completion_variable
from volunteer.conftest import DEADLINE_SECONDS, environment, run


@pytest.fixture
def on_path(tmp_path: Path) -> dict[str, str]:
    """The variables of a shell that finds the program as `volunteer.pex`."""
    program = tmp_path / "volunteer.pex"
    program.write_text(
        f'#!/bin/sh\nPEX=$0 exec {sys.executable} -m volunteer.main "$@"\n', encoding="utf-8"
    )
    program.chmod(0o755)
    return environment(
        {"PATH": f"{tmp_path}:{os.environ.get('PATH', os.defpath)}", "HOME": str(tmp_path)}
    )


def _script(shell: str, variables: dict[str, str]) -> str:
    return subprocess.run(
        ["volunteer.pex", "completion", shell],  # noqa: S607 - as a user types it
        env=variables,
        capture_output=True,
        text=True,
        timeout=DEADLINE_SECONDS,
        check=True,
        executable=shutil.which("volunteer.pex", path=variables["PATH"]),
    ).stdout


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["volunteer.pex", ""], {"run", "preview", "compare", "manifest", "completion"}),
        (["volunteer.pex", "pre"], {"preview"}),
        (["volunteer.pex", "--cluster"], {"--cluster-id"}),
        (["volunteer.pex", "preview", "--js"], {"--json"}),
        (["volunteer.pex", "compare", "--wi"], {"--with"}),
        (["volunteer.pex", "manifest", "--i"], {"--image", "--include"}),
        (["volunteer.pex", "--period", "1h", "mani"], {"manifest"}),
    ],
)
def test_bash(words: list[str], expected: set[str], on_path: dict[str, str]) -> None:
    """Bash completes commands and flags, those of each command."""
    quoted = " ".join(f"'{word}'" for word in words)
    ask = (
        f"{_script('bash', on_path)}\nCOMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}\n"
        "$(complete -p volunteer.pex | sed 's/.*-F \\([^ ]*\\) .*/\\1/') volunteer.pex\n"
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    finished = subprocess.run(
        [shutil.which("bash") or "bash", "--norc", "-c", ask],
        env=on_path,
        capture_output=True,
        text=True,
        timeout=DEADLINE_SECONDS,
        check=False,
    )
    assert finished.stderr == ""
    assert set(finished.stdout.split()) == expected


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells(shell: str, on_path: dict[str, str]) -> None:
    """For zsh and fish there is a script, and an answer in the shell's own form to what it asks."""
    assert completion_variable("volunteer") in _script(shell, on_path)
    finished = run(
        variables={
            completion_variable("volunteer"): f"complete_{shell}",
            "_TYPER_COMPLETE_ARGS": "volunteer.pex pre",
            "_TYPER_COMPLETE_FISH_ACTION": "get-args",
        }
    )
    assert finished.returncode == 0
    assert "preview" in finished.stdout
    assert "manifest" not in finished.stdout
