"""docs/protocol.md says of statuses what the collector's table says."""

import re
from typing import Final

from collector.http.problems import STATUSES
from tests.documents.documents import text_of

_ROW: Final = re.compile(r"^\| ([0-9, ]+) \| (.*) \| .* \|$", re.MULTILINE)
_NOT_OF_A_PROBLEM: Final = {200, 204, 304}
_OF_THE_FRAMEWORK: Final = {405}
"""Falcon's answer to what is not a post: no error of ours."""


def described() -> dict[int, str]:
    """Return what the document says of each status."""
    rows = _ROW.findall(text_of("docs/protocol.md"))
    return {int(status): meaning for statuses, meaning in rows for status in statuses.split(", ")}


def test_every_status_is_described() -> None:
    """The document names the statuses of the table and no others."""
    own = described().keys() - _NOT_OF_A_PROBLEM - _OF_THE_FRAMEWORK
    assert own == {status.value for status in STATUSES}


def test_retry_after_is_promised_where_it_is_sent() -> None:
    """The document mentions Retry-After beside those statuses that come with one."""
    promised = {status for status, meaning in described().items() if "`Retry-After`" in meaning}
    assert promised == {status.value for status, row in STATUSES.items() if row.may_retry}
