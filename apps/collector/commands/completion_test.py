"""Behaviour of completion, as a shell asks for it."""

from pathlib import Path

import pytest

from collector import main
from collector.testing import install_program, run_installed
from command_line.completion import Shell


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the program."""
    install_program(tmp_path)
    return tmp_path


def completed_by_bash(folder: Path, line: str) -> list[str]:
    """Return what bash offers at the end of `line`."""
    script = (
        "source <(collector.pex completion bash)\n"
        f"COMP_WORDS=({line}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))\n"
        "_collectorpex_completion collector.pex\n"
        'printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    outcome = run_installed(folder, "bash", "-c", script)
    assert (outcome.returncode, outcome.stderr) == (0, "")
    return outcome.stdout.split()


def test_commands_are_completed(folder: Path) -> None:
    """A word that is begun becomes a command, and an empty one any of them."""
    assert completed_by_bash(folder, "collector.pex ex") == ["export"]
    offered = completed_by_bash(folder, "collector.pex ''")
    assert offered == list(main.SUMMARIES)


def test_flags_are_completed(folder: Path) -> None:
    """Flags of a command, and without a command those of serving."""
    assert completed_by_bash(folder, "collector.pex --shut") == [
        "--shutdown-delay",
        "--shutdown-grace",
    ]
    assert completed_by_bash(folder, "collector.pex status --j") == ["--json"]
    assert completed_by_bash(folder, "collector.pex serve --log-format lo") == ["logfmt"]


@pytest.mark.parametrize("shell", Shell)
def test_every_shell_gets_a_script(folder: Path, shell: Shell) -> None:
    """The script is printed for each shell, for the program by both of its names."""
    outcome = run_installed(folder, "collector.pex", "completion", shell.value)
    assert (outcome.returncode, outcome.stderr) == (0, "")
    assert outcome.stdout.count("_COLLECTOR_COMPLETE=") >= 2
    assert "collector.pex" in outcome.stdout


def test_a_shell_that_is_not_known_is_a_usage_error(folder: Path) -> None:
    """Another shell is answered with those there are."""
    outcome = run_installed(folder, "collector.pex", "completion", "tcsh")
    assert outcome.returncode == 2
    assert "must be one of bash, zsh, fish" in outcome.stderr
