"""Flags as fields of a Struct: name, variable, default, help and rule, written down once.

    class Settings(Struct, frozen=True, kw_only=True):
        period: float = flag(parse_duration, metavar="DURATION", default="24h", help="…")

is `--period DURATION`, which also reads `SPARTAKUS_PERIOD`. `volunteer.words` and, through Typer,
`volunteer.commands` take words apart by such a class; values are parsed here, once, because the
error has to name where the text stood. A blank flag or variable counts as not given.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

import msgspec
from msgspec import Struct

from volunteer.errors import InvalidOption, InvalidValue

_PREFIX: Final = "SPARTAKUS_"
_TRUE: Final = frozenset({"1", "true", "t", "yes", "y", "on"})
_FALSE: Final = frozenset({"0", "false", "f", "no", "n", "off"})

Made = TypeVar("Made", bound=Struct)


class Flag(Struct, frozen=True, kw_only=True):
    """How a field is given. `names` are empty for the field's own, `metavar` is None for a switch,
    `default` is a text such as the user would type. `has_variable` is whether it reads one.
    """

    parse: Callable[[str], object]
    names: tuple[str, ...]
    metavar: str | None
    help: str
    default: str | None
    required: bool
    hidden: bool
    has_variable: bool


class _Default(Struct, frozen=True):
    """Makes the value of a field that is not given, and lets its flag be found."""

    flag: Flag

    def __call__(self) -> object:
        """Return that value. Raises TypeError for a flag that is required."""
        if self.flag.required:
            message = "a required flag is missing"
            raise TypeError(message)
        if self.flag.metavar is None:
            return False
        return None if self.flag.default is None else self.flag.parse(self.flag.default)


def flag(
    parse: Callable[[str], object],
    *names: str,
    metavar: str,
    help: str,  # noqa: A002 - as Typer calls it
    default: str | None = None,
    required: bool = False,
    hidden: bool = False,
    has_variable: bool = True,
) -> Any:  # noqa: ANN401 - as `msgspec.field`, which it stands for
    """Return a field for a flag with a value; None where it is not given and has no `default`.

    `parse` raises `InvalidValue`.
    """
    made = Flag(
        parse=parse,
        names=names,
        metavar=metavar,
        help=help,
        default=default,
        required=required,
        hidden=hidden,
        has_variable=has_variable,
    )
    return msgspec.field(default_factory=_Default(made))


def switch(
    *names: str,
    help: str,  # noqa: A002 - as Typer calls it
    has_variable: bool = True,
) -> Any:  # noqa: ANN401 - as `msgspec.field`, which it stands for
    """Return a field for a flag without a value, False where it is not given."""
    made = Flag(
        parse=parse_switch,
        names=names,
        metavar=None,
        help=help,
        default=None,
        required=False,
        hidden=False,
        has_variable=has_variable,
    )
    return msgspec.field(default_factory=_Default(made))


def parse_switch(text: str) -> bool:
    """Return what a variable says of a flag without a value. Raises `InvalidValue`."""
    word = text.lower()
    if word not in _TRUE | _FALSE:
        raise InvalidValue("must be true or false")
    return word in _TRUE


def parse_text(text: str) -> str:
    """Return `text` as it is: any will do."""
    return text


def flags_of(settings: type[Struct]) -> Mapping[str, Flag]:
    """Return the flags of a Struct by the names of its fields."""
    return {
        field.name: field.default_factory.flag
        for field in msgspec.structs.fields(settings)
        if isinstance(field.default_factory, _Default)
    }


def names_of(field: str, flag: Flag) -> tuple[str, ...]:
    """Return the names that a flag has on the command line, its main one last."""
    return flag.names or (f"--{field.replace('_', '-')}",)


def variable_of(field: str, flag: Flag) -> str | None:
    """Return the environment variable that a flag reads, if any."""
    name = names_of(field, flag)[-1].removeprefix("--").replace("-", "_").upper()
    return f"{_PREFIX}{name}" if flag.has_variable else None


def parse_flags(
    settings: type[Made], given: Mapping[str, str | bool | None], environment: Mapping[str, str]
) -> Made:
    """Return the Struct, made of what was `given` by field and of the `environment`.

    Raises `InvalidOption`, which names the flag or the variable that breaks a rule.
    """
    values = {}
    for field, flag in flags_of(settings).items():
        value = given.get(field)
        option, variable = names_of(field, flag)[-1], variable_of(field, flag)
        if not value and variable is not None:
            option, value = variable, environment.get(variable)
        if value:
            values[field] = value if value is True else _parsed(flag, option, str(value))
        elif flag.required:
            hint = f" (or {variable})" if variable else ""
            raise InvalidOption(names_of(field, flag)[-1] + hint, f"is missing: {flag.help}")
    return settings(**values)


def _parsed(flag: Flag, option: str, text: str) -> object:
    try:
        return flag.parse(text)
    except InvalidValue as error:
        raise InvalidOption(option, str(error)) from error
