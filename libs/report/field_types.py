"""What fields are made of: their types with their limits, and the note that stands beside each."""

from typing import Annotated, Final, TypeAlias

from msgspec import Meta

from report.patterns import (
    CLUSTER_ID,
    EXTENSION_KEY,
    FORBIDDEN_IN_TEXT,
    FORBIDDEN_IN_VALUE,
    UNIX_SECONDS,
    anchored,
)

MAX_IDENTITY_CHARACTERS: Final = 128
MAX_TIMESTAMP_CHARACTERS: Final = 20
MAX_TEXT_CHARACTERS: Final = 512
MAX_EXTENSION_VALUE_CHARACTERS: Final = 4_096
MAX_NUMBER: Final = 2**53
"""The largest number: up to here every JSON reader reads whole numbers exactly (RFC 8259)."""


def _text(at_most: int, stated: dict[str, object], *, at_least: int = 0) -> Meta:
    """Lengths are characters; `stated` is JSON Schema for what `report.rules` enforces."""
    return Meta(min_length=at_least or None, max_length=at_most, extra_json_schema=stated)


def _without(forbidden: str) -> dict[str, object]:
    return {"not": {"pattern": forbidden}}


def _matching(pattern: str) -> dict[str, object]:
    return {"pattern": anchored(pattern)}


def note(meaning: str, *, purpose: str, treatment: str, guess: str) -> Meta:
    """What a field is, why it is sent, what is done to it, and who could test which guess."""
    return Meta(
        description=meaning, extra={"purpose": purpose, "treatment": treatment, "guess": guess}
    )


OptionalText: TypeAlias = Annotated[str, _text(MAX_TEXT_CHARACTERS, _without(FORBIDDEN_IN_TEXT))]
RequiredText: TypeAlias = Annotated[OptionalText, Meta(min_length=1)]
ReporterVersion: TypeAlias = Annotated[
    str, _text(MAX_IDENTITY_CHARACTERS, _without(FORBIDDEN_IN_TEXT), at_least=1)
]
ClusterID: TypeAlias = Annotated[
    str, _text(MAX_IDENTITY_CHARACTERS, _matching(CLUSTER_ID), at_least=1)
]
UnixSeconds: TypeAlias = Annotated[
    str, _text(MAX_TIMESTAMP_CHARACTERS, _matching(UNIX_SECONDS), at_least=1)
]
ExtensionName: TypeAlias = Annotated[
    str, _text(MAX_TEXT_CHARACTERS, _matching(EXTENSION_KEY), at_least=1)
]
ExtensionValue: TypeAlias = Annotated[
    str, _text(MAX_EXTENSION_VALUE_CHARACTERS, _without(FORBIDDEN_IN_VALUE))
]

Count: TypeAlias = Annotated[int, Meta(ge=0, le=MAX_NUMBER)]
Seconds: TypeAlias = Annotated[int, Meta(ge=0, le=MAX_NUMBER)]
