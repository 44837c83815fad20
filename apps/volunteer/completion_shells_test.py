"""Completion in shells that few machines have. Slow suite: `.ci/run` installs them."""

import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

from volunteer.completion_test import on_path as on_path  # noqa: PLC0414 - a fixture
from volunteer.conftest import DEADLINE_SECONDS

_FISH: Final = 'volunteer.pex completion fish | source; complete -C "volunteer.pex {words}"'
_ZSH: Final = r"""
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell 'autoload -Uz compinit; compinit -u -D; source =(volunteer.pex completion zsh)'
zpty -w shell 'bindkey "^I" complete-word; echo is-"ready"'
zpty -r shell said '*is-ready*'
zpty -w -n shell $'volunteer.pex {words}\t'
zpty -r shell said '*volunteer.pex*{expected}*'
print -r -- "$said"
"""


@pytest.mark.parametrize("shell", ["fish", "zsh"])
@pytest.mark.parametrize(
    ("words", "expected"),
    [("pre", "preview"), ("preview --js", "--json"), ("manifest --dep", "--deployment")],
)
def test_completion(
    shell: str, words: str, expected: str, on_path: dict[str, str], tmp_path: Path
) -> None:
    """Typed into the shell, the beginning of a word is completed."""
    program = shutil.which(shell)
    assert program is not None, f"{shell} is not installed"
    code = {"fish": _FISH, "zsh": _ZSH}[shell].replace("{words}", words)
    finished = subprocess.run(
        [program, "-c", code.replace("{expected}", expected)],
        env=on_path,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=DEADLINE_SECONDS,
        check=False,
    )
    assert expected in finished.stdout
