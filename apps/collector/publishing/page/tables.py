"""A question as a table: which rows, in which order, with a bar and a trend each."""

import enum
import re
from collections.abc import Sequence
from math import sqrt
from typing import Final, NamedTuple

from census import Release
from census.release import Answers, Cell
from census.words import OTHER, UNKNOWN
from collector.publishing.page import charts, texts

_LEAST_REST: Final = 0.0005
MOST_ROWS: Final = 12
"""Answers shown of a question whose answers are words or versions; `other` holds the rest."""


class Order(enum.Enum):
    """In which order answers are read best."""

    NEWEST_FIRST = "newest first"
    NATURAL = "as the census lists them"
    BY_SHARE = "by share"


class Unit(enum.Enum):
    """Whose votes a question counts, in the words of the page."""

    CLUSTERS = "Share of clusters."
    NODES = "Share of an average cluster's nodes."
    NAMESPACES = "Share of an average cluster's namespaces, where clusters report them."


class Style(NamedTuple):
    """How a question is shown."""

    order: Order
    unit: Unit
    note: str = ""


_BY_SHARE: Final = Style(Order.BY_SHARE, Unit.CLUSTERS)
_SIZES: Final = Style(Order.NATURAL, Unit.CLUSTERS)
STYLES: Final = {
    "kubernetes": Style(Order.NEWEST_FIRST, Unit.CLUSTERS),
    "skew": Style(Order.NATURAL, Unit.CLUSTERS, "Minor versions behind the control plane."),
    "distribution": _BY_SHARE,
    "provider": _BY_SHARE,
    "operatingSystem": Style(Order.BY_SHARE, Unit.NODES),
    "osImage": Style(Order.BY_SHARE, Unit.NODES),
    "kernel": Style(Order.NEWEST_FIRST, Unit.NODES),
    "architecture": Style(Order.BY_SHARE, Unit.NODES),
    "containerRuntime": Style(Order.BY_SHARE, Unit.NODES),
    "nodes": _SIZES,
    "controlPlaneNodes": Style(
        Order.NATURAL, Unit.CLUSTERS, "A managed control plane has no nodes that a cluster sees."
    ),
    "cpuPerNode": Style(Order.NATURAL, Unit.NODES),
    "memoryPerNode": Style(Order.NATURAL, Unit.NODES),
    "cpuPerCluster": _SIZES,
    "memoryPerCluster": _SIZES,
    "accelerators": _BY_SHARE,
    "namespaces": _SIZES,
    "podsPerNamespace": Style(Order.NATURAL, Unit.NAMESPACES),
}
"""Of the questions that are known. Others are shown by share."""

GROUPS: Final = {
    "Kubernetes": ("kubernetes", "skew", "controlPlaneNodes"),
    "Where clusters run": ("distribution", "provider"),
    "What nodes run": ("osImage", "operatingSystem", "kernel", "containerRuntime"),
    "Hardware": ("architecture", "accelerators", "cpuPerNode", "memoryPerNode"),
    "How large clusters are": (
        *("nodes", "cpuPerCluster", "memoryPerCluster", "namespaces", "podsPerNamespace"),
    ),
}
"""The sections of the page. What no section names comes last."""
MORE: Final = "More"


class Row(NamedTuple):
    """One answer. Widths are percent of the bar's length."""

    label: str
    share: str
    margin: str
    width: str
    low: str
    spread: str
    is_rest: bool
    trend: charts.Trend | None


class Table(NamedTuple):
    """One question. Without rows, no answer stands out of the noise."""

    anchor: str
    """Where it is on the page: the same in every release."""
    title: str
    note: str
    rows: tuple[Row, ...]
    has_trends: bool
    chart: charts.Chart | None = None


def tables(releases: Sequence[Release]) -> dict[str, list[Table]]:
    """Return the questions of the latest release, by section; sections without any are left out.

    There are none where no cluster took part.
    """
    latest = releases[-1]
    asked = {each.question: each for each in latest.answers if latest.clusters}
    listed = {name for names in GROUPS.values() for name in names}
    groups = {**GROUPS, MORE: tuple(name for name in asked if name not in listed)}
    return {
        title: [
            _table(asked[name], releases, f"question-{name if title != MORE else number}")
            for number, name in enumerate(names, 1)
            if name in asked
        ]
        for title, names in groups.items()
        if not asked.keys().isdisjoint(names)
    }


def _table(answers: Answers, releases: Sequence[Release], anchor: str) -> Table:
    style = STYLES.get(answers.question, _BY_SHARE)
    # What is not shown is in `other`; alone it says nothing. Exact figures show all.
    is_folded = releases[-1].guarantee is not None and all(
        cell.answer == OTHER for cell in answers.cells
    )
    cells = [] if is_folded else _arranged(answers, style.order)
    longest = max((cell.high for cell in cells), default=1.0) or 1.0
    rows = tuple(_row(answers.question, cell, longest, releases) for cell in cells)
    shown = [cell.answer for cell in cells if cell.answer not in {OTHER, UNKNOWN}]
    has_chart = answers.question in charts.CHARTED
    return Table(
        anchor=anchor,
        title=answers.title,
        note=f"{style.unit.value} {style.note}".rstrip(),
        rows=rows,
        has_trends=any(row.trend for row in rows),
        chart=charts.of_answers(releases, answers.question, shown) if has_chart else None,
    )


def _row(question: str, cell: Cell, longest: float, releases: Sequence[Release]) -> Row:
    digits = texts.decimals(releases[-1])
    is_exact = releases[-1].guarantee is None
    trend = charts.trend(releases, question, cell.answer) if cell.answer != OTHER else None
    return Row(
        label=texts.label(question, cell.answer),
        share=texts.percent(cell.share, digits),
        margin="" if is_exact else texts.points(_margin(cell), digits),
        width=f"{100 * cell.share / longest:.2f}",
        low=f"{100 * cell.low / longest:.2f}",
        spread=f"{100 * (cell.high - cell.low) / longest:.2f}",
        is_rest=cell.answer in {OTHER, UNKNOWN},
        trend=trend,
    )


def _margin(cell: Cell) -> float:
    """Return half of the interval, which is cut where a share can go no further."""
    return max(cell.high - cell.share, cell.share - cell.low)


def _arranged(answers: Answers, order: Order) -> list[Cell]:
    """Return the cells in their order: those that are answers, then `other`, then `unknown`."""
    special = {cell.answer: cell for cell in answers.cells if cell.answer in {OTHER, UNKNOWN}}
    cells = [cell for cell in answers.cells if cell.answer not in special]
    shown, folded = (cells, []) if order is Order.NATURAL else _largest(cells, order)
    rest = _sum(OTHER, [*folded, *([special[OTHER]] if OTHER in special else [])])
    return [
        *shown,
        *([rest] if rest.share >= _LEAST_REST else []),
        *([special[UNKNOWN]] if UNKNOWN in special else []),
    ]


def _largest(cells: Sequence[Cell], order: Order) -> tuple[list[Cell], list[Cell]]:
    """Return the cells with the largest shares in their order, and the others."""
    by_share = sorted(cells, key=lambda cell: -cell.share)
    shown, folded = by_share[:MOST_ROWS], by_share[MOST_ROWS:]
    if order is Order.NEWEST_FIRST:
        shown.sort(key=lambda cell: _version(cell.answer), reverse=True)
    return shown, folded


def _sum(answer: str, cells: Sequence[Cell]) -> Cell:
    """Return cells as one. Their noise is independent, so the squares of margins add up."""
    share = min(sum(cell.share for cell in cells), 1.0)
    margin = sqrt(sum(_margin(cell) ** 2 for cell in cells))
    return Cell(
        answer=answer,
        clusters=sum(cell.clusters for cell in cells),
        share=share,
        low=max(share - margin, 0.0),
        high=min(share + margin, 1.0),
    )


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(digits) for digits in re.findall("[0-9]{1,9}", text))
