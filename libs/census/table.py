"""Releases as rows, for spreadsheets: CSV as RFC 4180 has it."""

import csv
import io
from collections.abc import Iterable
from typing import Final

from census.questions import CLUSTERS
from census.release import Release

COLUMNS: Final = ("period", "question", "answer", "clusters", "share", "low", "high")

# What makes a spreadsheet take a cell for a formula.
# https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def to_csv(named: Iterable[tuple[str, Release]]) -> bytes:
    """Return releases, each with the name of its period, as one row an answer.

    The first row of a release is how many clusters took part, which is a share of nothing.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for name, release in named:
        clusters = (CLUSTERS.name, CLUSTERS.answers[0], release.clusters, "", "", "")
        writer.writerow((name, *clusters))
        writer.writerows(
            (name, _cell(asked.question), _cell(each.answer), each.clusters, each.share, *interval)
            for asked in release.answers
            for each in asked.cells
            for interval in [(each.low, each.high)]
        )
    return text.getvalue().encode("utf-8")


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
