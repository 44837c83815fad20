"""Completion of the program's words in bash, zsh and fish: Typer's own, under our names."""

import os
import sys
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Annotated, Final

import typer

VARIABLE: Final = "_VOLUNTEER_COMPLETE"
"""Set by a shell that asks what its words could be completed to."""

_PEX: Final = "PEX"
"""Names the file, where the program is one."""


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


def command(
    shell: Annotated[
        Shell,
        typer.Argument(
            metavar="bash|zsh|fish",
            help="The shell. bash: `source <(volunteer.pex completion bash)`.",
            show_default=False,
        ),
    ],
) -> int:
    """Print a script for `shell`, to be sourced by it; the program has to be on PATH."""
    from typer._completion_shared import get_completion_script

    name = Path(os.environ.get(_PEX) or sys.argv[0]).name
    script = get_completion_script(prog_name=name, complete_var=VARIABLE, shell=shell.value)
    typer.echo(script)
    return 0
