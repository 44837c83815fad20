"""Every string of a report is public, a number, a pseudonym or typed by the user."""

import json
import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from report import Extension, Observation, Pseudonyms, anonymise, encode
from tests.observations import PUBLIC, PUBLIC_CAPACITY, node, observations
from tests.privacy.walker import Typed, strange_strings

TYPED = Typed("v2.0.0", "my-cluster", (("example.com/a", "b"),))
PSEUDONYMS = (
    Pseudonyms.from_secret(b"s" * 32, TYPED.cluster_id),
    Pseudonyms.without_key(TYPED.cluster_id, secrets.token_bytes),
)
FIELDS = (
    *("masterVersion", "hostname", "operatingSystem", "osImage", "kernelVersion", "architecture"),
    *("containerRuntimeVersion", "kubeletVersion", "cloudProvider", "id", "name", "timestamp"),
    *("role", "distribution"),
)


def report_of(observation: Observation, pseudonyms: Pseudonyms) -> bytes:
    """Return the bytes of the report of `observation`."""
    anonymised = anonymise(
        observation,
        pseudonyms=pseudonyms,
        version=TYPED.version,
        timestamp=1_512_086_400,
        extensions=[Extension(name, value) for name, value in TYPED.extensions],
    )
    return encode(anonymised.report)


@given(observations(), st.sampled_from(PSEUDONYMS))
def test_every_string(observation: Observation, pseudonyms: Pseudonyms) -> None:
    """Whatever the cluster holds, the walker finds no string that may not be there."""
    assert strange_strings(report_of(observation, pseudonyms), TYPED) == []


def test_public_words() -> None:
    """The words of real clusters pass the walker."""
    observation = Observation(
        master_version=node("n", kubelet_version="v1.30.2").kubelet_version,
        nodes=[
            node("n", capacity=dict(PUBLIC_CAPACITY), **{field: text})
            for field, texts in PUBLIC.items()
            for text in texts
        ],
    )
    assert strange_strings(report_of(observation, PSEUDONYMS[0]), TYPED) == []


@pytest.mark.parametrize(
    "workloads",
    [
        {"namespaces": {"count": "3"}},
        {"namespaces": {"count": 3, "name": "acme"}},
        {"namespaces": {"count": 3, "meanAge": 1234}},
        {"namespaces": {"count": 3, "created": 1512086400}},
        {"kinds": [{"kind": "acme", "perNamespace": [3]}]},
        {"kinds": [{"kind": "pods", "perNamespace": {"acme": 3}}]},
        {"kinds": [{"kind": "pods", "medianAge": True}]},
    ],
)
def test_strange_workloads(workloads: dict[str, object]) -> None:
    """The walker finds a name, an exact age, and a number where none belongs."""
    assert strange_strings(json.dumps({"workloads": workloads}).encode(), TYPED)
    fine = {"namespaces": {"count": 3, "meanAge": 1200}}
    assert strange_strings(json.dumps({"workloads": fine}).encode(), TYPED) == []


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("text", ["kube-worker-7", "ip-10-0-0-7", "acme", "7f9c24e8b1a04d52", "é"])
def test_strange_strings(field: str, text: str) -> None:
    """The walker finds a user's own string in any field, and in a field it does not know."""
    for document in ({field: text}, {"nodes": [{field: text}]}):
        assert strange_strings(json.dumps(document).encode(), TYPED)
