"""The worst values of each flag."""

from collections.abc import Mapping
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct

from command_line.errors import InvalidOption
from command_line.flags import flags_of, names_of, parse_flags, variable_of
from volunteer.manifest.settings import ManifestSettings
from volunteer.settings import PreviewSettings

_HOSTILE: Final = (
    *("", " ", "-", "--", "---", "=", "0", "-0", "-1", "inf", "nan", "1e999", "9" * 5000, "٣"),
    *("\x00", "\n", "\x1b[2J", "\udcff", "\u202e", "/", "/dev/zero", "/dev/null", "/dev/full", "."),
    *("~", "$HOME", "%s%n", "{0}", "http://", "https://[", "http://h:0/", "true", "x" * 100_000),
)
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
def test_worst_values(kind: type[Struct], field: str, by_variable: bool, value: str) -> None:  # noqa: FBT001 - pytest's way
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
