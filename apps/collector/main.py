"""The command line: a word says which command it is, and the flags are that command's.

A command is imported once its word was seen, so that each starts quickly.
"""

import os
import sys
from collections.abc import Mapping, MutableMapping, Sequence
from typing import Final

import typer

from collector.command_line import Entry, Function, Program, explain
from collector.commands.service_links import drop_service_links
from collector.errors import CollectorError, UsageError

PROGRAM: Final = "collector"
_MAIN_COMMAND: Final = "serve"
_PREFIX: Final = "SPARTAKUS_"
_FAILED: Final = 1
_USAGE: Final = 2
_PRIVATE_UMASK: Final = 0o077


def _serve() -> Function:
    from collector.commands.serve import serve

    return serve


def _status() -> Function:
    from collector.commands.status import status

    return status


def _drain() -> Function:
    from collector.commands.drain import drain

    return drain


def _export() -> Function:
    from collector.commands.export import export

    return export


def _sql() -> Function:
    from collector.commands.sql import sql

    return sql


def _import() -> Function:
    from collector.commands.import_ import import_reports

    return import_reports


def _dead_letters() -> Function:
    from collector.commands.dead_letters import dead_letters

    return dead_letters


def _copy() -> Function:
    from collector.commands.copy import copy

    return copy


def _forget() -> Function:
    from collector.commands.forget import forget

    return forget


def _manifest() -> Function:
    from collector.commands.manifest import manifest

    return manifest


def _views() -> Function:
    from collector.commands.views import views

    return views


def _completion() -> Function:
    from collector.commands.completion import completion

    return completion


COMMANDS: Final[Mapping[str, Entry]] = {
    _MAIN_COMMAND: Entry(_serve, "Receive reports over HTTP, and keep them."),
    "status": Entry(_status, "Say what a running collector is doing."),
    "sql": Entry(_sql, "Ask the reports a question in SQL."),
    "export": Entry(_export, "Write all reports to standard output."),
    "import": Entry(_import, "Take in what `export` wrote."),
    "copy": Entry(_copy, "Copy all reports to another warehouse."),
    "forget": Entry(_forget, "Remove a cluster from everything that is kept."),
    "drain": Entry(_drain, "Empty the spool of a collector that no longer runs."),
    "dead-letters": Entry(_dead_letters, "List what a warehouse refused, or send it again."),
    "views": Entry(_views, "Make the BigQuery view in which each report is once."),
    "manifest": Entry(_manifest, "Print the YAML that installs a collector, or monitors it."),
    "completion": Entry(_completion, "Print what completes commands and flags in a shell."),
}
"""Every command, in the order of `--help`."""


def main(arguments: Sequence[str]) -> int:
    """Run the program with `arguments` and return its exit status.

    The original was one binary whose first word said which of two programs it was; manifests
    written for it still begin with that word.
    """
    drop_service_links(os.environ)
    os.umask(_PRIVATE_UMASK)
    _drop_blank_variables(os.environ)
    words = list(arguments)
    if words[:1] == [PROGRAM]:
        del words[0]
    try:
        status = Program(PROGRAM, COMMANDS, main_command=_MAIN_COMMAND).run(words)
        if sys.stdout is not None:  # where it was closed there is none
            sys.stdout.flush()
    except typer.TyperException as error:
        return _complain(explain(error), _USAGE)
    except CollectorError as error:
        return _complain(str(error), _USAGE if isinstance(error, UsageError) else _FAILED)
    except BrokenPipeError:
        _discard_output()
        return _FAILED
    except OSError as error:
        _discard_output()
        return _complain(_describe(error), _FAILED)
    return status


def _drop_blank_variables(environment: MutableMapping[str, str]) -> None:
    """Remove our variables that are blank from `environment`: blank is unset."""
    for name, value in list(environment.items()):
        if name.startswith(_PREFIX) and not value.strip():
            del environment[name]


def _describe(error: OSError) -> str:
    """Return what the system says, and of which file; it is no fault of the program's."""
    reason = error.strerror or str(error)
    return f"{error.filename}: {reason}" if error.filename else reason


def _discard_output() -> None:
    """Let the interpreter flush at its end what nobody takes.

    https://docs.python.org/3/library/signal.html#note-on-sigpipe
    """
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())


def _complain(text: str, status: int) -> int:
    """Say in one line what is wrong; what a terminal would obey is shown, not sent."""
    line = " ".join(text.split())
    shown = "".join(each if each.isprintable() else ascii(each)[1:-1] for each in line)
    sys.stderr.write(f"{PROGRAM}: {shown}\n")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
