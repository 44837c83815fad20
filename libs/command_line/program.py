"""Commands with Typer: help, completion, and what is wrong with words.

A command is imported once its word was seen, so that each starts quickly. Typer (0.28) brings its
own copy of click as `typer._click`, and this is the one module that knows.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Annotated, Any, Final, TypeAlias

import typer
from msgspec import Struct
from typer._click.core import Command as ClickCommand
from typer._click.core import Context, Parameter
from typer._click.exceptions import UsageError as ClickUsageError
from typer._completion_classes import completion_init
from typer.core import TyperCommand, TyperGroup

import release
from command_line.errors import EXIT_INTERRUPTED, ProgramError, UsageError, discard_output
from command_line.flags import (
    Environment,
    Flag,
    Given,
    flags_of,
    names_of,
    parse_flags,
    variable_of,
)
from command_line.words import HELP_FLAGS

_Choose: TypeAlias = Callable[["Command", Given], None]
_CONTEXT: Final = {"help_option_names": list(HELP_FLAGS)}
_FLAGS: Final = "[FLAGS]"


class Command(Struct, frozen=True):
    """What a word starts: `run` takes the flags, and returns the exit status, None for 0.

    `information` are flags that print a text about the program, whatever else is given: the text
    is made when it is asked for.
    """

    flags: type[Struct]
    run: Callable[[Any], int | None]
    information: Mapping[str, "Information"] = {}


class Information(Struct, frozen=True):
    """A flag that prints `text`."""

    help: str
    text: Callable[[], str]


def information(version: str, databases: Callable[[], str]) -> Mapping[str, Information]:
    """Return the flags that print the version and the commit, and what `--database` takes."""
    return {
        "--version": Information(
            "Print the version.", lambda: release.with_commit(version, release.built_from())
        ),
        "--print-databases": Information("Print what --database takes.", databases),
    }


class Entry(Struct, frozen=True):
    """A line of the table of commands: `load` imports the command, `summary` is for people."""

    load: Callable[[], Command]
    summary: str


class _Named(TyperCommand):
    """A command by name and summary; what it does is imported when a context is made for it."""

    def __init__(self, name: str, entry: Entry, choose: "_Choose") -> None:
        super().__init__(name, help=entry.summary, short_help=entry.summary)
        self._entry: Final = entry
        self._choose: Final = choose

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: Context | None = None,
        **extra: Any,  # noqa: ANN401 - click's signature
    ) -> Context:
        return self.loaded().make_context(info_name, args, parent, **extra)

    def loaded(self) -> ClickCommand:
        """Return the command itself."""
        return _typer_command(self._entry, self._choose)


class Program(TyperGroup):
    """All commands. The flags of the default one are shown, and completed, with them."""

    def __init__(
        self,
        name: str,
        entries: Mapping[str, Entry],
        *,
        default: str,
        environment: Environment,
        epilog: str = "",
        summary: str | None = None,
    ) -> None:
        """`default` is the command without a word; its summary is that of the program unless
        another is given. `environment` has the variables that flags read.
        """
        super().__init__(
            name=name,
            commands=[_Named(each, entry, self._choose) for each, entry in entries.items()],
            help=summary or entries[default].summary,
            epilog=f"Without a command: {default}. {epilog}",
            rich_markup_mode=None,
            context_settings=_CONTEXT,
            subcommand_metavar=f"[COMMAND] {_FLAGS}",
            options_metavar=None,
        )
        self._name: Final = name
        self._default: Final = _Named(default, entries[default], self._choose)
        self._environment: Final = environment
        self._chosen: Final[list[Callable[[], int | None]]] = []

    def run(self, words: Sequence[str]) -> int:
        """Run the command that `words` ask for, and return its exit status.

        Where a shell asks, by variables, how a line may go on, that is printed instead. Raises
        `UsageError` for a word or flag that cannot be, `ProgramError` where help cannot be
        printed, and what the command raises.
        """
        completion_init()
        is_default = not words or (words[0].startswith("-") and words[0] not in HELP_FLAGS)
        all_words = [str(self._default.name), *words] if is_default else list(words)
        self._chosen.clear()
        try:
            status = self.main(all_words, prog_name=self._name, standalone_mode=False)
        except typer.TyperException as error:
            raise UsageError(_explain(error)) from error
        except typer.Abort as error:
            raise KeyboardInterrupt from error
        except BrokenPipeError:
            raise
        except OSError as error:  # help, and what else is printed here
            discard_output()
            raise ProgramError(f"standard output: {error.strerror}") from error
        if status == EXIT_INTERRUPTED:  # Typer's answer to Ctrl-C while a command is loaded
            raise KeyboardInterrupt
        return next((run() for run in self._chosen), None) or 0

    def _choose(self, command: Command, given: Given) -> None:
        """Remember which command is to run: not within Typer, which has its way with errors."""
        settings = parse_flags(command.flags, given, self._environment)
        self._chosen.append(partial(command.run, settings))

    def resolve_command(
        self, ctx: Context, args: list[str]
    ) -> tuple[str | None, ClickCommand | None, list[str]]:
        """Return the command that the first word names; answer any other with those there are."""
        command = self.get_command(ctx, args[0])
        if command is None and not ctx.resilient_parsing:
            known = ", ".join(self.commands)
            raise ClickUsageError(f"There is no command {args[0]!r}; there are {known}", ctx)
        return args[0], command, args[1:]

    def get_params(self, ctx: Context) -> list[Parameter]:
        """Return the flags of the default command, and those that ask for help."""
        options = [
            each for each in self._default.loaded().params if each.param_type_name == "option"
        ]
        return [*options, *super().get_params(ctx)]


def _explain(error: typer.TyperException) -> str:
    """Return one line that says what is wrong with the command line, and where help is."""
    context = error.ctx if isinstance(error, ClickUsageError) else None
    path = context.command_path if context else ""
    text = error.format_message().strip().removesuffix(".")
    return f"{text} (see {path} --help)" if path else text


def _typer_command(entry: Entry, choose: _Choose) -> ClickCommand:
    command = entry.load()

    def run(**given: str | bool | None) -> None:
        choose(command, given)

    parameters = [_parameter(field, flag) for field, flag in flags_of(command.flags).items()]
    shown = [_shown(name, each) for name, each in command.information.items()]
    run.__signature__ = inspect.Signature([*parameters, *shown])  # type: ignore[attr-defined]  # Typer reads it
    app = typer.Typer(
        add_completion=False,
        pretty_exceptions_enable=False,  # they print local variables, which may be a report
        rich_markup_mode=None,  # rich takes as long to start as all the rest
    )
    app.command(
        help=inspect.getdoc(command.run) or entry.summary,
        context_settings=_CONTEXT,
        options_metavar=_FLAGS,
    )(run)
    return typer.main.get_command(app)


def _parameter(field: str, flag: Flag) -> inspect.Parameter:
    more: dict[str, Any] = {
        "metavar": flag.metavar,
        "help": _help(field, flag),
        "hidden": flag.hidden,
        "show_default": False,
    }
    if flag.choices:
        more["autocompletion"] = lambda incomplete: [
            each for each in flag.choices if each.startswith(incomplete)
        ]
    declared = (
        typer.Argument(**more) if flag.is_argument else typer.Option(*names_of(field, flag), **more)
    )
    kind: Any = bool if flag.metavar is None else str | None
    return inspect.Parameter(
        field,
        inspect.Parameter.KEYWORD_ONLY,
        default=False if flag.metavar is None else None,
        annotation=Annotated[kind, declared],
    )


def _help(field: str, flag: Flag) -> str:
    variable = variable_of(field, flag)
    notes = [
        f"env var: {variable}" if variable else "",
        f"default: {flag.default}" if flag.default else "",
        "required" if flag.required else "",
    ]
    shown = "; ".join(filter(None, notes))
    return f"{flag.help}  [{shown}]" if shown and not flag.hidden else flag.help


def _shown(name: str, information: Information) -> inspect.Parameter:
    def show(wanted: bool) -> None:  # noqa: FBT001 - Typer's signature
        if wanted:
            typer.echo(information.text().rstrip("\n"))
            raise typer.Exit

    option = typer.Option(
        name, callback=show, is_eager=True, help=information.help, expose_value=False
    )
    return inspect.Parameter(
        name.removeprefix("--").replace("-", "_"),
        inspect.Parameter.KEYWORD_ONLY,
        default=False,
        annotation=Annotated[bool, option],
    )
