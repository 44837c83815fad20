"""Lines over releases, as the coordinates of SVG; each with its words and its numbers."""

from collections.abc import Sequence
from math import ceil, log10
from typing import Final, NamedTuple

from census import Release
from collector.publishing.page import texts

CHARTED: Final = frozenset({"kubernetes"})
"""Questions with a chart of their own; the others have a small line in each row."""
MOST_LINES: Final = 6
"""Lines that can be told apart in one chart."""

_WIDTH: Final = 100.0
_HEIGHT: Final = 100.0
_STEPS: Final = (1.0, 1.2, 1.6, 2.0, 2.4, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)

Points = list[tuple[float, float | None]]
"""Places on the time axis, 0 to 1, each with a value, or None where a release does not say."""


class Trend(NamedTuple):
    """The small line of a row; `parts` are the points of its unbroken parts."""

    parts: tuple[str, ...]
    course: str
    """What the line shows, in words."""


class Line(NamedTuple):
    """A line of a chart, with its latest value and, for the table, its value in each release."""

    number: int
    """From 1 on: which colour and dashes it has."""
    name: str
    parts: tuple[str, ...]
    latest: str
    values: tuple[str, ...]


class Chart(NamedTuple):
    """Lines over a time axis. `band` is the outline of the 95% interval, empty without one."""

    title: str
    lines: tuple[Line, ...]
    band: str
    most: str
    """What the upper end of the axis stands for; the lower is zero."""
    half: str
    periods: tuple[str, ...]
    """The releases, the oldest first."""


def trend(releases: Sequence[Release], question: str, answer: str) -> Trend | None:
    """Return the line of an answer; None where fewer than two releases say anything of it."""
    series = _shares(releases, question, answer)
    known = [
        (release, share)
        for release, (_, share) in zip(releases, series, strict=True)
        if share is not None
    ]
    if len(known) <= 1:
        return None
    (first, before), (last, now) = known[0], known[-1]
    return Trend(
        _parts(series, max(share for _, share in known) or 1.0),
        f"{texts.percent(before, texts.decimals(first))} in {texts.short_period(first)},"
        f" {texts.percent(now, texts.decimals(last))} in {texts.short_period(last)}",
    )


def of_answers(releases: Sequence[Release], question: str, answers: Sequence[str]) -> Chart | None:
    """Return the chart of the answers that are the largest now, in their order; None for one
    release.
    """
    if len(releases) <= 1:
        return None
    series = {answer: _shares(releases, question, answer) for answer in answers}
    largest = sorted(answers, key=lambda answer: -(series[answer][-1][1] or 0.0))
    shown = [answer for answer in answers if answer in largest[:MOST_LINES]]
    if not shown:
        return None
    most = _rounded_up(max(max(_known(series[answer]), default=0.0) for answer in shown))
    return Chart(
        title="Share of clusters, by release",
        lines=tuple(
            _line(number, texts.label(question, answer), releases, series[answer], most)
            for number, answer in enumerate(shown, 1)
        ),
        band="",
        most=f"{100 * most:g}%",
        half=f"{50 * most:g}%",
        periods=tuple(texts.short_period(each) for each in releases),
    )


def _line(number: int, name: str, releases: Sequence[Release], series: Points, most: float) -> Line:
    values = tuple(
        _share(release, share) for release, (_, share) in zip(releases, series, strict=True)
    )
    return Line(number, name, _parts(series, most), values[-1], values)


def of_clusters(releases: Sequence[Release]) -> Chart | None:
    """Return the chart of how many clusters took part, with the margins as a band."""
    if len(releases) <= 1:
        return None
    places = _places(releases)
    most = _rounded_up(max(each.clusters + each.margin for each in releases) or 1.0)
    middle: Points = list(zip(places, (each.clusters for each in releases), strict=True))
    upper = [(x, each.clusters + each.margin) for x, each in zip(places, releases, strict=True)]
    lower = [
        (x, max(each.clusters - each.margin, 0.0)) for x, each in zip(places, releases, strict=True)
    ]
    values = tuple(
        f"{texts.number(each.clusters)} ± {texts.number(each.margin)}"
        if each.margin
        else texts.number(each.clusters)
        for each in releases
    )
    return Chart(
        title="Clusters that took part, by release",
        lines=(Line(1, "Clusters", _parts(middle, most), values[-1], values),),
        band=" ".join(_point(x, y, most) for x, y in (*upper, *reversed(lower))),
        most=f"{most:,.0f}",
        half=f"{most / 2:,g}",
        periods=tuple(texts.short_period(each) for each in releases),
    )


def _shares(releases: Sequence[Release], question: str, answer: str) -> Points:
    found = [
        next(
            (
                cell.share
                for answers in release.answers
                if answers.question == question
                for cell in answers.cells
                if cell.answer == answer
            ),
            None,
        )
        for release in releases
    ]
    return list(zip(_places(releases), found, strict=True))


def _places(releases: Sequence[Release]) -> list[float]:
    days = [each.period.last.toordinal() for each in releases]
    length = max(days[-1] - days[0], 1)
    return [(each - days[0]) / length for each in days]


def _parts(series: Points, most: float) -> tuple[str, ...]:
    """Return the points of the unbroken parts; one that stands alone is drawn as a short line."""
    parts: list[list[str]] = [[]]
    for x, y in series:
        if y is None:
            parts.append([])
        else:
            parts[-1].append(_point(x, y, most))
    return tuple(" ".join(part if len(part) > 1 else part * 2) for part in parts if part)


def _point(x: float, y: float, most: float) -> str:
    return f"{_WIDTH * x:.1f},{_HEIGHT * (1 - y / most):.1f}"


def _known(series: Points) -> list[float]:
    return [share for _, share in series if share is not None]


def _share(release: Release, share: float | None) -> str:
    return "" if share is None else texts.percent(share, texts.decimals(release))


def _rounded_up(value: float) -> float:
    """Return the least number of few digits that is no less than `value`, for an axis."""
    if value <= 0:
        return 1.0
    power = 10.0 ** (ceil(log10(value)) - 1)
    return next((step * power for step in _STEPS if step * power >= value), 10 * power)
