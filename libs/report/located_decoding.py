"""Decodes a part of a document, and says of an error where in the whole document it is."""

import re
from typing import Final, TypeVar

import msgspec
from msgspec import Raw

from report.errors import InvalidReport

_WHERE: Final = re.compile(r"(?P<rule>.*) - at `(?P<path>\$.*)`", re.DOTALL)
_Decoded = TypeVar("_Decoded")


def decode_with(decoder: "msgspec.json.Decoder[_Decoded]", data: bytes | Raw, at: str) -> _Decoded:
    """Decode, or raise `InvalidReport` with msgspec's own words for the rule."""
    try:
        return decoder.decode(data)
    except msgspec.ValidationError as error:
        located = _WHERE.fullmatch(str(error))
        path, rule = (located["path"], located["rule"]) if located else ("$", str(error))
        raise InvalidReport(at + path.removeprefix("$"), rule) from error
    except UnicodeDecodeError as error:
        raise InvalidReport(at, "must be UTF-8") from error
    except RecursionError as error:
        raise InvalidReport(at, "is nested too deeply") from error
    except msgspec.DecodeError as error:
        raise InvalidReport(at, f"must be JSON: {error}") from error


class Place(msgspec.Struct, gc=False):
    """An object of which nothing is kept: sixteen bytes, whatever it holds."""


_PLACES: Final["msgspec.json.Decoder[list[Place] | None]"] = msgspec.json.Decoder(
    list[Place] | None
)


def check_length(data: Raw, at: str, at_most: int) -> None:
    """Count the objects of an array before they are built. Raises `InvalidReport` for more."""
    places = decode_with(_PLACES, data, at)
    if places is not None and len(places) > at_most:
        raise too_long(at, at_most)


def too_long(at: str, at_most: int) -> InvalidReport:
    """Return the error of an array that has more than `at_most` elements, in msgspec's words."""
    return InvalidReport(at, f"Expected `array` of length <= {at_most}")
