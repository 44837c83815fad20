"""Words that are taken apart without Typer."""

from typing import Final

import pytest
from hypothesis import example, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from command_line.errors import UsageError
from command_line.flags import flags_of, names_of, parse_flags
from command_line.words import given_by
from volunteer.commands import Actions, program
from volunteer.settings import Settings

_NAMES: Final = tuple(
    name for field, flag in flags_of(Settings).items() for name in names_of(field, flag)
)
_VALUES: Final = ("", "1h", "auto", "-v", "-1", "--", "--period", "a=b", "é", "\udcff", "run")
_WORDS: Final = (
    st.sampled_from(_NAMES)
    | st.builds("{}={}".format, st.sampled_from(_NAMES), st.sampled_from(_VALUES) | st.text())
    | st.sampled_from(
        (*_VALUES, "-h", "--version", "--json", "-vv", "--perio", "-=", "--no-verbose")
    )
    | st.text()
)


class _Never(Exception):
    """Another command than a report was asked for."""


def _never(_settings: object) -> int:
    raise _Never


def _by_typer(words: list[str]) -> Settings | str:
    """Return what Typer makes of the words of a report, or the error that it leads to."""
    made: list[Settings] = []

    def report(settings: Settings) -> int:
        made.append(settings)
        return 0

    try:
        actions = Actions(report, _never, _never, _never)
        program(actions, environment={}, file_name="volunteer").run(["run", *words])
    except UsageError as error:
        return str(error)
    return made[0]


def _without_typer(words: list[str]) -> Settings | str | None:
    given = given_by(Settings, words)
    if given is None:
        return None
    try:
        return parse_flags(Settings, given, {})
    except UsageError as error:
        return str(error)


@effort(max_examples=400, deadline=None)
@given(st.lists(_WORDS, max_size=6))
@example(["--cluster-id", "auto", "--period", "1h", "-v", "--compress", "--database=stdout"])
@example(["--cluster-id=auto", "--period=1h", "--period="])
@example(["--cluster-id=auto", "--v", "4", "--include=workloads"])
@example(["--cluster-id=auto", "--period", ""])
def test_as_typer(words: list[str]) -> None:
    """What is taken apart without Typer, Typer takes apart in the same way, errors included."""
    found = _without_typer(words)
    assert found is None or found == _by_typer(words)


@pytest.mark.parametrize(
    "words",
    [
        ["--cluster-id=auto", "--period=0"],
        ["--cluster-id", "auto", "--period", "0", "-v", "--compress"],
        [],
    ],
)
def test_ordinary_words(words: list[str]) -> None:
    """A report's flags need no Typer, whichever way their values stand."""
    assert given_by(Settings, words) is not None


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["--version"],
        ["preview"],
        ["--period"],
        ["--period", "-1"],
        ["--perio=1h"],
        ["--compress=yes"],
        ["--", "--compress"],
        [""],
    ],
)
def test_words_for_typer(words: list[str]) -> None:
    """What asks for help, or may be wrong, is left to Typer."""
    assert given_by(Settings, words) is None
