"""Flags as fields of a Struct."""

from collections.abc import Mapping
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct

from volunteer.errors import InvalidOption
from volunteer.flags import (
    flag,
    flags_of,
    names_of,
    parse_flags,
    parse_text,
    switch,
    variable_of,
)
from volunteer.manifest.settings import ManifestSettings
from volunteer.settings import PreviewSettings

_HOSTILE: Final = (
    *("", " ", "-", "--", "---", "=", "0", "-0", "-1", "inf", "nan", "1e999", "9" * 5000, "٣"),
    *("\x00", "\n", "\x1b[2J", "\udcff", "\u202e", "/", "/dev/zero", "/dev/null", "/dev/full", "."),
    *("~", "$HOME", "%s%n", "{0}", "http://", "https://[", "http://h:0/", "true", "x" * 100_000),
)


class _Example(Struct, frozen=True, kw_only=True):
    """A flag of each kind."""

    name: str = flag(parse_text, metavar="NAME", required=True, help="The name.")
    size: int | None = flag(int, metavar="N", default="3", help="The size.")
    loud: bool = switch(help="Say so.")
    silent: str | None = flag(parse_text, metavar="X", has_variable=False, help="Unheard.")


def _parsed(given: Mapping[str, str | bool | None], **environment: str) -> _Example:
    return parse_flags(_Example, given, environment)


def test_defaults() -> None:
    """What is not given has its default, parsed as if it were typed; what has none is None."""
    assert _parsed({"name": "a"}) == _Example(name="a", size=3, loud=False, silent=None)


def test_flag_before_variable() -> None:
    """A flag goes before its variable, and a variable before the default."""
    assert _parsed({"name": "a"}, SPARTAKUS_SIZE="4").size == 4
    assert _parsed({"name": "a", "size": "5"}, SPARTAKUS_SIZE="4").size == 5


def test_blank() -> None:
    """A blank flag leaves its variable in force, a blank variable the default."""
    assert _parsed({"name": "a", "size": ""}, SPARTAKUS_SIZE="4").size == 4
    assert _parsed({"name": "", "size": None}, SPARTAKUS_NAME="b", SPARTAKUS_SIZE="").size == 3


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


_TYPED: Final[Mapping[type[Struct], Mapping[str, str]]] = {
    PreviewSettings: {"cluster_id": "auto"},
    ManifestSettings: {"image": "v", "database": "stdout"},
}


@pytest.mark.parametrize("by_variable", [False, True])
@pytest.mark.parametrize(
    ("kind", "field"), [(kind, field) for kind in _TYPED for field in flags_of(kind)]
)
@settings(max_examples=60, deadline=None)
@given(value=st.sampled_from(_HOSTILE) | st.text() | st.from_regex("[0-9.]{1,400}[hms]{0,2}"))
def test_worst_values(kind: type[Struct], field: str, by_variable: bool, value: str) -> None:  # noqa: FBT001
    """Whatever value a flag or its variable gets, it is taken, or answered with the rule that it
    breaks, which names the flag or the variable.
    """
    found = flags_of(kind)[field]
    name, variable = names_of(field, found)[-1], variable_of(field, found)
    given: dict[str, str | bool | None] = {**_TYPED[kind]}
    environment = {}
    if by_variable and variable is not None:
        given.pop(field, None)
        environment[variable] = value
    else:
        given[field] = value if found.metavar is not None else True
    named = {variable if environment else name, f"{name} (or {variable})" if variable else name}
    assert _refused_option(kind, given, environment) in {None, *named}


def _refused_option(
    kind: type[Struct], given: dict[str, str | bool | None], environment: dict[str, str]
) -> str | None:
    """Return what a refusal names, None where there is none."""
    try:
        parse_flags(kind, given, environment)
    except InvalidOption as error:
        return error.option
    return None
