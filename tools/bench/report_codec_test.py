"""The benchmark compares like with like, and says what it saw."""

import msgspec
import pytest
from msgspec import Struct

from report import (
    Extension,
    NamespaceCount,
    Node,
    Report,
    Resource,
    WorkloadKind,
    Workloads,
    encode,
)
from tools.bench.plain_structs import without_constraints
from tools.bench.report_codec import Row, Timing, render, sample


@pytest.mark.parametrize(
    "original", [Report, Node, Resource, Extension, NamespaceCount, WorkloadKind, Workloads]
)
def test_plain_structs(original: type[Struct]) -> None:
    """The structs without constraints have the fields of the originals, by the same names."""
    plain = without_constraints(original)
    assert plain.__struct_fields__ == original.__struct_fields__
    assert plain.__struct_encode_fields__ == original.__struct_encode_fields__
    assert plain.__struct_defaults__ == original.__struct_defaults__
    for setting in ("frozen", "omit_defaults", "gc"):
        assert getattr(plain.__struct_config__, setting) == getattr(
            original.__struct_config__, setting
        )


def test_plain_decoding() -> None:
    """Without constraints the same body decodes to the same, and so does an ID that is empty."""
    body, plain = encode(sample(2)), without_constraints(Report)
    assert msgspec.json.encode(msgspec.json.decode(body, type=plain)) == body
    nameless = body.replace(b'"id":"', b'"id":"","was":"')
    msgspec.json.decode(nameless, type=plain)
    with pytest.raises(msgspec.ValidationError, match="length"):
        msgspec.json.decode(nameless, type=Report)


def test_sample() -> None:
    """A sample has as many nodes as asked for, each with an ID of its own."""
    nodes = sample(100).nodes or ()
    assert len({node.id for node in nodes}) == 100
    assert 500 < len(encode(sample(100))) / 100 < 600


def test_table() -> None:
    """The table shows ratios, and where the time between plain and full decoding goes."""
    times = (2e-6, 3e-6, 0.5e-6, 9e-6, 3.8e-6, 1e-6)
    row = Row(2, 1273, *(Timing(seconds, 1e-7) for seconds in times))
    line = render([row]).splitlines()[1].split()
    assert (line[0], line[1], line[2], line[5], line[8]) == ("2", "1273", "2.0", "3.8", "1.90")
    assert line[-4:] == ["+1.0", "+0.5", "+0.3", "9.0"]
