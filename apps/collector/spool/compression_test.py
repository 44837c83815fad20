"""Behaviour of `collector.spool.compression`."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import report
from collector.spool.compression import DamagedReport, Packing
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
def test_what_was_packed_comes_back(content: bytes) -> None:
    """Whatever was packed is unpacked as it was."""
    packing = Packing()
    assert packing.unpack(packing.pack(content)) == content


@given(st.integers(min_value=0), st.integers(min_value=1, max_value=255))
def test_a_changed_byte_is_noticed(place: int, change: int) -> None:
    """No byte of a packed report can change and another report, or none, come out of it."""
    packing = Packing()
    encoded = encoded_report(3)
    packed = bytearray(packing.pack(encoded))
    packed[place % len(packed)] ^= change
    try:
        assert packing.unpack(bytes(packed)) == encoded
    except DamagedReport:
        return


@pytest.mark.parametrize("packed", [b"", b"[]", b"(\xb5/\xfd"])
def test_what_was_never_packed_is_damaged(packed: bytes) -> None:
    """Bytes that are not packed, or only in part."""
    with pytest.raises(DamagedReport):
        Packing().unpack(packed)


def test_nodes_that_resemble_each_other_take_little_room() -> None:
    """A hundred nodes take less than a tenth of their size."""
    encoded = encoded_report(100)
    assert len(Packing().pack(encoded)) < len(encoded) / 10
