"""The codec: decoding is total, keeps what was encoded, and reads older and newer reports."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from report import (
    MAX_REPORT_BYTES,
    Extension,
    InvalidReport,
    NamespaceCount,
    Node,
    Report,
    ReportTooLarge,
    Workloads,
    decode,
    encode,
)
from report.field_types import MAX_EXTENSION_VALUE_CHARACTERS
from report.schema import MAX_EXTENSIONS, MAX_NODES
from tests.reports import FORBIDDEN_CHARACTERS, reports

SMALLEST = {"version": "v9", "clusterID": "c"}
OPTIONAL_FIELDS = ("timestamp", "masterVersion", "nodes", "extensions", "workloads")
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
PIECES = (
    *(b'{"version":"v9","clusterID":"c"}', b'"nodes":[{"id":"a","capacity":[', b"]}]"),
    *(b'"timestamp":', b"NaN", b"1e999999", b"-0", b'"\\ud800"', b"\xef\xbb\xbf", b"\xed\xa0\x80"),
    *(b"\xff", b"\x00", b"\\", b"[" * 2_000, b"{", b"}", b",", b":", b'"', b"9" * 5_000),
)
BODIES = (
    st.binary()
    | st.lists(st.sampled_from(PIECES)).map(b"".join)
    | JSON_VALUES.map(lambda value: json.dumps(value).encode())
    | JSON_VALUES.map(lambda value: document(nodes=value, timestamp=value))
)


def document(**fields: object) -> bytes:
    """Return the smallest valid document with `fields` added or replaced."""
    return json.dumps({**SMALLEST, **fields}).encode()


def with_nodes(nodes: bytes) -> bytes:
    """Return a document whose `nodes` is the JSON text given."""
    return b'{"version":"v9","clusterID":"c","nodes":' + nodes + b"}"


def many(node: bytes, count: int) -> bytes:
    """Return the JSON text of `count` equal nodes."""
    return b"[" + b",".join([node] * count) + b"]"


def assert_total(body: bytes) -> None:
    """Decode to a report or to an error that names path and rule."""
    try:
        decode(body)
    except InvalidReport as error:
        assert error.path.startswith("$")  # noqa: PT017 - it may not be raised - either outcome is right
        assert error.rule  # noqa: PT017 - as above


@given(reports())
def test_round_trip(report: Report) -> None:
    """A report that is encoded and decoded is the same report."""
    assert decode(encode(report)) == report


@given(report=reports(), ensure_ascii=st.booleans(), indent=st.integers(0, 3))
def test_spelling(*, report: Report, ensure_ascii: bool, indent: int) -> None:
    """The same document, spaced and escaped otherwise, is the same report."""
    fields = json.loads(encode(report))
    assert decode(json.dumps(fields, ensure_ascii=ensure_ascii, indent=indent).encode()) == report


@given(BODIES)
def test_totality(body: bytes) -> None:
    """Any bytes at all give a report or one of the package's own errors."""
    assert_total(body)


@given(reports(), st.data())
def test_totality_of_damaged_reports(report: Report, data: st.DataObject) -> None:
    """A report with a piece torn out and another put in gives a report or an own error."""
    body = encode(report)
    start = data.draw(st.integers(0, len(body)))
    end = data.draw(st.integers(start, min(len(body), start + 20)))
    assert_total(body[:start] + data.draw(st.sampled_from(PIECES)) + body[end:])


@given(reports(), st.data())
def test_older_reports(report: Report, data: st.DataObject) -> None:
    """A report from before a field existed decodes with that field absent and the rest the same."""
    fields = json.loads(encode(report))
    unknown_then = data.draw(st.sets(st.sampled_from(OPTIONAL_FIELDS)))
    older = {name: value for name, value in fields.items() if name not in unknown_then}
    assert json.loads(encode(decode(json.dumps(older).encode()))) == older


@given(reports(), st.text(min_size=1).map("x{}".format), JSON_VALUES)
def test_newer_reports(report: Report, name: str, value: object) -> None:
    """Fields that a newer version adds, at any depth, are accepted and lost."""
    fields = json.loads(encode(report))
    value = json.loads(json.dumps(value).replace("NaN", "0").replace("Infinity", "0"))
    nodes = fields.get("nodes", [])
    extensions = fields.get("extensions", [])
    workloads = [fields["workloads"]] if "workloads" in fields else []
    counted = [
        *(each["namespaces"] for each in workloads),
        *(kind for each in workloads for kind in each.get("kinds", [])),
    ]
    capacities = [each for node in nodes for each in node.get("capacity", [])]
    for place in (fields, *nodes, *capacities, *extensions, *workloads, *counted):
        place[name] = value
    assert decode(json.dumps(fields).encode()) == report


def texts_at_places(text: str) -> list[tuple[str, dict[str, object]]]:
    """Return where a report may hold `text`: the path, and the fields of a document."""
    return [
        ("$.masterVersion", {"masterVersion": text}),
        ("$.nodes[0].id", {"nodes": [{"id": text}]}),
        ("$.nodes[0].osImage", {"nodes": [{"id": "a", "osImage": text}]}),
        (
            "$.nodes[0].capacity[0].value",
            {"nodes": [{"id": "a", "capacity": [{"resource": "cpu", "value": text}]}]},
        ),
        (
            "$.workloads.kinds[0].kind",
            {
                "workloads": {
                    "namespaces": {"count": 1},
                    "kinds": [{"kind": text, "perNamespace": [1]}],
                }
            },
        ),
    ]


@given(st.characters(exclude_categories=["Cs"]) | st.sampled_from(FORBIDDEN_CHARACTERS), st.data())
def test_characters(character: str, data: st.DataObject) -> None:
    """A forbidden character is refused in any text and any spelling, and no other is."""
    ensure_ascii = data.draw(st.booleans())
    quote = data.draw(st.sampled_from(["", '"', "\\", "/", "é"]))
    text = f"{quote}{character}{quote}"
    path, fields = data.draw(st.sampled_from(texts_at_places(text)))
    body = json.dumps({**SMALLEST, **fields}, ensure_ascii=ensure_ascii).encode()
    if character in FORBIDDEN_CHARACTERS:
        with pytest.raises(InvalidReport) as raised:
            decode(body)
        assert raised.value.path == path
    else:
        assert json.loads(encode(decode(body))) == {**SMALLEST, **fields}


@pytest.mark.parametrize(
    "timestamp", ["", "-1", "1.5", "\u0661", "1" * 21, "x" * 600, 12, None, {}]
)
def test_timestamp_that_is_ignored(timestamp: object) -> None:
    """A timestamp that is not UNIX seconds is ignored, whatever it is."""
    assert decode(document(timestamp=timestamp)).timestamp is None


def test_most_nodes() -> None:
    """Twenty thousand nodes are accepted."""
    report = decode(with_nodes(many(b'{"id":"a"}', MAX_NODES)))
    assert report.nodes == (Node(id="a"),) * MAX_NODES


@pytest.mark.parametrize(
    "node", [b'{"id":"a"}', rb'{"\u0069d":"a"}', rb'{"i\u0064":"a"}', rb'{"\u0069\u0064":"a"}']
)
def test_too_many_nodes(node: bytes) -> None:
    """One node more is refused, however its fields are spelled."""
    with pytest.raises(InvalidReport) as raised:
        decode(with_nodes(many(node, MAX_NODES + 1)))
    assert raised.value.path == "$.nodes"


def test_many_ids_that_are_no_nodes() -> None:
    """A document that names `id` more often than nodes are allowed is judged by its nodes alone."""
    node = b'{"id":"a","newer":' + many(b'{"id":"b"}', 30) + b"}"
    assert decode(with_nodes(many(node, 1_000))).nodes == (Node(id="a"),) * 1_000


def test_workloads_beside_too_many_mentions() -> None:
    """Workloads are kept in a document of any size, and with a timestamp that is none."""
    report = Report(
        version="v9",
        cluster_id="c",
        nodes=(Node(id="a"),),
        workloads=Workloads(namespaces=NamespaceCount(count=3)),
    )
    fields = json.loads(encode(report))
    assert decode(json.dumps({**fields, "timestamp": []}).encode()) == report
    newer = [{"id": "b"}] * (MAX_NODES + 20_000)
    assert decode(json.dumps({**fields, "newer": newer}).encode()) == report


def test_nodes_given_twice() -> None:
    """Of nodes given twice the last count, in a document of any size."""
    body = with_nodes(many(b'{"id":"a"}', MAX_NODES + 1) + b',"nodes":[{"id":"b"}]')
    assert decode(body).nodes == (Node(id="b"),)


@pytest.mark.parametrize("count", [1, 1_000])
def test_path_in_a_document_of_any_size(count: int) -> None:
    """What is wrong with a node is told in the same words in a document of any size."""
    nodes = [{"id": "a", "newer": [{"id": "b"}] * 30}] * count
    with pytest.raises(InvalidReport) as raised:
        decode(document(nodes=[*nodes, {"id": "a", "osImage": 7}]))
    assert raised.value.path == f"$.nodes[{count}].osImage"
    assert raised.value.rule == "Expected `str | null`, got `int`"


def test_largest_report() -> None:
    """A report that encodes to more than 8 MiB is not encoded."""
    value = "é" * MAX_EXTENSION_VALUE_CHARACTERS
    extensions = (Extension("a", value),) * MAX_EXTENSIONS
    nodes = tuple(Node(id="a", os_image="x" * 500) for _ in range(13_000))
    report = Report(version="v9", cluster_id="c", nodes=nodes, extensions=extensions)
    with pytest.raises(ReportTooLarge) as raised:
        encode(report)
    assert str(MAX_REPORT_BYTES) in raised.value.rule
