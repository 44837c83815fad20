"""The rules that no type can state, on their own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from report import (
    Extension,
    InvalidReport,
    NamespaceCount,
    Node,
    Report,
    Resource,
    WorkloadKind,
    Workloads,
)
from report.rules import (
    check_characters,
    check_identity,
    is_cluster_id,
    is_plain_text,
    is_plain_value,
    is_unix_seconds,
)
from tests.reports import CLUSTER_IDS, FORBIDDEN_CHARACTERS, extension_values, reports, texts

CLUSTER_ID_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-"


@given(texts())
def test_plain_text(text: str) -> None:
    """A text without a forbidden character is plain, and not so once it holds one."""
    assert is_plain_text(text)
    for character in FORBIDDEN_CHARACTERS:
        assert not is_plain_text(text + character)


@given(extension_values())
def test_plain_value(value: str) -> None:
    """A value is plain with TAB, LF and CR too, and not with another forbidden character."""
    assert is_plain_value(f"{value}\t\n\r")
    for character in set(FORBIDDEN_CHARACTERS) - set("\t\n\r"):
        assert not is_plain_value(character + value)


@pytest.mark.parametrize("half", [0xD800, 0xDBFF, 0xDC00, 0xDFFF])
def test_half_of_a_surrogate_pair(half: int) -> None:
    """Half of a surrogate pair is no character, so no text with one may be sent."""
    assert not is_plain_text(chr(half))
    assert not is_plain_value(chr(half))


@given(st.text(max_size=130) | CLUSTER_IDS)
def test_cluster_id(text: str) -> None:
    """A cluster ID is 1 to 128 characters of a small alphabet."""
    assert is_cluster_id(text) == (1 <= len(text) <= 128 and set(text) <= {*CLUSTER_ID_CHARACTERS})


@given(st.text(min_size=1) | st.text("0123456789", min_size=1))
def test_unix_seconds(text: str) -> None:
    """UNIX seconds are ASCII digits."""
    assert is_unix_seconds(text) == (set(text) <= {*"0123456789"})


@given(reports())
def test_valid_reports(report: Report) -> None:
    """A report of plain texts breaks no rule."""
    check_identity(report)
    check_characters(report)


@pytest.mark.parametrize(
    ("path", "report"),
    [
        ("$.version", Report(version="v\x1b[0m", cluster_id="c")),
        ("$.clusterID", Report(version="v", cluster_id="c c")),
        (
            "$.extensions[1].name",
            Report(
                version="v",
                cluster_id="c",
                extensions=(Extension("a", ""), Extension("a/b/c", "")),
            ),
        ),
    ],
)
def test_identity(path: str, report: Report) -> None:
    """What is wrong with version, cluster ID or an extension's name is told with its path."""
    with pytest.raises(InvalidReport) as raised:
        check_identity(report)
    assert raised.value.path == path


@pytest.mark.parametrize(
    ("path", "node"),
    [
        ("id", Node(id="\n")),
        ("operatingSystem", Node(id="a", operating_system="\n")),
        ("osImage", Node(id="a", os_image="\n")),
        ("kernelVersion", Node(id="a", kernel_version="\n")),
        ("architecture", Node(id="a", architecture="\n")),
        ("containerRuntimeVersion", Node(id="a", container_runtime_version="\n")),
        ("kubeletVersion", Node(id="a", kubelet_version="\n")),
        ("cloudProvider", Node(id="a", cloud_provider="\n")),
        ("capacity[0].resource", Node(id="a", capacity=(Resource("\n", "1"),))),
        ("capacity[0].value", Node(id="a", capacity=(Resource("cpu", "\n"),))),
    ],
)
def test_every_field_of_a_node(path: str, node: Node) -> None:
    """A forbidden character is found in every text of a node, and its path is told."""
    report = Report(version="v", cluster_id="c", nodes=(Node(id="a"), node))
    with pytest.raises(InvalidReport) as raised:
        check_characters(report)
    assert raised.value.path == f"$.nodes[1].{path}"


def test_kind_of_workload() -> None:
    """A forbidden character is found in the kind of a workload, and its path is told."""
    kinds = tuple(WorkloadKind(kind=kind, per_namespace=()) for kind in ("pods", "\n"))
    workloads = Workloads(namespaces=NamespaceCount(count=1), kinds=kinds)
    with pytest.raises(InvalidReport) as raised:
        check_characters(Report(version="v", cluster_id="c", workloads=workloads))
    assert raised.value.path == "$.workloads.kinds[1].kind"
