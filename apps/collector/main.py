"""The command line: an optional word says which command it is, and the flags are that command's.

A command is imported once its word was seen, so that each starts quickly.
"""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias

import typer

from collector.commands.service_links import drop_service_links
from collector.errors import CollectorError

PROGRAM: Final = "collector"
_FAILED: Final = 1
_USAGE: Final = 2
_PRIVATE_UMASK: Final = 0o077

Command: TypeAlias = Callable[..., int | None]
"""A command: its parameters are its flags, and it returns its exit status, None for 0."""


def _serve() -> Command:
    from collector.commands.serve import serve

    return serve


def _drain() -> Command:
    from collector.commands.drain import drain

    return drain


def _export() -> Command:
    from collector.commands.export import export

    return export


def _sql() -> Command:
    from collector.commands.sql import sql

    return sql


def _import() -> Command:
    from collector.commands.import_ import import_reports

    return import_reports


def _dead_letters() -> Command:
    from collector.commands.dead_letters import dead_letters

    return dead_letters


def _copy() -> Command:
    from collector.commands.copy import copy

    return copy


def _forget() -> Command:
    from collector.commands.forget import forget

    return forget


def _manifest() -> Command:
    from collector.commands.manifest import manifest

    return manifest


def _views() -> Command:
    from collector.commands.views import views

    return views


COMMANDS: Final[Mapping[str, Callable[[], Command]]] = {
    "sql": _sql,
    "export": _export,
    "import": _import,
    "copy": _copy,
    "drain": _drain,
    "dead-letters": _dead_letters,
    "forget": _forget,
    "manifest": _manifest,
    "views": _views,
}
"""What each word stands for. Without a word the program serves."""


def main(arguments: Sequence[str]) -> int:
    """Run the program with `arguments` and return its exit status.

    The original was one binary whose first word said which of two programs it was; manifests
    written for it still begin with that word.
    """
    drop_service_links(os.environ)
    os.umask(_PRIVATE_UMASK)
    words = list(arguments)
    if words[:1] == [PROGRAM]:
        del words[0]
    name, load = PROGRAM, _serve
    if words and words[0] in COMMANDS:
        load = COMMANDS[words[0]]
        name = f"{PROGRAM} {words.pop(0)}"
    try:
        return _run(load(), words, name=name)
    except typer.TyperException as error:
        return _complain(f"{_one_line(error.format_message())} (see {name} --help)", _USAGE)
    except CollectorError as error:
        return _complain(str(error), _FAILED)


def _run(command: Command, words: Sequence[str], *, name: str) -> int:
    app = typer.Typer(
        add_completion=False,
        pretty_exceptions_enable=False,  # they print local variables, which may be a report
        rich_markup_mode=None,  # rich takes as long to start as all the rest
    )
    epilog = None
    if name == PROGRAM and COMMANDS:
        epilog = f"Other commands, each with its own --help: {', '.join(COMMANDS)}."
    app.command(epilog=epilog)(command)
    status: int | None = app(list(words), prog_name=name, standalone_mode=False)
    return status or 0


def _complain(text: str, status: int) -> int:
    sys.stderr.write(f"{PROGRAM}: {text}\n")
    return status


def _one_line(text: str) -> str:
    return " ".join(text.split()).removesuffix(".")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
