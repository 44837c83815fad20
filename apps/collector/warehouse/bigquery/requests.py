r"""What `tabledata.insertAll` takes and answers. Pure.

https://cloud.google.com/bigquery/docs/reference/rest/v2/tabledata/insertAll
https://cloud.google.com/bigquery/quotas#streaming_inserts

A request is put together from the reports' own bytes. The client library's `insert_rows_json`
would have every report decoded and encoded again with each character beyond ASCII as `\uXXXX`,
and so could make 16 MB of a report of 8, where BigQuery takes 10.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec
from msgspec import Struct

from collector.records import SpooledReport

MAX_ROWS: Final = 500
MAX_BYTES: Final = 8_000_000
"""Of reports. A single report is at most 8 MiB, so no request comes near BigQuery's 10 MB."""

PROBE: Final = b'{"rows":[{"json":{"spartakusProbe":true}}]}'
"""A request that asks whether a table takes rows at all and never leaves one in it.

A row with a column that the table does not have is refused, as a row, by a table that BigQuery
knows and lets us write; anything else refuses the request.
"""


class RowError(Struct, frozen=True):
    """Why a row was not taken. https://cloud.google.com/bigquery/docs/error-messages"""

    reason: str = ""
    message: str = ""
    location: str = ""

    @property
    def text(self) -> str:
        """All of it in a line. It may quote the row."""
        parts = (self.reason, self.location, self.message)
        return ": ".join(part for part in parts if part)

    @property
    def is_about_column(self) -> bool:
        """Whether BigQuery does not know a column that every row may have: no row's own fault."""
        return self.reason == "invalid" and self.message.lower().startswith("no such field")


class RowErrors(Struct, frozen=True):
    """The errors of the row at `index` of a request, counted from 0."""

    index: int = 0
    errors: tuple[RowError, ...] = ()


class InsertAnswer(Struct, frozen=True, rename="camel"):
    """The answer to a request. Rows that are not mentioned were taken."""

    insert_errors: tuple[RowErrors, ...] = ()


# Not strict: 64-bit numbers are strings in Google's JSON, and others have been.
_DECODER: Final = msgspec.json.Decoder(InsertAnswer, strict=False)


def decode_answer(body: bytes) -> InsertAnswer:
    """Return the answer in `body`. Raises `msgspec.DecodeError`."""
    return _DECODER.decode(body)


def split(reports: Sequence[SpooledReport]) -> Iterator[tuple[SpooledReport, ...]]:
    """Split reports into requests of at most `MAX_ROWS` and `MAX_BYTES`, in their order.

    A report that is larger than that has a request of its own.
    """
    part: list[SpooledReport] = []
    size = 0
    for each in reports:
        if part and (len(part) == MAX_ROWS or size + len(each.encoded) > MAX_BYTES):
            yield tuple(part)
            part, size = [], 0
        part.append(each)
        size += len(each.encoded)
    if part:
        yield tuple(part)


def request_body(reports: Sequence[SpooledReport], *, ignore_unknown: bool) -> bytes:
    """Return the request that inserts `reports`, each under its key.

    With `ignore_unknown` BigQuery leaves out what the table has no column for.
    """
    head = b'{"ignoreUnknownValues":true,"rows":[' if ignore_unknown else b'{"rows":['
    return head + b",".join(_row(each) for each in reports) + b"]}"


def _row(spooled: SpooledReport) -> bytes:
    """Return the report with the two columns that are added to it.

    Keys are hexadecimal digits, so nothing in them needs to be escaped.
    """
    received_at = datetime.fromtimestamp(spooled.received_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    added = f',"reportKey":"{spooled.report_key}","receivedAt":"{received_at}"}}}}'
    head = f'{{"insertId":"{spooled.report_key}","json":'
    return head.encode() + spooled.encoded.removesuffix(b"}") + added.encode()
