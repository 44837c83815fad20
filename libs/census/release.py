"""The release: what the census says of one closed period. Made once, and never changed."""

from datetime import date
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from census.periods import Period, name_of

FORMAT: Final = 1

_Date = Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", description="A UTC day.")]


class Guarantee(Struct, frozen=True, kw_only=True, rename="camel"):
    """How private a release is."""

    epsilon: Annotated[float, Meta(description="Of a year's releases, all questions together.")]
    delta: Annotated[float, Meta(description="The chance that epsilon does not hold.")]
    releases_a_year: Annotated[int, Meta(ge=1)]
    rho: Annotated[
        str,
        Meta(
            pattern="^[0-9]+(/[0-9]+)?$",
            description="What this release spends of the year's budget, as zCDP: a fraction.",
        ),
    ]
    standard_deviation: Annotated[float, Meta(description="Of each cell's noise, in clusters.")]


class Cell(Struct, frozen=True, kw_only=True):
    """How many clusters gave one answer, about; a cluster may give parts of its vote to several."""

    answer: str
    clusters: Annotated[float, Meta(ge=0)]
    share: Annotated[float, Meta(ge=0, le=1)]
    low: Annotated[float, Meta(ge=0, le=1, description="Lower end of the share's 95% interval.")]
    high: Annotated[float, Meta(ge=0, le=1, description="Its upper end.")]


class Answers(Struct, frozen=True, kw_only=True):
    """The answers to one question. Those that do not stand out of the noise are in `other`."""

    question: str
    title: str
    cells: tuple[Cell, ...]


class Release(Struct, frozen=True, kw_only=True, rename="camel"):
    """A census of those who chose to take part, between two days, both included."""

    format: Annotated[int, Meta(ge=1)] = FORMAT
    first_day: _Date
    last_day: _Date
    statement: Annotated[str, Meta(description="What the guarantee means, in plain words.")]
    guarantee: Annotated[
        Guarantee | None, Meta(description="null where the figures are exact, and so not private.")
    ]
    clusters: Annotated[float, Meta(ge=0, description="How many clusters took part, about.")]
    margin: Annotated[float, Meta(ge=0, description="Half of its 95% interval.")]
    answers: Annotated[
        tuple[Answers, ...],
        Meta(description="Empty where too few took part for anything to stand out."),
    ]

    @property
    def period(self) -> Period:
        """Its days. Raises ValueError where there are no such days."""
        return Period(date.fromisoformat(self.first_day), date.fromisoformat(self.last_day))

    @property
    def name(self) -> str:
        """The name of its period, `2026-11`. Raises ValueError where it has none."""
        return name_of(self.period)


def encode(release: Release) -> bytes:
    """Return the bytes of a release: the same for the same release, with a line feed at the end."""
    return msgspec.json.format(msgspec.json.encode(release), indent=1) + b"\n"


def decode(data: bytes) -> Release:
    """Return the release that `encode` wrote. Raises msgspec.DecodeError."""
    return msgspec.json.decode(data, type=Release)


def json_schema() -> dict[str, object]:
    """Return the JSON Schema of a release."""
    return msgspec.json.schema(Release)
