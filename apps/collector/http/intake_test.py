"""Behaviour of `collector.http.intake`."""

import gzip
import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

import report
from collector.errors import (
    BodyTooLarge,
    InvalidIdempotencyKey,
    UnsupportedContentEncoding,
    UnsupportedContentType,
)
from collector.http.intake import MAX_BODY_BYTES, Post, accept
from collector.records import AcceptedReport

REPORT = {"version": "v2.0.0", "clusterID": "c-1"}
NOON = 1_700_049_600.0  # an hour begins
HALF_PAST = NOON + 1_800


def take(
    document: object = REPORT,
    *,
    now: float = HALF_PAST,
    key: str | None = None,
    content_type: str | None = "application/json",
    encoding: str | None = None,
) -> AcceptedReport:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    post = Post(content_type, encoding, key, body)
    return accept(
        post,
        now=now,
        random_bytes=lambda count: b"\x07" * count,
        processor_seconds=lambda: 0.0,
    )


def test_the_hour_of_receipt_is_stamped() -> None:
    """Whatever the client says, the stamp is the hour of receipt, without minutes."""
    accepted = take({**REPORT, "timestamp": "12345"})
    assert accepted.received_at == NOON
    assert json.loads(accepted.encoded)["timestamp"] == str(int(NOON))


def test_unknown_fields_are_not_kept() -> None:
    """What is kept is the re-encoded report, never the received bytes."""
    accepted = take({**REPORT, "hostname": "web-1", "nodes": [{"id": "n", "name": "web-1"}]})
    assert b"web-1" not in accepted.encoded
    assert report.decode(accepted.encoded).cluster_id == "c-1"


def test_capacities_of_unknown_resources_are_dropped() -> None:
    """Only resources with public names are kept, on every node."""
    own = {"resource": "intel.com/team-red", "value": "1"}
    cpu = {"resource": "cpu", "value": "4"}
    nodes = [
        {"id": "a", "capacity": [cpu, own]},
        {"id": "b", "capacity": [own]},
        {"id": "c", "capacity": [cpu]},
    ]
    kept = json.loads(take({**REPORT, "nodes": nodes}).encoded)["nodes"]
    assert kept == [{"id": "a", "capacity": [cpu]}, {"id": "b"}, {"id": "c", "capacity": [cpu]}]


def test_workloads_of_unknown_kinds_are_dropped() -> None:
    """Only kinds with public names are kept; where none is left, the namespaces are."""
    own = {"kind": "teamredqueues", "perNamespace": [1, 1]}
    pods = {"kind": "pods", "perNamespace": [0, 2], "meanAge": 940}
    namespaces = {"count": 2, "medianAge": 5_000}

    def kept(*kinds: object) -> object:
        workloads = {"namespaces": namespaces, "kinds": kinds}
        return json.loads(take({**REPORT, "workloads": workloads}).encoded)["workloads"]

    assert kept(own, pods, own) == {"namespaces": namespaces, "kinds": [pods]}
    assert kept(own) == {"namespaces": namespaces}


def test_workloads_without_kinds_are_kept() -> None:
    """Namespaces alone are kept as they came, with what is unknown among them left out."""
    workloads = {"namespaces": {"count": 2, "names": ["team-red"]}, "meanAge": 1}
    encoded = json.loads(take({**REPORT, "workloads": workloads}).encoded)
    assert encoded["workloads"] == {"namespaces": {"count": 2}}


def test_without_a_key_the_identity_is_random() -> None:
    """A report without Idempotency-Key gets a random identity and is not remembered."""
    accepted = take()
    assert accepted.report_key == "07" * 16
    assert accepted.fingerprint is None


@given(key=st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=128))
def test_with_a_key_the_identity_is_of_cluster_and_key(key: str) -> None:
    """The same cluster and key give the same identity at any time; another of the two does not."""
    accepted = take(key=key)
    later = take(key=key, now=HALF_PAST + 7_200)
    assert accepted.report_key == later.report_key
    assert accepted.report_key != take({**REPORT, "clusterID": "c-2"}, key=key).report_key
    assert accepted.report_key != take(key=f"{key[:-1]}{'a' if key[-1] != 'a' else 'b'}").report_key


def test_a_retry_has_the_same_fingerprint() -> None:
    """The fingerprint does not depend on the stamp or the hour, but on everything that is kept."""
    first = take({**REPORT, "timestamp": "1"}, key="k")
    assert first.fingerprint == take({**REPORT, "timestamp": "2"}, key="k", now=0).fingerprint
    assert first.fingerprint != take({**REPORT, "version": "v2.0.1"}, key="k").fingerprint


@pytest.mark.parametrize("key", ["", "a b", "clé", "x" * 129, "tab\t"])
def test_a_key_of_other_characters_is_refused(key: str) -> None:
    """An Idempotency-Key is 1 to 128 visible ASCII characters."""
    with pytest.raises(InvalidIdempotencyKey):
        take(key=key)


@pytest.mark.parametrize("content_type", ["Application/JSON", "application/json; charset=utf-8"])
def test_the_content_type_is_compared_without_case_and_parameters(content_type: str) -> None:
    """JSON by any spelling of its content type is taken."""
    assert take(content_type=content_type).received_at == NOON


@pytest.mark.parametrize("content_type", [None, "", "text/plain", "application/json5"])
def test_another_content_type_is_refused(content_type: str | None) -> None:
    """A body that is not declared as JSON is refused."""
    with pytest.raises(UnsupportedContentType):
        take(content_type=content_type)


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "x-gzip", "X-GZip"])
def test_gzip_is_inflated(encoding: str) -> None:
    """A compressed report is kept like a plain one, by either name (RFC 9110, 8.4.1.3)."""
    body = gzip.compress(json.dumps(REPORT).encode())
    assert take(body, encoding=encoding).encoded == take().encoded


def test_another_content_encoding_is_refused() -> None:
    """Only gzip is decompressed."""
    with pytest.raises(UnsupportedContentEncoding):
        take(encoding="br")


@pytest.mark.parametrize("known", [6, 70])
def test_a_node_of_many_devices_is_kept(known: int) -> None:
    """What the original's volunteer sends of a node with a device in every socket is not an error.

    It sends all of `status.capacity`, whatever the names, each once, with the quantity as a text.
    """
    names = [*(f"hugepages-{size}Mi" for size in (1, 2)), *("cpu", "memory", "pods", "storage")]
    names += [f"nvidia.com/mig-{number}g.{5 * number}gb" for number in range(1, known - 5)]
    names += [f"akri.sh/camera-{number:06x}" for number in range(56)]
    node = {"id": "1", "capacity": [{"resource": name, "value": "1"} for name in names]}
    (kept,) = json.loads(take({**REPORT, "nodes": [node]}).encoded)["nodes"]
    assert 6 <= len(kept["capacity"]) <= known
    assert not any("akri" in each["resource"] for each in kept["capacity"])


@pytest.mark.parametrize("encoding", [None, "gzip"])
def test_a_body_over_the_limit_is_refused(encoding: str | None) -> None:
    """The limit holds for the body as sent and as decompressed."""
    body = b" " * (MAX_BODY_BYTES + 1)
    with pytest.raises(BodyTooLarge):
        take(gzip.compress(body) if encoding else body, encoding=encoding)


@given(body=st.binary(max_size=300))
def test_any_bytes_are_accepted_or_refused(body: bytes) -> None:
    """No body makes intake fail otherwise than by saying which rule the body breaks."""
    with suppress(report.InvalidReport):
        accepted = take(body)
        assert report.encode(report.decode(accepted.encoded)) == accepted.encoded
