"""Every cluster has one vote a question, whatever it says."""

import pytest
from hypothesis import given, settings
from msgspec import structs

from census.counting import Received, count_received
from census.quantities import step, steps, thousandths
from census.questions import QUESTIONS, UNIT
from census.reading import TEXT_READ
from report import NamespaceCount, Node, Report, Resource, WorkloadKind, Workloads
from report.vocabulary.vocabularies import Vocabulary, lines, read
from tests.censuses import census_reports, censuses


def assert_one_vote(report: Report) -> None:
    for question in QUESTIONS:
        vote = question.vote(report)
        assert set(vote) <= set(question.answers)
        assert all(type(units) is int and units >= 0 for units in vote.values())
        assert sum(units * units for units in vote.values()) <= UNIT * UNIT
        voters = max(len(report.nodes or ()), len(vote))
        assert UNIT - voters <= sum(vote.values()) <= UNIT


@settings(max_examples=200, deadline=None)
@given(census_reports())
def test_no_cluster_moves_a_question_by_more_than_one_vote(report: Report) -> None:
    """A vote is at most 1 in L2, in whole units, among the fixed answers."""
    assert_one_vote(report)


@settings(max_examples=100, deadline=None)
@given(censuses(), censuses(max_size=4))
def test_one_more_cluster_moves_each_question_by_one_vote(
    others: list[Received], more: list[Received]
) -> None:
    """Whatever one cluster sends, and however often, each question moves by at most 1 in L2."""
    one = [each._replace(report=structs.replace(each.report, cluster_id="one")) for each in more]
    without, with_one = count_received(others), count_received(one + others)
    for question in QUESTIONS:
        before, after = without[question.name], with_one[question.name]
        moved = [after.get(each, 0) - before.get(each, 0) for each in {*before, *after}]
        assert sum(each * each for each in moved) <= UNIT * UNIT


def test_a_giant_cluster_has_one_vote() -> None:
    """20,000 nodes that differ in everything move no question further than one node does."""
    many = tuple(
        Node(
            id=str(number),
            kernel_version=f"{2 + number % 8}.{number % 99}",
            os_image=f"Debian GNU/Linux {number % 150}",
            container_runtime_version=f"containerd://{number % 50}.{number % 41}",
            capacity=(Resource("cpu", str(number)), Resource("memory", f"{number}Gi")),
        )
        for number in range(20_000)
    )
    assert_one_vote(Report(version="v", cluster_id="giant", nodes=many))


def test_the_answers_of_a_cluster() -> None:
    """Each question has the answer that a reader would give."""
    node = Node(
        id="n",
        operating_system="linux",
        os_image="Ubuntu 22.04.3 LTS",
        kernel_version="5.15.0-91-generic",
        architecture="amd64",
        container_runtime_version="containerd://1.7.13",
        kubelet_version="v1.28.4",
        cloud_provider="aws",
        capacity=(
            Resource("cpu", "4"),
            Resource("memory", "15Gi"),
            Resource("nvidia.com/gpu", "1"),
        ),
        role="worker",
    )
    report = Report(
        version="v",
        cluster_id="c",
        master_version="v1.30.2-eks",
        nodes=(node, node, node),
        distribution="eks",
        workloads=Workloads(
            namespaces=NamespaceCount(count=6),
            kinds=(WorkloadKind(kind="pods", per_namespace=(3, 0, 3)),),
        ),
    )
    answers = {each.name: each.vote(report) for each in QUESTIONS}
    assert answers.pop("podsPerNamespace") == {"0": UNIT // 2, "2-3": UNIT // 2}
    assert {name: "/".join(vote) for name, vote in answers.items()} == {
        "clusters": "clusters",
        "kubernetes": "1.30",
        "skew": "2",
        "distribution": "eks",
        "provider": "aws",
        "operatingSystem": "linux",
        "osImage": "Ubuntu 22",
        "kernel": "5.15",
        "architecture": "amd64",
        "containerRuntime": "containerd 1.7",
        "nodes": "2-3",
        "controlPlaneNodes": "0",
        "cpuPerNode": "4-7",
        "memoryPerNode": "8-15",
        "cpuPerCluster": "8-15",
        "memoryPerCluster": "32-63",
        "accelerators": "nvidia.com",
        "namespaces": "4-7",
    }


def test_a_split_vote_is_by_node() -> None:
    """Each of three nodes has a third of a vote, rounded down."""
    three = tuple(
        Node(id=str(n), architecture=a) for n, a in enumerate(("amd64", "arm64", "arm64"))
    )
    question = next(each for each in QUESTIONS if each.name == "architecture")
    vote = question.vote(Report(version="v", cluster_id="c", nodes=three))
    assert vote == {"amd64": UNIT // 3, "arm64": 2 * (UNIT // 3)}


def test_a_listed_word_is_an_answer() -> None:
    """Every architecture, provider and operating system of the vocabularies is one."""
    answers = {each.name: each.answers for each in QUESTIONS}
    for name, vocabulary in (
        ("architecture", Vocabulary.ARCHITECTURES),
        ("provider", Vocabulary.CLOUD_PROVIDERS),
        ("operatingSystem", Vocabulary.OPERATING_SYSTEMS),
    ):
        assert {text for _, text, _ in lines(read(vocabulary))} <= set(answers[name])


@pytest.mark.parametrize(
    ("text", "number"),
    [
        *(("4", 4_000), ("250m", 250), ("1.5Gi", 1_500 * 2**30), ("2k", 2_000_000)),
        *(("3M", 3 * 10**9), ("1e3", 10**6), ("5E", 5 * 10**21), ("999999u", 999), ("0", 0)),
        *(("999999999999.999Ei", 999_999_999_999_999 * 2**60), ("1.", None), (".5", None)),
        *(("1e10", None), ("1e999999999", None), ("1.2.3", None), ("four", None), ("", None)),
        *(("-4", None), ("+4", None), ("1234567890123", None), ("4mi", None), ("4i", None)),
        *(("٤", None), ("4 ", None), ("4\n", None)),
    ],
)
def test_a_size_is_in_thousandths(text: str, number: int | None) -> None:
    """As Kubernetes reads it; what is not one, or absurd, is none."""
    assert thousandths(text) == number


def test_steps_are_powers_of_two() -> None:
    """Every number falls into one listed step."""
    assert steps(8) == ("0", "1", "2-3", "4-7", "8 or more")
    assert [step(each, 8) for each in (-3, 0, 1, 3, 7, 8, 10**30)] == [
        "0", "0", "1", "2-3", "4-7", "8 or more", "8 or more",
    ]  # fmt: skip


def test_no_answer_is_longer_than_what_is_read() -> None:
    """A text is read far enough for every answer."""
    assert max(len(answer) for each in QUESTIONS for answer in each.answers) <= TEXT_READ
