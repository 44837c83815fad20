"""`collector completion`: commands and flags completed by a shell."""

import enum
from typing import Annotated, Final, TypeAlias

import typer
from typer._completion_shared import get_completion_script

_NAMES: Final = ("collector", "collector.pex")
_VARIABLE: Final = "_COLLECTOR_COMPLETE"


class Shell(enum.Enum):
    """The shells that are completed for."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


_Shell: TypeAlias = Annotated[Shell, typer.Argument(help="The shell.")]


def completion(shell: _Shell) -> None:
    """Print what completes commands and flags in a shell.

    bash: source <(collector.pex completion bash). zsh: the same, after compinit.
    fish: collector.pex completion fish | source. The program has to be on PATH.
    """
    for name in _NAMES:
        typer.echo(get_completion_script(prog_name=name, complete_var=_VARIABLE, shell=shell.value))
