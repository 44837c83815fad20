"""The command line. The only module that reads the environment.

Everything but Typer is imported once the flags are understood, so that `--help` is quick.
"""

import inspect
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from random import SystemRandom
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from typer.core import TyperGroup

import release
from volunteer import completion
from volunteer.delivery.destinations import DATABASES
from volunteer.errors import (
    EXIT_DEFECT,
    EXIT_DELIVERED,
    EXIT_STATUSES,
    EXIT_TERMINATED,
    EXIT_USAGE,
    ReaderGone,
    UsageError,
    VolunteerError,
    defect_in_words,
)
from volunteer.flags import command_of, flags_of, names_of, with_flags_of
from volunteer.manifest.settings import ManifestSettings
from volunteer.settings import PreviewSettings, Settings
from volunteer.termination import exit_without_reader
from volunteer.version import VERSION

if TYPE_CHECKING:
    from volunteer.wiring import World

PROGRAM: Final = "volunteer"
DEFAULT_COMMAND: Final = "run"
_STANDARD_OUTPUT: Final = 1
_ENVIRONMENT_FILE: Final = Path("/proc/self/environ")
_HELP: Final = "Report this cluster, anonymously, to a census of Kubernetes clusters."
_HELP_FLAGS: Final = ("-h", "--help")
_EPILOG: Final = (
    f"Without a command: {DEFAULT_COMMAND}. A blank flag or variable counts as not given.\n\n"
    "\b\nExit statuses:\n"
    + "\n".join(f"  {status:3}  {meaning}" for status, meaning in EXIT_STATUSES.items())
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
        return _run(words)
    except typer.TyperException as error:
        return _complain(_one_line(f"{error.format_message()} (see --help)"), EXIT_USAGE)
    except UsageError as error:
        return _complain(_one_line(str(error)), error.exit_code)
    except (BrokenPipeError, ReaderGone):
        return exit_without_reader()
    except VolunteerError as error:
        return _complain(str(error), error.exit_code)
    except Exception as error:  # noqa: BLE001 - a traceback could show a secret
        return _complain(defect_in_words(error), EXIT_DEFECT)


def _run(words: list[str]) -> int:
    completion.prepare(os.environ)
    app = _app()
    status: int = app(
        _with_command_first(words),
        prog_name=PROGRAM,
        complete_var=completion.VARIABLE,
        standalone_mode=False,
    )
    if sys.stdout is not None:
        sys.stdout.flush()
    return status


class _Commands(TyperGroup):
    """The commands; a word that is none is answered with those there are."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401 - Typer's own types
        if args[0] not in self.commands and not ctx.resilient_parsing:
            ctx.fail(f"There is no command {args[0]!r}; there are {', '.join(self.commands)}")
        return super().resolve_command(ctx, args)


def _with_command_first(words: list[str]) -> list[str]:
    """Return `words` with the command before the flags; it may stand anywhere between them."""
    index = 0
    while index < len(words) and words[index].startswith("-"):
        if words[index].partition("=")[0] not in _VALUES_OF_FLAGS:
            return [DEFAULT_COMMAND, *words]  # which says what is wrong with the flag
        # A flag without `=` has its value in the next word.
        index += 1 + _VALUES_OF_FLAGS.get(words[index], 0)
    if index < len(words):
        return [words[index], *words[:index], *words[index + 1 :]]
    return words if set(words) & set(_HELP_FLAGS) else [DEFAULT_COMMAND, *words]


def _app() -> typer.Typer:
    """Return the command line. Its own flags, shown and completed, are the default command's."""
    app = typer.Typer(
        cls=_Commands,
        add_completion=False,
        pretty_exceptions_enable=False,  # they print local variables
        rich_markup_mode=None,  # rich takes as long to start as all the rest
        context_settings={"help_option_names": list(_HELP_FLAGS)},
        help=_HELP,
        epilog=_EPILOG,
        options_metavar="[FLAGS]",
        subcommand_metavar="[COMMAND]",
    )
    make = partial(command_of, environment=os.environ)
    add = partial(app.command, options_metavar="[FLAGS]")
    app.callback()(with_flags_of(Settings, lambda **_: EXIT_DELIVERED, more=_INFORMATION))
    add(DEFAULT_COMMAND, help="Report, periodically or once; the default.")(
        make(Settings, _report, more=_INFORMATION)
    )
    add("preview", help="Show what a report would say; send nothing.")(
        make(PreviewSettings, _preview)
    )
    add("manifest", help="Print YAML that installs the volunteer.")(
        make(ManifestSettings, _print_manifest)
    )
    add("completion", help="Print a script for completion in a shell.")(
        completion.command_for(Path(os.environ.get("PEX") or sys.argv[0]).name)
    )
    return app


def _report(settings: Settings) -> int:
    from volunteer import wiring

    terminated = EXIT_TERMINATED if settings.is_one_shot else EXIT_DELIVERED
    return wiring.run(settings, _world(settings, terminated))


def _preview(settings: PreviewSettings) -> int:
    from volunteer import wiring

    return wiring.preview(settings, _world(settings, EXIT_TERMINATED))


def _print_manifest(settings: ManifestSettings) -> int:
    from volunteer.manifest import command

    return command.run(
        settings, random=SystemRandom(), random_bytes=os.urandom, output=_STANDARD_OUTPUT
    )


def _world(settings: Settings, terminated: int) -> "World":
    """Return the world, from now on with a log, and with `terminated` as SIGTERM's exit status."""
    from urllib.request import getproxies_environment

    from volunteer import console, termination
    from volunteer.clock import system_clock
    from volunteer.waiting import exchange
    from volunteer.wiring import World

    console.set_up_log(verbose=settings.is_verbose)
    termination.exit_on_signals(terminated=terminated)
    exchange.unblock_signals()
    clock = system_clock()
    return World(
        environment=os.environ,
        proxies=getproxies_environment(),
        clock=clock,
        random=SystemRandom(),
        random_bytes=os.urandom,
        output=_STANDARD_OUTPUT,
        wait_asleep=partial(
            exchange.wait_asleep,
            clock=clock,
            terminated=terminated,
            environment=exchange.started_with(_ENVIRONMENT_FILE, os.environ),
        ),
        resumed=exchange.take_wake_up(os.environ),
    )


def _print_version(wanted: bool) -> None:  # noqa: FBT001 - Typer's signature
    if wanted:
        typer.echo(release.with_commit(VERSION, release.built_from()))
        raise typer.Exit


def _print_databases(wanted: bool) -> None:  # noqa: FBT001 - Typer's signature
    if wanted:
        typer.echo(DATABASES, nl=False)
        raise typer.Exit


def _information(name: str, callback: Callable[[bool], None], text: str) -> inspect.Parameter:
    """Return a flag that prints something about the program, whatever else is given."""
    option = typer.Option(name, callback=callback, is_eager=True, help=text, expose_value=False)
    parameter = name.removeprefix("--").replace("-", "_")
    kind = inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter(parameter, kind, default=False, annotation=Annotated[bool, option])


_INFORMATION: Final = (
    _information("--version", _print_version, "Print the version."),
    _information("--print-databases", _print_databases, "Print what --database takes."),
)
_VALUES_OF_FLAGS: Final[Mapping[str, int]] = {
    name: int(flag.metavar is not None)
    for settings in (PreviewSettings, ManifestSettings)
    for field, flag in flags_of(settings).items()
    for names in names_of(field, flag)
    for name in names.split("/")
} | dict.fromkeys(("--version", "--print-databases", *_HELP_FLAGS), 0)
"""How many words follow each flag that any command has."""


def _complain(text: str, status: int) -> int:
    """Print an error, if there is still somewhere to print it, and return the exit status."""
    if sys.stderr is not None:
        sys.stderr.write(f"{PROGRAM}: {text}\n")
    return status


def _one_line(text: str) -> str:
    """Return `text` on one line that a terminal shows as it is, whatever the user typed."""
    return " ".join(
        "".join(
            character if character.isprintable() or character.isspace() else ascii(character)[1:-1]
            for character in text
        ).split()
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
