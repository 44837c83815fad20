"""The command line on Typer: commands that are imported when they are asked for, blank flags.

Typer (0.28) brings its own copy of click as `typer._click`, and this is the one module that knows.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import typer
from typer._click.core import Command as ClickCommand
from typer._click.core import Context
from typer._click.exceptions import UsageError
from typer._click.formatting import HelpFormatter
from typer._click.parser import _OptionParser
from typer._click.shell_completion import CompletionItem
from typer._completion_classes import completion_init
from typer.core import TyperCommand, TyperGroup

_CONTEXT: Final = {"help_option_names": ["-h", "--help"]}

Function: TypeAlias = Callable[..., int | None]
"""A command: its parameters are its flags; returns the exit status, None for 0."""


@dataclass(frozen=True)
class Entry:
    """A line of the table of commands: `load` imports the function, `summary` is for people."""

    load: Callable[[], Function]
    summary: str


class _Parser(_OptionParser):
    """Takes a flag with a blank value for one that is not given."""

    def parse_args(self, args: list[str]) -> tuple[dict[str, Any], list[str], list[Any]]:
        options, rest, order = super().parse_args(args)
        return {name: value for name, value in options.items() if not _is_blank(value)}, rest, order


class _Command(TyperCommand):
    """A command whose blank flags are unset, so that the variable or the default counts."""

    def make_parser(self, ctx: Context) -> _OptionParser:
        parser = _Parser(ctx)
        for parameter in self.get_params(ctx):
            parameter.add_to_parser(parser, ctx)
        return parser


class _Named(TyperCommand):
    """A command by name and summary; what it does is imported when a context is made for it."""

    def __init__(self, name: str, entry: Entry) -> None:
        super().__init__(name, help=entry.summary, short_help=entry.summary)
        self._load: Final = entry.load

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: Context | None = None,
        **extra: Any,  # noqa: ANN401 - click's signature
    ) -> Context:
        return _command(self._load()).make_context(info_name, args, parent, **extra)


class Program(TyperGroup):
    """All commands. The flags of the main one are shown, and completed, with them."""

    def __init__(self, name: str, entries: Mapping[str, Entry], *, main_command: str) -> None:
        super().__init__(
            name=name,
            commands=[_Named(each, entry) for each, entry in entries.items()],
            help=f"{entries[main_command].summary}\n\nWithout a command: {main_command}.",
            rich_markup_mode=None,
            context_settings=_CONTEXT,
            subcommand_metavar="[COMMAND] [OPTIONS]",
            options_metavar=None,
        )
        self._name: Final = name
        self._main: Final = main_command

    def run(self, words: Sequence[str]) -> int:
        """Run the command that `words` ask for, and return its exit status.

        Where a shell asks, by variables, how a line may go on, that is printed instead. Raises
        `typer.TyperException` for a word or flag that cannot be, and what the command raises.
        """
        completion_init()
        is_main = not words or (words[0].startswith("-") and words[0] not in {"-h", "--help"})
        all_words = [self._main, *words] if is_main else list(words)
        status: int | None = self.main(all_words, prog_name=self._name, standalone_mode=False)
        return status or 0

    def resolve_command(
        self, ctx: Context, args: list[str]
    ) -> tuple[str | None, ClickCommand | None, list[str]]:
        """Return the command that the first word names; answer any other with those there are."""
        name = args[0]
        command = self.get_command(ctx, name)
        if command is None and not ctx.resilient_parsing:
            raise UsageError(
                f"there is no command {name!r}; there are {', '.join(self.commands)}", ctx
            )
        return name, command, args[1:]

    def format_options(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Show the flags of the main command, then all commands."""
        with self._main_context() as main:
            main.command.format_options(main, formatter)
        self.format_commands(ctx, formatter)

    def shell_complete(self, ctx: Context, incomplete: str) -> list[CompletionItem]:
        """Complete a command's name, or a flag of the main command."""
        with self._main_context() as main:
            flags = main.command.shell_complete(main, incomplete)
        return [*super().shell_complete(ctx, incomplete), *flags]

    def _main_context(self) -> Context:
        command = self.commands[self._main]
        return command.make_context(self._name, [], resilient_parsing=True)


def explain(error: typer.TyperException) -> str:
    """Return one line that says what is wrong with the command line, and where help is."""
    context = error.ctx if isinstance(error, UsageError) else None
    path = context.command_path if context else ""
    text = error.format_message().strip().removesuffix(".")
    return f"{text} (see {path} --help)" if path else text


def _command(function: Function) -> ClickCommand:
    app = typer.Typer(
        add_completion=False,
        pretty_exceptions_enable=False,  # they print local variables, which may be a report
        rich_markup_mode=None,  # rich takes as long to start as all the rest
    )
    app.command(cls=_Command, context_settings=_CONTEXT)(function)
    return typer.main.get_command(app)


def _is_blank(value: object) -> bool:
    return isinstance(value, str) and not value.strip()
