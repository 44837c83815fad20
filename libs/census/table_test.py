"""Releases as rows."""

import csv
import io
from datetime import date

import msgspec

from census.counting import count
from census.periods import Period
from census.publishing import exact_release_of
from census.table import COLUMNS, to_csv
from report.schema import Report

_REPORT = Report(version="v2", cluster_id="c", master_version="v1.30.1", nodes=())
_RELEASE = exact_release_of(count([_REPORT]), Period(date(2026, 11, 1), date(2026, 11, 30)))


def _rows(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8"), newline="")))


def test_rows() -> None:
    """One row an answer, after one for how many clusters took part."""
    rows = _rows(to_csv([("2026-11", _RELEASE), ("2026-12", _RELEASE)]))
    assert rows[0] == list(COLUMNS)
    assert rows[1] == ["2026-11", "clusters", "clusters", "1.0", "", "", ""]
    assert rows[2] == ["2026-11", "kubernetes", "1.30", "1.0", "1.0", "1.0", "1.0"]
    answers = sum(len(asked.cells) for asked in _RELEASE.answers)
    assert len(rows) == 1 + 2 * (1 + answers)


def test_formulas() -> None:
    """No cell is a formula to a spreadsheet, and commas and quotes stay within theirs."""
    cells = tuple(
        msgspec.structs.replace(_RELEASE.answers[0].cells[0], answer=text)
        for text in ("=1+1", "@x", "-1", "+1", '=HYPERLINK("http://x","a,b")', 'a,"b"')
    )
    answers = (msgspec.structs.replace(_RELEASE.answers[0], cells=cells),)
    rows = _rows(to_csv([("2026-11", msgspec.structs.replace(_RELEASE, answers=answers))]))
    assert [row[2] for row in rows[2:]] == [
        *("'=1+1", "'@x", "'-1", "'+1", """'=HYPERLINK("http://x","a,b")""", 'a,"b"'),
    ]
    assert {len(row) for row in rows} == {len(COLUMNS)}
