"""A fleet looks like a census: skewed, with long tails, and in motion."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from statistics import median

import report
from census import count
from census.questions import UNIT
from report import Report
from tools.fleet.catalogue import distributions, images, providers
from tools.fleet.clusters import Cluster
from tools.fleet.reports import fleet, report_of

TODAY = date(2026, 11, 25)
EARLIER = date(2026, 6, 10)
CLUSTERS = fleet(600, months=6, seed=1, today=TODAY)


def reports_on(day: date, clusters: Sequence[Cluster] = CLUSTERS) -> list[Report]:
    """Return what the clusters that are there report on a day."""
    return [report_of(each, day, timestamp=1) for each in clusters if each.is_there(day)]


REPORTS = reports_on(TODAY)
EARLIER_REPORTS = reports_on(EARLIER)


def shares(reports: Sequence[Report], question: str) -> dict[str, float]:
    """Return what the census would say of a question, as shares of the clusters."""
    return {
        answer: units / UNIT / len(reports) for answer, units in count(reports)[question].items()
    }


def mean_minor(reports: Sequence[Report]) -> float:
    """Return the mean minor of the API servers."""
    counted = shares(reports, "kubernetes")
    return sum(int(minor.removeprefix("1.")) * share for minor, share in counted.items())


def test_data_files() -> None:
    """Every image and provider that a distribution names is described, and every one is named."""
    named = {name for each in distributions() for name in each.images}
    assert named | {each for each in images() if each.startswith("windows")} == set(images())
    assert {name for each in distributions() for name in each.providers} == set(providers())


def test_wire_rules() -> None:
    """Every report is one that a collector accepts."""
    assert [report.decode(report.encode(each)) for each in REPORTS] == REPORTS


def test_distribution() -> None:
    """What makes up a distribution's nodes is what the report library knows it by."""
    words = {each.distribution for each in REPORTS}
    assert words <= {each.word for each in distributions()}
    for cluster, made in zip(
        (each for each in CLUSTERS if each.is_there(TODAY)), REPORTS, strict=True
    ):
        assert made.distribution == cluster.distribution.word


def test_everything_is_public() -> None:
    """Images, kernels, runtimes and versions are public words: no text of a node is withheld."""
    texts = {
        text
        for made in REPORTS
        for node in made.nodes or ()
        for text in (node.os_image, node.container_runtime_version, node.kubelet_version)
    }
    assert "other" not in texts
    without_kernel = {
        made.distribution
        for made in REPORTS
        for node in made.nodes or ()
        if node.kernel_version is None and node.kubelet_version != "kwok-v0.7.0"
    }
    assert without_kernel == set()


def test_distributions() -> None:
    """Three managed distributions lead, none has all, and there is a long tail."""
    counted = shares(REPORTS, "distribution")
    assert set(sorted(counted, key=lambda word: -counted[word])[:3]) == {"eks", "gke", "aks"}
    assert 0.13 < counted["eks"] < 0.26
    assert len([share for share in counted.values() if share < 0.03]) >= 10


def test_sizes() -> None:
    """Half of the clusters are small, and the largest has a hundred times as many nodes."""
    sizes = sorted(len(each.nodes or ()) for each in REPORTS)
    assert 3 <= median(sizes) <= 8
    assert sizes[-1] > 100 * sizes[0]
    assert sum(sizes[-len(sizes) // 10 :]) > sum(sizes) / 3


def test_mixture() -> None:
    """There are both architectures, Windows nodes, accelerators, skew, and workloads of some."""
    assert 0.04 < shares(REPORTS, "architecture")["arm64"] < 0.2
    assert 0 < shares(REPORTS, "operatingSystem")["windows"] < 0.03
    assert 0.02 < shares(REPORTS, "accelerators")["nvidia.com"] < 0.15
    assert 0.6 < shares(REPORTS, "skew")["0"] < 0.95
    assert 0.1 < sum(each.workloads is not None for each in REPORTS) / len(REPORTS) < 0.3


def test_control_planes() -> None:
    """A managed cluster shows no node of its control plane, one that runs itself shows some."""
    roles = {
        word: Counter(
            any(node.role == "control-plane" for node in made.nodes or ())
            for made in REPORTS
            if made.distribution == word
        )
        for word in ("eks", "gke", "openshift", "talos")
    }
    assert not roles["eks"][True]
    assert not roles["gke"][True]
    assert not roles["openshift"][False]
    assert not roles["talos"][False]


def test_motion() -> None:
    """In five months the fleet moves on by one minor or two, and some clusters do not move."""
    assert 0.8 < mean_minor(REPORTS) - mean_minor(EARLIER_REPORTS) < 2.2
    assert shares(EARLIER_REPORTS, "kubernetes").get("1.36", 0) < 0.05
    assert shares(REPORTS, "kubernetes")["1.36"] > 0.2
    before = {each.cluster_id: each.master_version for each in EARLIER_REPORTS}
    stayed = [each for each in REPORTS if before.get(each.cluster_id) == each.master_version]
    assert 0.01 < len(stayed) / len(REPORTS) < 0.25


def test_joining_and_leaving() -> None:
    """Some clusters come in the months that are watched, some go, and the fleet grows."""
    now, before = ({each.cluster_id for each in made} for made in (REPORTS, EARLIER_REPORTS))
    assert len(now) == 600
    assert 0.6 * len(now) < len(before) < 0.95 * len(now)
    assert len(before - now) > 10


def test_same_nodes() -> None:
    """A cluster's nodes keep their pseudonyms from month to month."""
    before = {each.cluster_id: {node.id for node in each.nodes or ()} for each in EARLIER_REPORTS}
    kept = [
        len(before[each.cluster_id] & {node.id for node in each.nodes or ()})
        / min(len(before[each.cluster_id]), len(each.nodes or ()))
        for each in REPORTS
        if each.cluster_id in before
    ]
    assert min(kept) == 1


def test_repeatable() -> None:
    """The same seed gives the same reports, another one other clusters."""
    few = fleet(20, months=6, seed=1, today=TODAY)
    assert reports_on(TODAY, few) == reports_on(
        TODAY, fleet(20, months=6, seed=1, today=TODAY - timedelta(days=3))
    )
    others = reports_on(TODAY, fleet(20, months=6, seed=2, today=TODAY))
    ids = {each.cluster_id for each in reports_on(TODAY, few)}
    assert ids.isdisjoint(each.cluster_id for each in others)
