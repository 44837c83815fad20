"""The commands, and the words that name them. Loaded for all but a report, since it takes Typer."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from msgspec import Struct

from command_line.completion import completion
from command_line.flags import flags_of, names_of
from command_line.program import Command, Entry, Program, information
from command_line.words import HELP_FLAGS
from volunteer.comparing.settings import CompareSettings
from volunteer.delivery.destinations import DATABASES
from volunteer.errors import EXIT_STATUSES
from volunteer.manifest.settings import ManifestSettings
from volunteer.settings import PreviewSettings, Settings
from volunteer.version import VERSION

_PROGRAM: Final = "volunteer"
_STATUSES: Final = "\n".join(f"  {status:3}  {text}" for status, text in EXIT_STATUSES.items())
_EPILOG: Final = f"A blank flag or variable counts as not given.\n\n\b\nExit statuses:\n{_STATUSES}"
_INFORMATION: Final = information(VERSION, lambda: DATABASES)
_HAS_VALUE: Final[Mapping[str, bool]] = {
    name: flag.metavar is not None
    for settings in (PreviewSettings, CompareSettings, ManifestSettings)
    for field, flag in flags_of(settings).items()
    for names in names_of(field, flag)
    for name in names.split("/")
} | dict.fromkeys((*_INFORMATION, *HELP_FLAGS), False)
"""Whether the next word is the value of a flag that any command has."""


class Actions(Struct, frozen=True):
    """What the commands do; each returns the exit status."""

    report: Callable[[Settings], int]
    preview: Callable[[PreviewSettings], int]
    compare: Callable[[CompareSettings], int]
    print_manifest: Callable[[ManifestSettings], int]


def program(actions: Actions, *, environment: Mapping[str, str], file_name: str) -> Program:
    """Return the program. `file_name` is what a user starts it by."""
    return Program(
        _PROGRAM,
        {
            "run": Entry(
                lambda: Command(Settings, actions.report, _INFORMATION),
                "Report, periodically or once; the default.",
            ),
            "preview": Entry(
                lambda: Command(PreviewSettings, actions.preview),
                "Show what a report would say; send nothing.",
            ),
            "compare": Entry(
                lambda: Command(CompareSettings, actions.compare),
                "Show where this cluster stands in a census; send nothing.",
            ),
            "manifest": Entry(
                lambda: Command(ManifestSettings, actions.print_manifest),
                "Print YAML that installs the volunteer.",
            ),
            "completion": Entry(
                lambda: completion(_PROGRAM, [file_name]),
                "Print a script for completion in a shell.",
            ),
        },
        default="run",
        environment=environment,
        summary="Report this cluster, anonymously, to a census of Kubernetes clusters.",
        epilog=_EPILOG,
    )


def command_first(words: Sequence[str]) -> list[str]:
    """Return the words with the command before the flags; it may stand anywhere between them."""
    index = 0
    while index < len(words) and words[index].startswith("-"):
        if words[index].partition("=")[0] not in _HAS_VALUE:
            return list(words)  # the default command says what is wrong with the flag
        # A flag without `=` has its value in the next word.
        index += 1 + _HAS_VALUE.get(words[index], False)
    if index < len(words):
        return [words[index], *words[:index], *words[index + 1 :]]
    asked = [word for word in words if word in HELP_FLAGS]
    return asked[:1] or list(words)
