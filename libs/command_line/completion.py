"""Completion of commands and flags in bash, zsh and fish: Typer's own, under our names."""

from collections.abc import Sequence
from enum import Enum

import typer
from msgspec import Struct
from typer._completion_shared import get_completion_script

from command_line.flags import choice
from command_line.program import Command
from command_line.words import completion_variable


class Shell(Enum):
    """A shell that can be told how to complete."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


class Completion(Struct, frozen=True, kw_only=True):
    """What a script for completion is asked for with."""

    shell: Shell = choice(Shell, help="The shell.", has_variable=False, is_argument=True)


def completion(program: str, file_names: Sequence[str]) -> Command:
    """Return the command; `file_names` are those that a user may start the program by."""

    def print_script(flags: Completion) -> None:
        """Print what completes commands and flags in a shell.

        bash: source <(PROGRAM completion bash). zsh: the same, after compinit.
        fish: PROGRAM completion fish | source. The program has to be on PATH.
        """
        variable = completion_variable(program)
        for name in file_names:
            typer.echo(
                get_completion_script(
                    prog_name=name, complete_var=variable, shell=flags.shell.value
                )
            )

    return Command(Completion, print_script)
