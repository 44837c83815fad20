"""Flags as fields of a Struct."""

from collections.abc import Mapping
from enum import Enum

import pytest
from msgspec import Struct

from command_line.errors import InvalidOption
from command_line.flags import (
    Environment,
    choice,
    flag,
    flags_of,
    parse_flags,
    switch,
    whole_environment,
)


class _Colour(Enum):
    RED = "red"
    BLUE = "blue"


class _Example(Struct, frozen=True, kw_only=True):
    """A flag of each kind."""

    name: str = flag(str, metavar="NAME", required=True, help="The name.")
    size: int | None = flag(int, metavar="N", default="3", help="The size.")
    loud: bool = switch(help="Say so.")
    colour: _Colour = choice(_Colour, default=_Colour.RED, help="The colour.")
    home: str = flag(
        str, metavar="DIR", default_from=lambda variables: variables["HOME"], help="The home."
    )
    silent: str | None = flag(str, metavar="X", has_variable=False, help="Unheard.")


def _parsed(given: Mapping[str, str | bool | None], **environment: str) -> _Example:
    return parse_flags(_Example, given, {"HOME": "/home", **environment})


def test_defaults() -> None:
    """What is not given has its default, parsed as if it were typed; what has none is None."""
    assert _parsed({"name": "a"}) == _Example(
        name="a", size=3, loud=False, colour=_Colour.RED, home="/home", silent=None
    )


def test_whole_environment() -> None:
    """A field for the environment has all variables, and is no flag."""

    class Foreign(Struct, frozen=True):
        environment: Environment = whole_environment()

    assert parse_flags(Foreign, {}, {"THEIRS": "1"}).environment == {"THEIRS": "1"}
    assert not flags_of(Foreign)


def test_flag_before_variable() -> None:
    """A flag goes before its variable, and a variable before the default."""
    assert _parsed({"name": "a"}, SPARTAKUS_SIZE="4").size == 4
    assert _parsed({"name": "a", "size": "5"}, SPARTAKUS_SIZE="4").size == 5


@pytest.mark.parametrize("blank", ["", " ", "\t"])
def test_blank(blank: str) -> None:
    """A blank flag leaves its variable in force, a blank variable the default."""
    assert _parsed({"name": "a", "size": blank}, SPARTAKUS_SIZE="4").size == 4
    found = _parsed({"name": blank, "size": None}, SPARTAKUS_NAME="b", SPARTAKUS_SIZE=blank)
    assert (found.name, found.size) == ("b", 3)


def test_switch() -> None:
    """A switch is on when it is given, or when its variable says so."""
    assert _parsed({"name": "a", "loud": True}, SPARTAKUS_LOUD="no").loud
    assert _parsed({"name": "a", "loud": False}, SPARTAKUS_LOUD="True").loud
    assert not _parsed({"name": "a", "loud": False}, SPARTAKUS_LOUD="0").loud
    with pytest.raises(InvalidOption, match=r"^SPARTAKUS_LOUD: must be true or false$"):
        _parsed({"name": "a"}, SPARTAKUS_LOUD="perhaps")


def test_no_variable() -> None:
    """A flag without a variable reads none."""
    assert _parsed({"name": "a"}, SPARTAKUS_SILENT="x").silent is None


def test_missing() -> None:
    """What has to be given is named, with its variable and what it is."""
    with pytest.raises(InvalidOption, match=r"^--name \(or SPARTAKUS_NAME\): is missing: The name"):
        _parsed({})


def test_choice() -> None:
    """A choice takes one of the values there are, and answers any other with them."""
    assert _parsed({"name": "a"}, SPARTAKUS_COLOUR="blue").colour is _Colour.BLUE
    with pytest.raises(InvalidOption, match=r"^--colour: must be one of red, blue, not 'Red'$"):
        _parsed({"name": "a", "colour": "Red"})


def test_default_of_the_environment() -> None:
    """A default that depends on the environment is given way to, and is none without one."""
    assert _parsed({"name": "a", "home": "/here"}).home == "/here"
    with pytest.raises(TypeError, match="missing"):
        _Example(name="a")
