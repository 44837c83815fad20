"""A release in a terminal: the rows that the page has."""

import io
from collections.abc import Iterator
from datetime import date
from typing import Final

from rich.bar import Bar
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from census import Release
from collector.publishing.page import tables, texts

_LEAST_LABEL: Final = 16
_LABEL_WIDTH: Final = 36
_LEAST_BAR: Final = 10
_MOST_BAR: Final = 40
_INDENT: Final = 2
_NARROW: Final = 48


def render(
    release: Release, warning: str, *, next_due: date | None, width: int, is_terminal: bool
) -> str:
    """Return a release as text of so many columns, the `warning` first.

    Colours and bars are for a terminal alone; NO_COLOR and TERM=dumb are kept to, as rich does.
    """
    screen = Console(
        file=io.StringIO(),
        width=width,
        force_terminal=is_terminal,
        markup=False,
        highlight=False,
        emoji=False,
    )
    bar_width = min(width - _LABEL_WIDTH - len("100.0%  ± 10.0  "), _MOST_BAR)
    bars = bar_width if is_terminal and bar_width >= _LEAST_BAR else 0
    with screen.capture() as captured:
        for each in _blocks(release, warning, width, bars):
            screen.print(each)
        if next_due is not None:
            screen.print(f"The next release is due on {texts.day(next_due)}.")
    lines = captured.get().splitlines()
    # What pads a column is of no use in a file.
    return "".join(f"{each if is_terminal else each.rstrip()}\n" for each in lines)


def _blocks(release: Release, warning: str, width: int, bars: int) -> Iterator[RenderableType]:
    if warning:
        yield Text(warning, style="bold")
    clusters = f"{texts.number(release.clusters)} clusters"
    if release.guarantee is not None:
        clusters = f"about {clusters} (±{texts.number(release.margin)})"
    yield Text(f"{texts.period(release)}: {clusters}", style="bold")
    if release.guarantee is None and not release.clusters:
        yield Text(texts.NOBODY)
    elif not release.answers:
        yield Text("Too few clusters took part for any answer to stand out of the noise.")
    for section, questions in tables.tables((release,)).items():
        yield Text(f"\n{section}", style="bold underline")
        for question in questions:
            yield ""
            title = _shown(question.title)
            fits = len(title) + len(question.note) + _INDENT <= width
            between = "  " if fits else "\n"
            yield Text.assemble((title, "bold"), between, (question.note, "dim"))
            yield Padding.indent(_table(question, bars, is_narrow=width < _NARROW), _INDENT)
    yield Text(f"\n{_shown(release.statement)}", style="dim")


def _table(question: tables.Table, bars: int, *, is_narrow: bool) -> RenderableType:
    if not question.rows:
        return Text("no answer stands out of the noise", style="dim")
    grid = Table.grid(padding=(0, 1 if is_narrow else 2, 0, 0))
    least = None if is_narrow else _LEAST_LABEL
    grid.add_column(min_width=least, max_width=_LABEL_WIDTH, overflow="fold")
    grid.add_column(justify="right", no_wrap=True)
    grid.add_column(justify="right", no_wrap=True)
    for row in question.rows:
        cells: list[RenderableType] = [_shown(row.label), row.share, Text(row.margin, style="dim")]
        if bars:
            cells.append(Bar(100, 0, float(row.width), width=bars, color="cyan"))
        grid.add_row(*cells, style="dim" if row.is_rest else "")
    return grid


def _shown(text: str) -> str:
    """Return `text` on one line that a terminal cannot mistake for a command to itself."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)
