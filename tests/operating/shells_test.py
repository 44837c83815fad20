"""Completion in the shells themselves. Slow: it needs fish and zsh."""

from pathlib import Path

import pytest

from collector import main
from collector.testing import install_program, run_installed


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the program."""
    install_program(tmp_path)
    return tmp_path


def run(folder: Path, *words: str) -> str:
    """Run a shell with the program on PATH; return what it prints."""
    finished = run_installed(folder, *words)
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def test_fish(folder: Path) -> None:
    """Fish offers commands with their summaries, and flags."""
    script = "collector.pex completion fish | source\n"
    offered = run(folder, "fish", "-c", f'{script}complete -C "collector.pex ex"')
    assert offered.split("\t")[0] == "export"
    assert main.SUMMARIES["export"].removesuffix(".") in offered
    flags = run(folder, "fish", "-c", f'{script}complete -C "collector.pex status --j"')
    assert flags.startswith("--json")


def test_zsh(folder: Path) -> None:
    """Zsh takes the script, and is told commands and flags by the program."""
    script = (
        "autoload -U compinit; compinit -u\n"
        "source <(collector.pex completion zsh)\n"
        '_arguments() { print -r -- "$@" }\n'
        "words=(collector.pex {line}); CURRENT=${#words}\n"
        "_collectorpex_completion\n"
    )
    commands = run(folder, "zsh", "-f", "-c", script.replace("{line}", "ex"))
    assert '"export"' in commands
    flags = run(folder, "zsh", "-f", "-c", script.replace("{line}", "status --j"))
    assert '"--json"' in flags
