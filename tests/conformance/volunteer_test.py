"""The volunteer against the vectors: what is accepted it emits, what is rejected it never does."""

import json
import secrets
from pathlib import Path

import pytest

from report import Disclosure, Extension, Identifying, NodeObservation, Observation, decode
from report.disclosure import VERBATIM_FIELDS
from tests.conformance.vectors import Accepted, Rejected, accepted, document, rejected
from tests.observations import node
from volunteer.reporting.extensions import read_extensions
from volunteer.reporting.prepare import Identity, prepare

CLUSTER_ID = "2f9c93d3-156c-47aa-8802-578ffca9b50e"
WITH_EXTENSIONS = {
    name: vector
    for name, vector in accepted().items()
    if "extension" in name and name != "repeated_extension"  # which no file may do
}
REJECTED_EXTENSIONS = {
    name: vector
    for name, vector in rejected().items()
    if vector.path.startswith("$.extensions[0]") and "null" not in name  # which a file may hold
}
REJECTED_TEXTS = {
    "C0 control": "v1\0",
    "DEL": "v1\x7f",
    "C1 control": "v1\x9b31m",
    "bidi": "x\u202ey",
    "bidi mark": "x\u200fy",
    "Arabic letter mark": "x\u061cy",
    "line separator": "cpu\u2028",
    "too long": "x" * 513,
}


def emitted(
    *nodes: NodeObservation, master_version: str = "", extensions: tuple[Extension, ...] = ()
) -> dict[str, object]:
    """Return what the volunteer posts of such a cluster, with every field verbatim that may be."""
    observation = Observation(master_version=Identifying(master_version), nodes=nodes)
    prepared = prepare(
        lambda: observation,
        identity=Identity(CLUSTER_ID, b"s" * 32),
        extensions=extensions,
        disclosure=Disclosure(verbatim=VERBATIM_FIELDS),
        unix_time=1_512_086_400.0,
        random_bytes=secrets.token_bytes,
    )
    assert decode(prepared.body) == prepared.anonymised.report
    posted = json.loads(prepared.body)
    assert isinstance(posted, dict)
    return posted


def file_of(vector: Accepted | Rejected, folder: Path) -> Path:
    """Write the extensions of a vector as a user would."""
    extensions = json.loads(document(vector))["extensions"]
    file = folder / "extensions.json"
    file.write_text(json.dumps({each["name"]: each["value"] for each in extensions}))
    return file


def test_example_of_the_original() -> None:
    """Of the cluster in the original's README the same report is emitted, in the same order."""
    kept = accepted()["original_readme_nodes"].kept
    assert isinstance(kept, dict)
    nodes = [
        node(
            each["id"],
            operating_system=each["operatingSystem"],
            os_image=each["osImage"],
            kernel_version=each["kernelVersion"],
            architecture=each["architecture"],
            container_runtime_version=each["containerRuntimeVersion"],
            kubelet_version=each["kubeletVersion"],
            provider_id=f"{each['cloudProvider']}:///us-west-2b/i-0abc",
            capacity={found["resource"]: found["value"] for found in each["capacity"]},
        )
        for each in kept["nodes"]
    ]
    posted = emitted(*nodes, master_version=kept["masterVersion"])
    assert posted.pop("distribution") == "other"
    assert list(posted) == list(kept)
    sent = posted["nodes"]
    assert isinstance(sent, list)
    assert {each.pop("role") for each in sent} == {"worker"}
    assert [{**each, "id": ""} for each in sent] == [{**each, "id": ""} for each in kept["nodes"]]
    assert [list(each) for each in sent] == [list(each) for each in kept["nodes"]]


@pytest.mark.parametrize("vector", WITH_EXTENSIONS.values(), ids=WITH_EXTENSIONS.keys())
def test_accepted_extensions(tmp_path: Path, vector: Accepted) -> None:
    """Extensions that are accepted are read from a file and emitted as they are."""
    extensions = read_extensions(file_of(vector, tmp_path)).values
    assert isinstance(vector.kept, dict)
    assert emitted(extensions=extensions)["extensions"] == vector.kept["extensions"]


@pytest.mark.parametrize("vector", REJECTED_EXTENSIONS.values(), ids=REJECTED_EXTENSIONS.keys())
def test_rejected_extensions(tmp_path: Path, vector: Rejected) -> None:
    """Extensions that would be rejected are refused where they are read, and not emitted."""
    extensions = read_extensions(file_of(vector, tmp_path))
    assert extensions.values == ()
    assert len(extensions.problems) == 1
    if "name" in vector.path and "Expected" not in vector.rule:  # the words are not msgspec's
        assert vector.rule in extensions.problems[0].rule


@pytest.mark.parametrize("text", REJECTED_TEXTS.values(), ids=REJECTED_TEXTS.keys())
def test_rejected_texts(text: str) -> None:
    """A text that would be rejected is not emitted from any field, even if asked for verbatim."""
    seen = node(
        "n",
        operating_system=text,
        os_image=text,
        kernel_version=text,
        architecture=text,
        container_runtime_version=text,
        kubelet_version=text,
        provider_id=text,
        capacity={text: "1"},
    )
    posted = emitted(seen, master_version=text)
    assert json.dumps(text)[1:-1] not in json.dumps(posted)
