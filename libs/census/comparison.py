"""Where one cluster stands in a census: its votes beside a release."""

import re
from collections.abc import Callable, Collection, Mapping
from math import sqrt
from statistics import NormalDist
from typing import Annotated, Final, NamedTuple

from msgspec import Meta, Struct

from census.questions import QUESTIONS, UNIT, Question
from census.release import Answers, Release
from census.words import OTHER, UNKNOWN
from report.schema import Report

_Z95: Final = NormalDist().inv_cdf(0.975)
_DIGITS: Final = 4
_NUMBERED: Final = re.compile(r"(?:(.+) )?([0-9]{1,4})(?:\.([0-9]{1,4}))?")
_WINDOWS: Final = "10.0"

SIZES: Final = frozenset(
    {
        *("nodes", "controlPlaneNodes", "cpuPerNode", "memoryPerNode", "cpuPerCluster"),
        *("memoryPerCluster", "namespaces", "podsPerNamespace"),
    }
)
"""Questions whose answers are steps, from the smallest to the largest."""

STEPS_BEHIND: Final = frozenset({"skew"})
"""Questions whose answers are how far something is behind."""

VERSIONS: Final = frozenset({"kubernetes", "osImage", "kernel", "containerRuntime"})
"""Questions whose answers end in a number that grows; those with one name before it compare."""

VOTERS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("operatingSystem", "osImage", "kernel", "architecture"), "nodes"),
    **dict.fromkeys(("containerRuntime", "cpuPerNode", "memoryPerNode"), "nodes"),
    "podsPerNamespace": "namespaces",
}
"""What splits a cluster's vote, by question; where nothing does, clusters answer as a whole."""


class Share(Struct, frozen=True, kw_only=True):
    """A part of the census, 0 to 1, with its 95% interval."""

    share: Annotated[float, Meta(description="Of what the census shows apart.")]
    low: float
    high: Annotated[
        float, Meta(description="As if all that may belong here, among `other`, did belong here.")
    ]


class Standing(Struct, frozen=True, kw_only=True):
    """One answer of the cluster. What is None is not known."""

    answer: str
    part: Annotated[float, Meta(description="Of the cluster's vote, 0 to 1.")]
    census: Annotated[
        Share | None, Meta(description="null where the answer is among the census' `other`.")
    ]
    below: Annotated[
        Share | None,
        Meta(description="Older, smaller, or less far behind; null where there is no order."),
    ]
    above: Annotated[Share | None, Meta(description="Newer, larger, or further behind.")]


class Compared(Struct, frozen=True, kw_only=True):
    """One question: the cluster's answers, the largest part of its vote first."""

    question: str
    title: str
    answers: tuple[Standing, ...]
    other: Annotated[
        Share | None, Meta(description="What the census has not shown apart, or does not know.")
    ]
    unknown: Annotated[
        Share | None, Meta(description="What reports do not say; null if not shown.")
    ]


class Comparison(Struct, frozen=True, kw_only=True, rename="camel"):
    """A cluster beside a release. Its texts are this program's own, not the release's."""

    first_day: str
    last_day: str
    clusters: float
    margin: float
    is_exact: bool
    questions: tuple[Compared, ...]
    not_asked: Annotated[tuple[str, ...], Meta(description="Titles of what that census lacks.")]
    not_known: Annotated[int, Meta(description="How many of its questions are not known here.")]


def compare(report: Report, release: Release) -> Comparison:
    """Return where the cluster of a report stands in a release."""
    # Where nobody took part, nobody was asked.
    asked = {each.question: each for each in release.answers if release.clusters}
    known = QUESTIONS[1:]
    return Comparison(
        first_day=release.first_day,
        last_day=release.last_day,
        clusters=release.clusters,
        margin=release.margin,
        is_exact=release.guarantee is None,
        questions=tuple(
            _Asked(question, asked[question.name], release).compared(report)
            for question in known
            if question.name in asked
        ),
        not_asked=tuple(each.title for each in known if asked and each.name not in asked),
        not_known=len(asked.keys() - {each.name for each in known}),
    )


class _Place(NamedTuple):
    """A place in an order of what begins with the same name."""

    of: str
    number: int
    minor: int


class _Asked:
    """One question, and what a release says to it."""

    def __init__(self, question: Question, answers: Answers, release: Release) -> None:
        self._question = question
        self._shares = {
            each.answer: Share(share=each.share, low=each.low, high=each.high)
            for each in answers.cells
        }
        self._places = {each: self._place(each) for each in self._shares}
        self._clusters = release.clusters
        self._deviation = release.guarantee.standard_deviation if release.guarantee else 0.0

    def compared(self, report: Report) -> Compared:
        votes = {answer: units for answer, units in self._question.vote(report).items() if units}
        return Compared(
            question=self._question.name,
            title=self._question.title,
            answers=tuple(
                self._standing(answer, votes[answer])
                for answer in sorted(
                    votes, key=lambda each: (-votes[each], self._question.answers.index(each))
                )
            ),
            other=self._shares.get(OTHER),
            unknown=self._shares.get(UNKNOWN),
        )

    def _standing(self, answer: str, units: int) -> Standing:
        below = above = None
        if (place := self._place(answer)) is not None:
            below = self._part(lambda other: other.of == place.of and other < place)
            above = self._part(lambda other: other.of == place.of and other > place)
        return Standing(
            answer=answer,
            part=round(units / UNIT, _DIGITS),
            census=self._shares.get(answer),
            below=below,
            above=above,
        )

    def _part(self, belongs: Callable[[_Place], bool]) -> Share:
        """Return the share of the answers at some places.

        What is among `other` may be of them, too; what is shown elsewhere is not.
        """
        shown = {
            answer: place is not None and belongs(place) for answer, place in self._places.items()
        }
        share, margin = self._sum([answer for answer, is_inside in shown.items() if is_inside])
        elsewhere, margin_elsewhere = self._sum(
            [answer for answer, is_inside in shown.items() if not is_inside and answer != OTHER]
        )
        low = max(share - margin, 0.0)
        most = min(1.0 - max(elsewhere - margin_elsewhere, 0.0), 1.0)
        return Share(
            share=round(share, _DIGITS),
            low=round(low, _DIGITS),
            high=round(max(most, share), _DIGITS),
        )

    def _sum(self, answers: Collection[str]) -> tuple[float, float]:
        """Add up shares, with half of their interval: each has noise, and so have all clusters."""
        share = min(sum((self._shares[each].share for each in answers), 0.0), 1.0)
        margin = _Z95 * self._deviation * sqrt(len(answers) + share * share) / self._clusters
        return share, margin

    def _place(self, answer: str) -> _Place | None:
        """Return where an answer is in the question's order; None where there is none."""
        name, answers = self._question.name, self._question.answers
        if answer in (OTHER, UNKNOWN):
            return None
        if name in SIZES | STEPS_BEHIND:
            return _Place("", answers.index(answer), 0) if answer in answers else None
        # Windows counts its kernels in a way of its own.
        if name not in VERSIONS or (name == "kernel" and answer == _WINDOWS):
            return None
        found = _NUMBERED.fullmatch(answer)
        return _Place(found[1] or "", int(found[2]), int(found[3] or 0)) if found else None
