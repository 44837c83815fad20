"""Behaviour of `collector.spool.file`: reports are compressed and come back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import report
from collector.spool.file import DamagedReport, ReportCompressor
from report import Node, Report, Resource


def encoded_report(nodes: int) -> bytes:
    capacity = (Resource("cpu", "4"), Resource("memory", "15437428Ki"))
    return report.encode(
        Report(
            version="v1",
            timestamp="0",
            cluster_id="c",
            nodes=tuple(
                Node(id=f"{number:032x}", os_image="Debian GNU/Linux 12", capacity=capacity)
                for number in range(nodes)
            ),
        )
    )


@given(st.binary())
def test_what_was_compressed_comes_back(content: bytes) -> None:
    """Whatever was compressed is decompressed as it was."""
    compressor = ReportCompressor()
    assert compressor.decompress(compressor.compress(content)) == content


@given(st.integers(min_value=0), st.integers(min_value=1, max_value=255))
def test_a_changed_byte_is_noticed(place: int, change: int) -> None:
    """A compressed report with a changed byte is decompressed as it was, or not at all."""
    compressor = ReportCompressor()
    encoded = encoded_report(3)
    compressed = bytearray(compressor.compress(encoded))
    compressed[place % len(compressed)] ^= change
    try:
        assert compressor.decompress(bytes(compressed)) == encoded
    except DamagedReport:
        return


@pytest.mark.parametrize("compressed", [b"", b"[]", b"(\xb5/\xfd"])
def test_what_was_never_compressed_is_damaged(compressed: bytes) -> None:
    """Bytes that are not a compressed report, or part of one, are refused."""
    with pytest.raises(DamagedReport):
        ReportCompressor().decompress(compressed)


def test_nodes_that_resemble_each_other_take_little_room() -> None:
    """A hundred nodes take less than a tenth of their size."""
    encoded = encoded_report(100)
    assert len(ReportCompressor().compress(encoded)) < len(encoded) / 10
