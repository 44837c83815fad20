"""Completion of the program's words in bash, zsh and fish: Typer's own, under our names."""

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Annotated, Final

VARIABLE: Final = "_VOLUNTEER_COMPLETE"
"""Set by a shell that asks what its words could be completed to."""


class Shell(Enum):
    """A shell that can be told how to complete."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def prepare(environment: Mapping[str, str]) -> None:
    """Make Typer answer a shell that asks."""
    if VARIABLE in environment:
        from typer._completion_classes import completion_init

        completion_init()


def command_for(program: str) -> Callable[[Shell], int]:
    """Return a command that prints a script for a shell, which completes the words of `program`."""
    import typer  # what asks for no completion does without

    def command(
        shell: Annotated[
            Shell,
            typer.Argument(
                metavar="bash|zsh|fish",
                help=f"The shell. In bash: `source <({program} completion bash)`.",
                show_default=False,
            ),
        ],
    ) -> int:
        from typer._completion_shared import get_completion_script

        typer.echo(
            get_completion_script(prog_name=program, complete_var=VARIABLE, shell=shell.value)
        )
        return 0

    return command
