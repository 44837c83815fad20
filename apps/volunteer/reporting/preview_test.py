"""What a preview says."""

from collections.abc import Sequence
from itertools import pairwise

from report import (
    Anonymised,
    Extension,
    NamespaceCount,
    Node,
    Report,
    Resource,
    Withheld,
    WorkloadKind,
    Workloads,
)
from report.pseudonym import PseudonymSource
from volunteer.reporting.prepare import Prepared
from volunteer.reporting.preview import render

_WITHHELD = (
    Withheld("kernelVersion", "its suffix is not a public one", 3, "--verbatim kernelVersion"),
    Withheld("cloudProvider", "its scheme is not a public one", 1, None),
)


def _prepared(
    *,
    nodes: tuple[Node, ...] = (Node(id="ab" * 16, os_image="Debian", architecture="amd64"),),
    extensions: tuple[Extension, ...] = (),
    withheld: tuple[Withheld, ...] = (),
    source: PseudonymSource = PseudonymSource.SECRET,
    workloads: Workloads | None = None,
    distribution: str | None = None,
) -> Prepared:
    report = Report(
        version="v2.0.0",
        timestamp="1700000000",
        cluster_id="my-cluster",
        master_version="v1.31.2",
        nodes=nodes,
        extensions=extensions,
        workloads=workloads,
        distribution=distribution,
    )
    return Prepared(Anonymised(report, withheld), source, b"x" * 123)


def _lines(
    prepared: Prepared,
    *,
    verbatim: frozenset[str] = frozenset(),
    chose_cluster_id: bool = True,
    headers: Sequence[str] = (),
    warnings: Sequence[str] = (),
) -> list[str]:
    text = render(
        prepared,
        destination="to https://census.example/api/v1",
        headers=headers,
        warnings=warnings,
        verbatim=verbatim,
        chose_cluster_id=chose_cluster_id,
    )
    return text.splitlines()


def test_distribution_and_role() -> None:
    """The word for the distribution and the roles of nodes stand beside why they are anonymous."""
    nodes = (Node(id="ab" * 16, role="worker"), Node(id="cd" * 16, role="worker"))
    lines = _lines(_prepared(nodes=nodes, distribution="k3s"))
    assert "  distribution: a word of a public vocabulary, the same in many clusters" in lines
    assert "      k3s" in lines
    assert "  role: one of two words, by Kubernetes' own label keys" in lines
    assert "      worker  (2x)" in lines


def test_where() -> None:
    """It begins with where the report would go, and that nothing was sent."""
    assert _lines(_prepared())[0] == (
        "This report would go to https://census.example/api/v1. Nothing has been sent."
    )


def test_values_and_reasons() -> None:
    """Each field has its value below the reason why it is anonymous."""
    lines = _lines(_prepared())
    field = lines.index("  osImage: a word of a public vocabulary, the same in many clusters")
    assert lines[field + 1] == "      Debian"
    field = lines.index("  id: a pseudonym: BLAKE2b, keyed with the secret of --key-file")
    assert lines[field + 1] == "      " + "ab" * 16


def test_every_value_of_the_report() -> None:
    """Every value that would be sent is on the preview of a small cluster."""
    node = Node(
        id="cd" * 16,
        operating_system="linux",
        os_image="Talos (v1.8.2)",
        kernel_version="6.6.58",
        architecture="arm64",
        container_runtime_version="containerd://2.0.0",
        kubelet_version="v1.31.3",
        cloud_provider="hcloud",
        capacity=(Resource("cpu", "4"), Resource("memory", "8Gi")),
    )
    text = "\n".join(_lines(_prepared(nodes=(node,), extensions=(Extension("a/b", "c"),))))
    for value in (
        *("v2.0.0", "1700000000", "my-cluster", "v1.31.2", "cd" * 16, "linux", "Talos (v1.8.2)"),
        *("6.6.58", "arm64", "containerd://2.0.0", "v1.31.3", "hcloud", "cpu: 4", "memory: 8Gi"),
        "a/b: c",
    ):
        assert value in text


def test_workloads() -> None:
    """Of workloads each number is shown, a histogram in words, below the reason."""
    kinds = (
        WorkloadKind(kind="pods", per_namespace=(5, 0, 2, 1), mean_age=450_000, median_age=86_000),
        WorkloadKind(kind="jobs", per_namespace=(7, 1)),
    )
    workloads = Workloads(
        namespaces=NamespaceCount(count=8, mean_age=8_600_000, median_age=7_900_000), kinds=kinds
    )
    lines = _lines(_prepared(workloads=workloads))
    first = lines.index("Workloads: numbers only, because you asked for them with --include")
    assert lines[first + 1 : first + 15] == [
        "  namespaces.count: a number, and no name",
        "      8",
        "  namespaces.meanAge: seconds, to two digits",
        "      8600000",
        "  namespaces.medianAge: seconds, to two digits",
        "      7900000",
        "  pods.perNamespace: how many namespaces have so many, in steps of powers of two",
        "      5 with 0, 2 with 2-3, 1 with 4-7",
        "  pods.meanAge: seconds, to two digits",
        "      450000",
        "  pods.medianAge: seconds, to two digits",
        "      86000",
        "  jobs.perNamespace: how many namespaces have so many, in steps of powers of two",
        "      7 with 0, 1 with 1",
    ]
    assert lines[first + 15] == "  jobs.meanAge: not sent"


def test_no_workloads() -> None:
    """Of workloads nothing is said where there are none."""
    assert not any(line.startswith("Workloads") for line in _lines(_prepared()))


def test_counts() -> None:
    """Values that many nodes share are shown once, the most frequent first."""
    nodes = tuple(
        Node(id=f"{number:032x}", architecture="arm64" if number == 0 else "amd64")
        for number in range(5)
    )
    lines = _lines(_prepared(nodes=nodes))
    first = lines.index("      amd64  (4x)")
    assert lines[first + 1] == "      arm64"


def test_many_values() -> None:
    """Of many values the first are shown, and how many others there are."""
    nodes = tuple(Node(id=f"{number:032x}") for number in range(20))
    lines = _lines(_prepared(nodes=nodes))
    assert "Nodes: 20" in lines
    assert "      and 12 other values (`preview --json` has all)" in lines


def test_not_sent() -> None:
    """A field without a value is said not to be sent."""
    assert "  kernelVersion: not sent" in _lines(_prepared())


def test_withheld() -> None:
    """What was withheld is named with the rule, how often, and the flag that would send it."""
    lines = _lines(_prepared(withheld=_WITHHELD))
    first = lines.index("Withheld")
    assert lines[first + 1 : first + 3] == [
        "  kernelVersion (3x): its suffix is not a public one; --verbatim kernelVersion sends it",
        "  cloudProvider (1x): its scheme is not a public one; no flag sends it",
    ]


def test_nothing_withheld() -> None:
    """That nothing was withheld is said too."""
    assert "  nothing: every value was recognised" in _lines(_prepared())


def test_verbatim() -> None:
    """A field that goes as it is, is not called anonymous."""
    lines = _lines(_prepared(), verbatim=frozenset({"osImage"}))
    assert "  osImage: as it is in the cluster, because you asked for it with --verbatim" in lines


def test_cluster_id() -> None:
    """It says whether the cluster ID is the user's own or derived."""
    assert "  clusterID: what you chose with --cluster-id" in _lines(_prepared())
    derived = _lines(_prepared(), chose_cluster_id=False)
    assert "  clusterID: derived; it cannot be reversed" in derived


def test_weaker_keys() -> None:
    """A weaker key says so, and so does none; both name the stronger one."""
    for source, end in (
        (PseudonymSource.CLUSTER_UID, "; --key-file is stronger"),
        (PseudonymSource.NONE, "for want of a key; with --key-file it stays"),
    ):
        (line,) = [line for line in _lines(_prepared(source=source)) if line.startswith("  id: ")]
        assert line.endswith(end)


def test_one_line_a_value() -> None:
    """A value with control characters stays on its line and is cut when it is long."""
    value = "a\nb\x9b31m" + "x" * 200
    lines = _lines(_prepared(extensions=(Extension("key", value),)))
    (line,) = [line for line in lines if "key: " in line]
    assert line.startswith("  key: a\\nb\\x9b31mxxx")
    assert line.endswith("x…")


def test_size() -> None:
    """It ends with the size in bytes."""
    assert _lines(_prepared())[-1] == (
        "Size: 123 bytes before padding; `preview --json` prints them exactly."
    )


def test_warnings_and_headers() -> None:
    """It warns as a run does and shows the headers of the request, each as a section."""
    lines = _lines(_prepared(), warnings=["it is plain http"], headers=["Host: census.example"])
    assert lines[1:8] == [
        "",
        "Warnings",
        "  it is plain http",
        "",
        "Headers of the request that would carry it",
        "  Host: census.example",
        "",
    ]


def test_no_empty_sections() -> None:
    """What there is nothing to say about is left out, without a hole."""
    lines = _lines(_prepared())
    assert not {"Warnings", "Headers of the request that would carry it"} & set(lines)
    assert ("", "") not in set(pairwise(lines))
