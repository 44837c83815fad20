"""Which rows of a request are in the table, which never will be, and which to send again. Pure.

Without `skipInvalidRows` a request with an invalid row inserts none: its good rows are answered
with `stopped`. Where no row is invalid, the rows mentioned were not inserted and all others were.
https://cloud.google.com/bigquery/docs/streaming-data-into-bigquery#troubleshooting
"""

from collections.abc import Sequence
from typing import TypeAlias

from msgspec import Struct

from collector.records import SpooledReport
from collector.warehouse.bigquery.failures import PASSING_REASONS
from collector.warehouse.bigquery.requests import InsertAnswer

Refused: TypeAlias = tuple[SpooledReport, str]
"""A report that the table never takes, and why; the text may quote the report."""


class UnknownColumn(Struct, frozen=True):
    """BigQuery does not know a column, which no row can help. No row was inserted."""

    column: str


class Sorted(Struct, frozen=True):
    """What became of the rows of a request. Those in neither list are in the table."""

    invalid: tuple[Refused, ...]
    left: tuple[SpooledReport, ...]

    reason: str
    """Why the first of `left` was not taken, empty where none is left."""

    @property
    def may_pass(self) -> bool:
        """Whether what is left was not taken for a reason that is no row's fault."""
        return self.reason in PASSING_REASONS


def sort_rows(reports: Sequence[SpooledReport], answer: InsertAnswer) -> Sorted | UnknownColumn:
    """Sort the rows of a request by the answer to it."""
    invalid: list[Refused] = []
    left: list[SpooledReport] = []
    reasons: list[str] = []
    for row in answer.insert_errors:
        column = next((error for error in row.errors if error.is_about_column), None)
        if column is not None:
            return UnknownColumn(column.location)
        refusals = [error.text for error in row.errors if error.reason == "invalid"]
        if refusals:
            invalid.append((reports[row.index], "; ".join(refusals)))
        else:
            left.append(reports[row.index])
            reasons += [error.reason for error in row.errors]
    passing = (each for each in reasons if each in PASSING_REASONS)
    reason = next(passing, reasons[0] if reasons else "no reason given") if left else ""
    return Sorted(tuple(invalid), tuple(left), reason)
