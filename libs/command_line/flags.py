"""Flags as fields of a Struct: name, variable, default, help and rule, declared once.

    class Settings(Struct, frozen=True, kw_only=True):
        period: float = flag(parse_duration, metavar="DURATION", default="24h", help="…")

is `--period DURATION`, which also reads `SPARTAKUS_PERIOD`. `command_line.words` and, through
Typer, `command_line.program` split words by such a class. Values are parsed here, once, because the
error has to name where the text stood. A blank flag or variable counts as not given.
"""

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Final, TypeAlias, TypeVar

import msgspec
from msgspec import Struct

from command_line.errors import InvalidOption, InvalidValue

_PREFIX: Final = "SPARTAKUS_"
_TRUE: Final = frozenset({"1", "true", "t", "yes", "y", "on"})
_FALSE: Final = frozenset({"0", "false", "f", "no", "n", "off"})

Made = TypeVar("Made", bound=Struct)
Environment: TypeAlias = Mapping[str, str]
Given: TypeAlias = Mapping[str, str | bool | None]
"""What a command line gives, by field."""


class Flag(Struct, frozen=True, kw_only=True):
    """How a field is given. `names` are empty for the field's own, `metavar` is None for a switch.

    `default` is a text such as a user would type; `default_from` makes the value of an environment
    instead. `choices` are all texts that `parse` takes, where they can be listed. An argument is
    given by its place, and has no name.
    """

    parse: Callable[[str], object]
    help: str
    names: tuple[str, ...] = ()
    metavar: str | None = None
    default: str | None = None
    default_from: Callable[[Environment], object] | None = None
    choices: tuple[str, ...] = ()
    required: bool = False
    hidden: bool = False
    has_variable: bool = True
    is_argument: bool = False


class _Default(Struct, frozen=True):
    """Makes the value of a field that is not given, and lets its flag be found."""

    flag: Flag

    def __call__(self) -> object:
        """Return that value. Raises TypeError where there is none."""
        if self.flag.required or self.flag.default_from is not None:
            message = "the value of a flag is missing"
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
    default_from: Callable[[Environment], object] | None = None,
    required: bool = False,
    hidden: bool = False,
    has_variable: bool = True,
) -> Any:  # noqa: ANN401 - as `msgspec.field`, which it stands for
    """Return a field for a flag with a value; None where it is not given and has no default.

    `parse` raises `InvalidValue`.
    """
    return _field(
        Flag(
            parse=parse,
            names=names,
            metavar=metavar,
            help=help,
            default=default,
            default_from=default_from,
            required=required,
            hidden=hidden,
            has_variable=has_variable,
        )
    )


def switch(
    *names: str,
    help: str,  # noqa: A002 - as above
    has_variable: bool = True,
) -> Any:  # noqa: ANN401 - as above
    """Return a field for a flag without a value, False where it is not given."""
    return _field(Flag(parse=parse_switch, names=names, help=help, has_variable=has_variable))


def choice(
    kind: type[Enum],
    *,
    help: str,  # noqa: A002 - as above
    default: Enum | None = None,
    has_variable: bool = True,
    is_argument: bool = False,
) -> Any:  # noqa: ANN401 - as above
    """Return a field for a flag, or an argument, that takes the values of an enumeration.

    It is required where it has no default.
    """
    choices = tuple(str(each.value) for each in kind)

    def parse(text: str) -> Enum:
        if text not in choices:
            raise InvalidValue(f"must be one of {', '.join(choices)}, not {text!r}")
        return kind(text)

    return _field(
        Flag(
            parse=parse,
            metavar="|".join(choices),
            help=help,
            default=default and str(default.value),
            choices=choices,
            required=default is None,
            has_variable=has_variable,
            is_argument=is_argument,
        )
    )


def argument(
    parse: Callable[[str], object],
    *,
    metavar: str,
    help: str,  # noqa: A002 - as above
    default: str | None = None,
) -> Any:  # noqa: ANN401 - as above
    """Return a field for a word that is given by its place, as `flag`."""
    return _field(
        Flag(
            parse=parse,
            metavar=metavar,
            help=help,
            default=default,
            has_variable=False,
            is_argument=True,
        )
    )


def like(settings: type[Struct], field: str) -> Any:  # noqa: ANN401 - as above
    """Return a field for the flag that other settings declare under the same name."""
    return _field(flags_of(settings)[field])


def _field(flag: Flag) -> Any:  # noqa: ANN401 - as above
    return msgspec.field(default_factory=_Default(flag))


def whole_environment() -> Any:  # noqa: ANN401 - as above
    """Return a field for the environment, of which others' libraries have variables too."""
    return msgspec.field(default_factory=_no_variables)


def _no_variables() -> Environment:
    return {}


def parse_switch(text: str) -> bool:
    """Return what a variable says of a flag without a value. Raises `InvalidValue`."""
    word = text.lower()
    if word not in _TRUE | _FALSE:
        raise InvalidValue("must be true or false")
    return word in _TRUE


def flags_of(settings: type[Struct]) -> Mapping[str, Flag]:
    """Return the flags of a Struct by the names of its fields."""
    return {
        field.name: field.default_factory.flag
        for field in msgspec.structs.fields(settings)
        if isinstance(field.default_factory, _Default)
    }


def names_of(field: str, flag: Flag) -> tuple[str, ...]:
    """Return the names that a flag has on the command line, its main one last."""
    if flag.is_argument:
        return (str(flag.metavar),)
    return flag.names or (f"--{field.replace('_', '-')}",)


def variable_of(field: str, flag: Flag) -> str | None:
    """Return the environment variable that a flag reads, if any."""
    name = names_of(field, flag)[-1].removeprefix("--").replace("-", "_").upper()
    return f"{_PREFIX}{name}" if flag.has_variable else None


def parse_flags(settings: type[Made], given: Given, environment: Environment) -> Made:
    """Return the Struct, made of what was `given` by field and of the `environment`.

    Raises `InvalidOption`, which names the flag or the variable that breaks a rule, and what a
    `default_from` raises.
    """
    values: dict[str, object] = {
        field.name: environment
        for field in msgspec.structs.fields(settings)
        if field.default_factory is _no_variables
    }
    for field, flag in flags_of(settings).items():
        option, variable = names_of(field, flag)[-1], variable_of(field, flag)
        value = _unless_blank(given.get(field))
        if value is None and variable is not None:
            value = _unless_blank(environment.get(variable))
            option = option if value is None else variable
        if value is not None:
            values[field] = value if value is True else _parsed(flag, option, str(value))
        elif flag.default_from is not None:
            values[field] = flag.default_from(environment)
        elif flag.required:
            hint = f" (or {variable})" if variable else ""
            raise InvalidOption(option + hint, f"is missing: {flag.help}")
    return settings(**values)


def _unless_blank(value: str | bool | None) -> str | bool | None:  # noqa: FBT001 - a switch is given so
    is_blank = not value or (isinstance(value, str) and not value.strip())
    return None if is_blank else value


def _parsed(flag: Flag, option: str, text: str) -> object:
    try:
        return flag.parse(text)
    except InvalidValue as error:
        raise InvalidOption(option, str(error)) from error
