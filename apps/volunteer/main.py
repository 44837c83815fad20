"""The command line. The only module that reads the environment.

Everything but Typer is imported once the flags are understood, so that `--help` is quick.
"""

import os
import signal
import sys
from collections.abc import Sequence
from enum import Enum
from functools import partial
from pathlib import Path
from random import SystemRandom
from typing import TYPE_CHECKING, Annotated, Final

import typer

from volunteer import options
from volunteer.errors import EXIT_DELIVERED, EXIT_USAGE, InvalidOption, VolunteerError

if TYPE_CHECKING:
    from volunteer.wiring import World

PROGRAM: Final = "volunteer"
_MANIFEST: Final = "manifest"
_TERMINATED: Final = 128 + signal.SIGTERM
_STANDARD_OUTPUT: Final = 1
_ENVIRONMENT_FILE: Final = Path("/proc/self/environ")


class Word(Enum):
    """What to do other than report."""

    PREVIEW = "preview"


app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,  # they print local variables
    rich_markup_mode=None,  # rich takes as long to start as all the rest
)


def main(arguments: Sequence[str]) -> int:
    """Run the program with `arguments` and return its exit status.

    The original was one binary whose first word said which of two programs it was; manifests
    written for it still begin with that word.
    """
    words = list(arguments)
    if words[:1] == [PROGRAM]:
        del words[0]
    try:
        return _print_manifest(words[1:]) if words[:1] == [_MANIFEST] else _run(words)
    except typer.TyperException as error:
        return _complain(f"{_one_line(error.format_message())} (see --help)", EXIT_USAGE)
    except VolunteerError as error:
        return _complain(str(error), error.exit_code)


def _run(words: list[str]) -> int:
    status: int = app(words, prog_name=PROGRAM, standalone_mode=False)
    return status


def _print_manifest(words: list[str]) -> int:
    from volunteer.manifest import command

    return command.run(
        words,
        program=f"{PROGRAM} {_MANIFEST}",
        random=SystemRandom(),
        random_bytes=os.urandom,
        output=_STANDARD_OUTPUT,
    )


@app.command(
    help="Report this cluster, anonymously, to a census of Kubernetes clusters.",
    epilog="`volunteer manifest` prints the YAML that installs this; see its own --help.",
)
def command(
    cluster_id: options.ClusterId,
    word: Annotated[
        Word | None,
        typer.Argument(
            metavar="preview",
            show_default=False,
            help="Show what a report would say and why it is anonymous, and send nothing.",
        ),
    ] = None,
    *,
    key_file: options.KeyFile = None,
    period: options.Period = "24h",
    jitter: options.Jitter = None,
    retry_for: options.RetryFor = None,
    database: options.Database = "stdout",
    extensions: options.ExtensionPath = None,
    include: options.Include = "",
    omit: options.Omit = "",
    verbatim: options.Verbatim = "",
    kubeconfig: options.KubeconfigFile = None,
    context: options.ContextName = None,
    ca_file: options.CaFile = None,
    compress: options.Compress = False,
    as_json: options.AsJson = False,
    verbose: options.Verbose = False,
    original_verbosity: options.OriginalVerbosity = 0,
    _version: options.Version = False,
    _print_databases: options.PrintDatabases = False,
) -> int:
    """Make settings of the flags, and be what they ask for. Returns the exit status."""
    from volunteer import console, service, wiring
    from volunteer.ending import end_on_signals
    from volunteer.settings import parse_settings
    from volunteer.waiting import exchange

    settings = parse_settings(
        cluster_id=cluster_id,
        key_file=key_file,
        period=period,
        jitter=jitter,
        retry_for=retry_for,
        database=database,
        extensions=extensions,
        include=include,
        omit=omit,
        verbatim=verbatim,
        kubeconfig=kubeconfig,
        context=context,
        ca_file=ca_file,
        compress=compress,
    )
    if as_json and word is not Word.PREVIEW:
        raise InvalidOption("--json", "goes with preview; a report to stdout is JSON already")
    console.set_up_log(verbose=verbose or original_verbosity > 0)
    is_service = word is None and not settings.is_one_shot
    terminated = EXIT_DELIVERED if is_service else _TERMINATED
    end_on_signals(terminated=terminated)
    exchange.hear_endings()
    if word is Word.PREVIEW:
        return service.exit_status(wiring.preview(settings, _world(terminated), as_json=as_json))
    return wiring.run(settings, _world(terminated))


def _world(terminated: int) -> "World":
    from urllib.request import getproxies_environment

    from volunteer.clock import system_clock
    from volunteer.waiting import exchange
    from volunteer.wiring import World

    clock = system_clock()
    return World(
        environment=os.environ,
        proxies=getproxies_environment(),
        clock=clock,
        random=SystemRandom(),
        random_bytes=os.urandom,
        output=_STANDARD_OUTPUT,
        wait_until=partial(
            exchange.wait_asleep,
            clock=clock,
            terminated=terminated,
            environment=exchange.started_with(_ENVIRONMENT_FILE, os.environ),
        ),
        resumed=exchange.take_due(os.environ),
    )


def _complain(text: str, status: int) -> int:
    sys.stderr.write(f"{PROGRAM}: {text}\n")
    return status


def _one_line(text: str) -> str:
    return " ".join(text.split()).removesuffix(".")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
