"""The commands with Typer: help, completion, and what is wrong with words."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Annotated, Any, Final, TypeVar

import typer
from msgspec import Struct
from typer.core import TyperGroup

import release
from volunteer import completion
from volunteer.delivery.destinations import DATABASES
from volunteer.errors import EXIT_DELIVERED, EXIT_STATUSES, UsageError
from volunteer.flags import Flag, flags_of, names_of, parse_flags, variable_of
from volunteer.manifest.settings import ManifestSettings
from volunteer.settings import PreviewSettings, Settings
from volunteer.version import VERSION
from volunteer.words import DEFAULT_COMMAND, PROGRAM

_HELP_FLAGS: Final = ("-h", "--help")
_VERSION_FLAG: Final = "--version"
_DATABASES_FLAG: Final = "--print-databases"
_HELP: Final = "Report this cluster, anonymously, to a census of Kubernetes clusters."
_EPILOG: Final = (
    f"Without a command: {DEFAULT_COMMAND}. A blank flag or variable counts as not given.\n\n"
    "\b\nExit statuses:\n"
    + "\n".join(f"  {status:3}  {meaning}" for status, meaning in EXIT_STATUSES.items())
)
_VALUES_OF_FLAGS: Final[Mapping[str, int]] = {
    name: int(flag.metavar is not None)
    for settings in (PreviewSettings, ManifestSettings)
    for field, flag in flags_of(settings).items()
    for names in names_of(field, flag)
    for name in names.split("/")
} | dict.fromkeys((_VERSION_FLAG, _DATABASES_FLAG, *_HELP_FLAGS), 0)
"""How many words follow each flag that any command has."""

Made = TypeVar("Made", bound=Struct)


class Actions(Struct, frozen=True):
    """What the commands do; each returns the exit status."""

    report: Callable[[Settings], int]
    preview: Callable[[PreviewSettings], int]
    print_manifest: Callable[[ManifestSettings], int]


def run(
    words: Sequence[str], actions: Actions, *, environment: Mapping[str, str], file_name: str
) -> int:
    """Do what `words` say, and return the exit status.

    `file_name` is what a user starts the program by. Raises `VolunteerError`; `UsageError` for
    words that mean nothing.
    """
    completion.prepare(environment)
    app = _app(actions, environment, file_name)
    try:
        status: int = app(
            _with_command_first(words),
            prog_name=PROGRAM,
            complete_var=completion.VARIABLE,
            standalone_mode=False,
        )
    except typer.TyperException as error:
        raise UsageError(f"{error.format_message()} (see --help)") from error
    return status


def _with_command_first(words: Sequence[str]) -> list[str]:
    """Return the words with the command before the flags; it may stand anywhere between them."""
    index = 0
    while index < len(words) and words[index].startswith("-"):
        if words[index].partition("=")[0] not in _VALUES_OF_FLAGS:
            return [DEFAULT_COMMAND, *words]  # which says what is wrong with the flag
        # A flag without `=` has its value in the next word.
        index += 1 + _VALUES_OF_FLAGS.get(words[index], 0)
    if index < len(words):
        return [words[index], *words[:index], *words[index + 1 :]]
    return list(words) if set(words) & set(_HELP_FLAGS) else [DEFAULT_COMMAND, *words]


class _Commands(TyperGroup):
    """The commands; a word that is none is answered with those there are."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401 - Typer's own types
        if args[0] not in self.commands and not ctx.resilient_parsing:
            ctx.fail(f"There is no command {args[0]!r}; there are {', '.join(self.commands)}")
        return super().resolve_command(ctx, args)


def _app(actions: Actions, environment: Mapping[str, str], file_name: str) -> typer.Typer:
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
    make = partial(_command_of, environment=environment)
    add = partial(app.command, options_metavar="[FLAGS]")
    app.callback()(_with_flags_of(Settings, lambda **_: EXIT_DELIVERED, more=_INFORMATION))
    add(DEFAULT_COMMAND, help="Report, periodically or once; the default.")(
        make(Settings, actions.report, more=_INFORMATION)
    )
    add("preview", help="Show what a report would say; send nothing.")(
        make(PreviewSettings, actions.preview)
    )
    add("manifest", help="Print YAML that installs the volunteer.")(
        make(ManifestSettings, actions.print_manifest)
    )
    add("completion", help="Print a script for completion in a shell.")(
        completion.command_for(file_name)
    )
    return app


def _command_of(
    settings: type[Made],
    use: Callable[[Made], int],
    *,
    environment: Mapping[str, str],
    more: tuple[inspect.Parameter, ...] = (),
) -> Callable[..., int]:
    """Return a command for Typer that passes the Struct to `use` and returns its exit status.

    `more` are parameters with callbacks of their own.
    """

    def command(**given: str | bool | None) -> int:
        return use(parse_flags(settings, given, environment))

    return _with_flags_of(settings, command, more=more)


def _with_flags_of(
    settings: type,
    command: Callable[..., int],
    *,
    more: tuple[inspect.Parameter, ...] = (),
) -> Callable[..., int]:
    """Return `command` with parameters such as Typer reads, one for each flag, and `more`."""
    parameters = [_parameter(field, flag) for field, flag in flags_of(settings).items()]
    command.__signature__ = inspect.Signature([*parameters, *more])  # type: ignore[attr-defined]
    return command


def _parameter(field: str, flag: Flag) -> inspect.Parameter:
    notes = []
    if flag.has_variable and not flag.hidden:
        notes.append(f"env var: {variable_of(field, flag)}")
    if flag.default and not flag.hidden:
        notes.append(f"default: {flag.default}")
    if flag.required:
        notes.append("required")
    option = typer.Option(
        *names_of(field, flag),
        metavar=flag.metavar,
        help=f"{flag.help}  [{'; '.join(notes)}]" if notes else flag.help,
        hidden=flag.hidden,
        show_default=False,
    )
    kind: Any = bool if flag.metavar is None else str | None
    return inspect.Parameter(
        field,
        inspect.Parameter.KEYWORD_ONLY,
        default=False if flag.metavar is None else None,
        annotation=Annotated[kind, option],
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
    _information(_VERSION_FLAG, _print_version, "Print the version."),
    _information(_DATABASES_FLAG, _print_databases, "Print what --database takes."),
)
