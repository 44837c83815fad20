"""The command line: a word says which command it is, and the flags are that command's.

A command is imported once its word was seen, so that each starts quickly.
"""

import os
import re
import sys
from collections.abc import Mapping, MutableMapping, Sequence
from functools import partial
from typing import Final

from command_line.completion import completion
from command_line.errors import (
    EXIT_DEFECT,
    EXIT_FAILED,
    EXIT_INTERRUPTED,
    ProgramError,
    complain,
    defect_in_words,
    discard_output,
)
from command_line.program import Command, Entry, Program

PROGRAM: Final = "collector"
_FILE_NAMES: Final = (PROGRAM, f"{PROGRAM}.pex")
_PRIVATE_UMASK: Final = 0o077
# Of a service manager: sd_listen_fds(3), sd_notify(3), sd_watchdog_enabled(3).
_FOR_ONE_PROCESS: Final = (
    "LISTEN_PID",
    "LISTEN_FDS",
    "LISTEN_FDNAMES",
    "NOTIFY_SOCKET",
    "WATCHDOG_PID",
    "WATCHDOG_USEC",
)

SUMMARIES: Final[Mapping[str, str]] = {
    "serve": "Receive reports over HTTP, and keep them.",
    "status": "Say what a running collector is doing.",
    "statistics": "Show what the census says.",
    "sql": "Ask the reports a question in SQL.",
    "export": "Write all reports to standard output.",
    "import": "Take in what `export` wrote.",
    "copy": "Copy all reports to another warehouse.",
    "forget": "Remove a cluster from everything that is kept.",
    "drain": "Empty the spool of a collector that no longer runs.",
    "dead-letters": "List what a warehouse refused, or send it again.",
    "views": "Make the BigQuery view in which each report is once.",
    "manifest": "Print the YAML that installs a collector, or monitors it.",
    "completion": "Print what completes commands and flags in a shell.",
}
"""Every command, in the order of `--help`."""


def main(arguments: Sequence[str]) -> int:
    """Run the program with `arguments` and return its exit status.

    The original was one binary whose first word said which of two programs it was; manifests
    written for it still begin with that word.
    """
    os.umask(_PRIVATE_UMASK)
    words = list(arguments)
    if words[:1] == [PROGRAM]:
        del words[0]
    try:
        status = program(take_environment(os.environ)).run(words)
        if sys.stdout is not None:  # where it was closed there is none
            sys.stdout.flush()
    except ProgramError as error:
        return complain(PROGRAM, str(error), error.exit_status)
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        discard_output()
        return EXIT_FAILED
    except OSError as error:
        discard_output()
        return complain(PROGRAM, _describe(error), EXIT_FAILED)
    except Exception as error:  # noqa: BLE001 - a traceback could show a report
        return complain(PROGRAM, defect_in_words(error), EXIT_DEFECT)
    return status


def program(environment: Mapping[str, str]) -> Program:
    """Return the program, whose flags may stand in `environment`."""
    entries = {name: Entry(partial(load, name), text) for name, text in SUMMARIES.items()}
    return Program(PROGRAM, entries, default="serve", environment=environment)


def take_environment(variables: MutableMapping[str, str]) -> Mapping[str, str]:
    """Return the environment, and remove from `variables` what is not for our children.

    What Kubernetes makes is left out: of a Service named `spartakus`, the pods of its namespace get
    `SPARTAKUS_PORT=tcp://10.0.0.1:80`, which is not a port and was set by nobody.
    https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
    """
    name_of_link = re.compile(r"SPARTAKUS_(?:\w+_)?PORT")
    link = re.compile(r"(?:tcp|udp|sctp)://.*")
    environment = {
        name: value
        for name, value in variables.items()
        if not (name_of_link.fullmatch(name) and link.fullmatch(value))
    }
    for name in _FOR_ONE_PROCESS:
        variables.pop(name, None)
    return environment


def load(name: str) -> Command:  # noqa: C901, PLR0912 - a table
    """Return the command of that name."""
    match name:
        case "serve":
            from collector.commands.serve import COMMAND
        case "status":
            from collector.commands.status import COMMAND
        case "statistics":
            from collector.commands.statistics import COMMAND
        case "sql":
            from collector.commands.sql import COMMAND
        case "export":
            from collector.commands.export import COMMAND
        case "import":
            from collector.commands.import_ import COMMAND
        case "copy":
            from collector.commands.copy import COMMAND
        case "forget":
            from collector.commands.forget import COMMAND
        case "drain":
            from collector.commands.drain import COMMAND
        case "dead-letters":
            from collector.commands.dead_letters import COMMAND
        case "views":
            from collector.commands.views import COMMAND
        case "manifest":
            from collector.commands.manifest import COMMAND
        case _:
            return completion(PROGRAM, _FILE_NAMES)
    return COMMAND


def _describe(error: OSError) -> str:
    """Return what the system says, and of which file; it is not the program's fault."""
    reason = error.strerror or str(error)
    return f"{error.filename}: {reason}" if error.filename else reason


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
