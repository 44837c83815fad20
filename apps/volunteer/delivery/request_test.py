"""The request that carries a report."""

import gzip
import json
import shutil
import subprocess
import zlib

from hypothesis import example, given
from hypothesis import strategies as st

from report import Report, decode, encode
from volunteer.delivery.request import PADDED_TO_BYTES, padded, padded_gzip, request_of


@given(st.integers(0, 20_000))
@example(PADDED_TO_BYTES - 2)
@example(PADDED_TO_BYTES)
def test_padding(length: int) -> None:
    """A body is as long as the next multiple of 4 KiB, and says what it said without padding."""
    report = b'"' + b"x" * length + b'"'
    body = padded(report)
    assert len(body) % PADDED_TO_BYTES == 0
    assert len(body) - len(report) < PADDED_TO_BYTES
    assert json.loads(body) == "x" * length


@given(st.binary(max_size=20_000))
@example(b"")
def test_padding_of_gzip(report: bytes) -> None:
    """A compressed body is as long as the next multiple of 4 KiB, and any reader of gzip finds in
    it what went in.
    """
    body = padded_gzip(report)
    assert len(body) % PADDED_TO_BYTES == 0
    assert gzip.decompress(body) == report
    assert zlib.decompress(body, wbits=zlib.MAX_WBITS | 16) == report


def test_gzip_program() -> None:
    """The program gzip finds nothing wrong with a padded body, and no time stamp in it."""
    body = padded_gzip(b"x" * 10_000)
    gzip_program = shutil.which("gzip")
    assert gzip_program is not None
    unpacked = subprocess.run([gzip_program, "-dc"], input=body, capture_output=True, check=True)
    assert (unpacked.stdout, unpacked.stderr) == (b"x" * 10_000, b"")
    assert body[4:8] == bytes(4)


def test_padded_report() -> None:
    """A report with its padding is still one."""
    report = Report(version="v2.0.0", cluster_id="a")
    assert decode(request_of(encode(report), idempotency_key="k", compress=False).body) == report


def test_nothing_of_the_length() -> None:
    """Reports of different lengths within a step make bodies of one length, compressed or not."""
    for compress in (False, True):
        lengths = {
            len(request_of(b"x" * length, idempotency_key="k", compress=compress).body)
            for length in range(1, 4096, 97)
        }
        assert lengths == {PADDED_TO_BYTES}
