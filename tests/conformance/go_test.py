"""What we added to the wire is nothing to the original's collector."""

import json

import pytest

from report import Node, Report
from tests.conformance.go_decoder import REPORT, GoDecodeError, decode
from tests.conformance.vectors import Accepted, accepted, document

ADDED_TO_REPORT = {"workloads", "distribution"}
ADDED_TO_NODE = {"role"}
OURS = {
    name: vector
    for name, vector in accepted().items()
    if any(f'"{field}"'.encode() in document(vector) for field in ADDED_TO_REPORT | ADDED_TO_NODE)
}


def without_additions(body: bytes) -> bytes:
    """Return `body` as a client of the original's time would have written it."""
    report = json.loads(body)
    nodes = report.get("nodes") or []
    for struct, added in ((report, ADDED_TO_REPORT), *((node, ADDED_TO_NODE) for node in nodes)):
        for field in added & struct.keys():
            del struct[field]
    return json.dumps(report).encode()


@pytest.mark.parametrize("vector", OURS.values(), ids=OURS.keys())
def test_additions_are_ignored(vector: Accepted) -> None:
    """Of a document with our fields the original reads the same as of one without them."""
    body = document(vector)
    assert without_additions(body) != body
    assert decode(body) == decode(without_additions(body))


def test_nothing_else_was_added() -> None:
    """Our structs have the original's fields, in its order, and then those that we added."""
    assert isinstance(REPORT, dict)
    (node,) = REPORT["nodes"]
    for struct, original, added in (
        (Report, REPORT, ADDED_TO_REPORT),
        (Node, node, ADDED_TO_NODE),
    ):
        fields = struct.__struct_encode_fields__
        assert fields[: len(original)] == tuple(original)
        assert set(fields[len(original) :]) == added


def test_the_decoder_can_fail() -> None:
    """A field that the original knows, in any letter case, must be of its type."""
    assert decode(b'{"CLUSTERID": "c", "cluster_id": 1}') == {"clusterID": "c"}
    for body in (b'{"VERSION": 1}', b'{"nodes": [{"Capacity": {}}]}', b"[]"):
        with pytest.raises(GoDecodeError):
            decode(body)
