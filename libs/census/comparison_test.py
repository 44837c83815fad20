"""Where a cluster stands."""

from datetime import date
from random import Random
from typing import Final

import msgspec
import pytest

from census.accounting import Budget
from census.comparison import (
    SIZES,
    STEPS_BEHIND,
    VERSIONS,
    VOTERS,
    Compared,
    Comparison,
    Share,
    Standing,
    compare,
)
from census.counting import count
from census.periods import Period
from census.publishing import exact_release_of, release_of
from census.quantities import steps
from census.questions import QUESTIONS
from census.release import Release
from report.schema import Node, Report, Resource

_PERIOD: Final = Period(date(2026, 11, 1), date(2026, 11, 30))


def _node(
    *,
    os_image: str | None = None,
    kernel_version: str | None = None,
    architecture: str | None = None,
    container_runtime_version: str | None = None,
) -> Node:
    return Node(
        id="n",
        os_image=os_image,
        kernel_version=kernel_version,
        architecture=architecture,
        container_runtime_version=container_runtime_version,
    )


def _cluster(minor: int, *nodes: Node, distribution: str | None = None) -> Report:
    return Report(
        version="v2",
        cluster_id="c",
        master_version=f"v1.{minor}.3",
        nodes=nodes,
        distribution=distribution,
    )


def _census(*reports: Report) -> Release:
    return exact_release_of(count(reports), _PERIOD)


def _question(comparison: Comparison, name: str) -> Compared:
    (found,) = [each for each in comparison.questions if each.question == name]
    return found


def _only(comparison: Comparison, name: str) -> Standing:
    (found,) = _question(comparison, name).answers
    return found


def _shares(standing: Standing) -> tuple[float | None, float | None, float | None]:
    """Return how much of the census is the same, below, and above."""
    return _share(standing.census), _share(standing.below), _share(standing.above)


def _share(share: Share | None) -> float | None:
    return None if share is None else share.share


def test_versions() -> None:
    """A version is compared as numbers are: 1.9 is older than 1.30."""
    census = _census(*(_cluster(minor) for minor in (9, 30, 30, 31, 32)))
    standing = _only(compare(_cluster(30), census), "kubernetes")
    assert (standing.answer, standing.part) == ("1.30", 1.0)
    assert _shares(standing) == (0.4, 0.2, 0.4)


def test_sizes() -> None:
    """A size is compared by its step, whether or not its own step is shown."""
    census = _census(*(_cluster(30, *[_node()] * nodes) for nodes in (1, 1, 3, 100)))
    standing = _only(compare(_cluster(30, *[_node()] * 9), census), "nodes")
    assert standing.answer == "8-15"
    assert _shares(standing) == (None, 0.75, 0.25)


def test_words() -> None:
    """Words have no order."""
    census = _census(*(_cluster(30, distribution=word) for word in ("k3s", "eks", "eks", "eks")))
    standing = _only(compare(_cluster(30, distribution="k3s"), census), "distribution")
    assert _shares(standing) == (0.25, None, None)


def test_split_vote() -> None:
    """A cluster with nodes of several kinds stands in several places, the largest part first."""
    arm, amd = _node(architecture="arm64"), _node(architecture="amd64")
    census = _census(_cluster(30, arm, amd, amd, amd), _cluster(30, amd))
    found = _question(compare(_cluster(30, arm, amd, amd, amd), census), "architecture")
    assert [(each.answer, each.part, _shares(each)[0]) for each in found.answers] == [
        ("amd64", 0.75, 0.875),
        ("arm64", 0.25, 0.125),
    ]


def test_same_name() -> None:
    """Runtimes and images are compared with those of the same name alone, and Windows' kernels
    with none.
    """
    texts = ("containerd://1.7.1", "containerd://2.0.0", "cri-o://1.30.0", "docker://19.3.1")
    census = _census(*(_cluster(30, _node(container_runtime_version=text)) for text in texts))
    mine = _cluster(30, _node(container_runtime_version="containerd://1.7.9"))
    assert _shares(_only(compare(mine, census), "containerRuntime")) == (0.25, 0.0, 0.25)
    kernels = _census(*(_cluster(30, _node(kernel_version=text)) for text in ("6.1.0", "10.0.1")))
    linux = _cluster(30, _node(kernel_version="6.1.0"))
    assert _shares(_only(compare(linux, kernels), "kernel")) == (0.5, 0.0, 0.0)


def test_images() -> None:
    """Releases of one family have an order, and families among themselves have none."""
    texts = ("Ubuntu 22.04.3 LTS", "Ubuntu 24.04.1 LTS", "Debian GNU/Linux 12 (bookworm)")
    census = _census(*(_cluster(30, _node(os_image=text)) for text in texts))
    mine = _only(compare(_cluster(30, _node(os_image=texts[0])), census), "osImage")
    assert mine.answer == "Ubuntu 22"
    assert _shares(mine) == (0.3333, 0.0, 0.3333)


def test_unusual() -> None:
    """What no vocabulary knows, or a report does not say, is compared as that, and never quoted."""
    mine = _cluster(30, _node(os_image="ACME secret", architecture="arm64"))
    comparison = compare(mine, _census(_cluster(31)))
    assert _only(comparison, "osImage").answer == "other"
    assert _only(comparison, "kernel").answer == "unknown"
    assert "ACME" not in str(comparison)


def test_no_nodes() -> None:
    """A cluster without nodes has an answer to each question."""
    comparison = compare(_cluster(30), _census(_cluster(30)))
    assert [each.question for each in comparison.questions] == [each.name for each in QUESTIONS[1:]]
    assert all(each.answers for each in comparison.questions)


def test_interval_of_a_sum() -> None:
    """The interval of a sum is wider than that of one cell, and holds its share."""
    reports = [_cluster(minor) for minor in (28, 29, 30, 31) for _ in range(500)]
    random = Random(1)
    release = release_of(count(reports), _PERIOD, Budget(), random.getrandbits)
    standing = _only(compare(_cluster(31), release), "kubernetes")
    assert standing.below is not None
    assert standing.census is not None
    assert standing.below.low < 0.75 < standing.below.high
    margin = standing.census.share - standing.census.low
    assert standing.below.share - standing.below.low > margin * 1.5


def test_what_is_not_shown_may_belong() -> None:
    """The upper end of a part counts all that is not shown elsewhere."""
    release = _census(*(_cluster(minor) for minor in (29, 30, 31, 31)))
    (asked,) = [each for each in release.answers if each.question == "kubernetes"]
    shown = tuple(cell for cell in asked.cells if cell.answer != "1.29")
    folded = msgspec.structs.replace(
        release, answers=(msgspec.structs.replace(asked, cells=shown),)
    )
    standing = _only(compare(_cluster(30), folded), "kubernetes")
    assert standing.below == Share(share=0.0, low=0.0, high=0.25)
    assert standing.above == Share(share=0.5, low=0.5, high=0.75)


def test_nobody() -> None:
    """A release of no cluster compares nothing."""
    comparison = compare(_cluster(30), _census())
    assert (comparison.questions, comparison.not_asked, comparison.not_known) == ((), (), 0)


def test_too_few() -> None:
    """A release that shows nothing compares nothing, and misses nothing."""
    comparison = compare(_cluster(30), msgspec.structs.replace(_census(), answers=()))
    assert (comparison.questions, comparison.not_asked, comparison.not_known) == ((), (), 0)


def test_other_questions() -> None:
    """Questions that one side lacks are counted, or named in this program's own words."""
    release = _census(_cluster(30))
    strange = msgspec.structs.replace(release.answers[0], question="strange", title="\x1b[2J")
    comparison = compare(
        _cluster(30), msgspec.structs.replace(release, answers=(strange, *release.answers[1:]))
    )
    assert comparison.not_asked == ("Version of the control plane",)
    assert comparison.not_known == 1
    assert "\x1b" not in str(comparison)


def test_tables() -> None:
    """Every question with steps for answers has an order, and the tables name questions only."""
    stepped = {
        each.name
        for each in QUESTIONS
        if each.answers[: len(steps(1 << 5)) - 1] == steps(1 << 5)[:-1]
    }
    assert stepped == SIZES
    assert SIZES | STEPS_BEHIND | VERSIONS | VOTERS.keys() <= {each.name for each in QUESTIONS}


@pytest.mark.parametrize("name", sorted(VERSIONS))
def test_versions_are_numbered(name: str) -> None:
    """What is said to be a version has answers with numbers."""
    (question,) = [each for each in QUESTIONS if each.name == name]
    assert sum(each[-1].isdigit() for each in question.answers) > len(question.answers) / 2


def test_quantities() -> None:
    """A node's memory is compared in GiB."""
    node = Node(id="n", capacity=(Resource(resource="memory", value="16Gi"),))
    standing = _only(compare(_cluster(30, node), _census(_cluster(30, node))), "memoryPerNode")
    assert (standing.answer, _shares(standing)) == ("16-31", (1.0, 0.0, 0.0))
