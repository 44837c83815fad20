"""Counting a simulated cluster's namespaces and workloads, with the real client over HTTP."""

from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from statistics import fmean, median

import pytest

from report import Workloads
from report.workload_summary import rounded, summarise
from tools.simulator import Cluster as Simulated
from tools.simulator import (
    ConnectionReset,
    ExpiredToken,
    Forbidden,
    Refusal,
    RotateToken,
    Rule,
    Script,
    Simulator,
    Verbatim,
    running_simulator,
    unavailable,
)
from volunteer.cluster.access import Kubeconfig
from volunteer.cluster.errors import ClusterAnswerUnexpected, ClusterForbidden, ClusterListExpired
from volunteer.cluster.kubernetes_api import KubernetesApi
from volunteer.cluster.listing import Limits, Listing
from volunteer.cluster.object_kinds import NAMESPACES, WORKLOADS
from volunteer.cluster.observation import observe
from volunteer.cluster.testing import ALONE
from volunteer.testing import AlwaysLongest, JumpingClock

_TWENTY = Simulated.generate(nodes=20, seed=1)
_NOW = 1_790_000_000.0
_PODS = "/api/v1/pods"
_JOBS = "/apis/batch/v1/jobs"


@contextmanager
def _simulated(
    directory: Path, *rules: Rule, token: str | None = None
) -> Iterator[tuple[Listing, Simulator]]:
    """A cluster of which lists come in pages of forty."""
    clock = JumpingClock().clock
    with running_simulator(_TWENTY, script=Script(rules=rules, token=token)) as simulator:
        access = Kubeconfig(simulator.kubeconfig(directory / "kubeconfig", token=token))
        with closing(KubernetesApi(access, ALONE)) as api:
            limits = Limits(page_size=40)
            yield Listing(api, clock=clock, random=AlwaysLongest(), limits=limits), simulator


def _summary(listing: Listing) -> Workloads:
    workloads = observe(listing, with_uid=False, with_workloads=True).workloads
    assert workloads is not None
    return summarise(workloads, now=_NOW)


def _metadata(path: str) -> list[dict[str, object]]:
    collection = _TWENTY.collections[path]
    return [collection.metadata(position) for position in range(collection.size)]


def _age(metadata: dict[str, object]) -> float:
    return _NOW - datetime.fromisoformat(str(metadata["creationTimestamp"])).timestamp()


def test_what_the_cluster_holds(tmp_path: Path) -> None:
    """Counts and ages are those of the objects in the cluster, whatever the pages."""
    with _simulated(tmp_path) as (listing, _):
        summary = _summary(listing)
    names = [each["name"] for each in _metadata(NAMESPACES.path)]
    assert summary.namespaces.count == len(names)
    assert summary.namespaces.mean_age == rounded(fmean(map(_age, _metadata(NAMESPACES.path))))
    sent = {kind.kind: kind for kind in summary.kinds or ()}
    assert list(sent) == [kind.plural for kind in WORKLOADS]
    for kind in WORKLOADS:
        objects = _metadata(kind.path)
        counts = Counter(each["namespace"] for each in objects)
        buckets = Counter(len(f"{counts[name]:b}") if counts[name] else 0 for name in names)
        histogram = sent[kind.plural].per_namespace
        assert {index: count for index, count in enumerate(histogram) if count} == buckets
        ages = [_age(each) for each in objects]
        assert sent[kind.plural].mean_age == (rounded(fmean(ages)) if ages else None)
        assert sent[kind.plural].median_age == (rounded(median(ages)) if ages else None)


def test_metadata_only(tmp_path: Path) -> None:
    """Each list is asked for in pages, as metadata and in no other form."""
    with _simulated(tmp_path) as (listing, simulator):
        _summary(listing)
    lists = [request for request in simulator.requests if request.path != "/version"]
    assert {request.path for request in lists} == {kind.path for kind in (NAMESPACES, *WORKLOADS)}
    assert {request.headers["accept"] for request in lists} == {
        "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
    }
    assert {request.query["limit"] for request in lists} == {"40"}
    assert sum(request.path == _PODS for request in lists) > 1


def test_only_when_asked(tmp_path: Path) -> None:
    """Unless asked for, nothing but the version and the nodes is listed."""
    with _simulated(tmp_path) as (listing, simulator):
        observation = observe(listing, with_uid=False)
        assert len(list(observation.nodes)) == 20
    assert observation.workloads is None
    assert {request.path for request in simulator.requests} == {"/version", "/api/v1/nodes"}


def test_lazy_listing(tmp_path: Path) -> None:
    """A kind is listed only when it is its turn."""
    with _simulated(tmp_path) as (listing, simulator):
        workloads = observe(listing, with_uid=False, with_workloads=True).workloads
        assert workloads is not None
        assert {request.path for request in simulator.requests} == {"/version", NAMESPACES.path}
        next(iter(workloads.kinds))
        assert simulator.requests[-1].path == _PODS


@pytest.mark.parametrize(
    "fault", [ExpiredToken(fresh=True), unavailable(2), ConnectionReset(after_bytes=100)]
)
def test_what_passes(tmp_path: Path, fault: ExpiredToken | ConnectionReset | Refusal) -> None:
    """What goes wrong between two pages and passes changes no number."""
    with _simulated(tmp_path) as (listing, _):
        expected = _summary(listing)
    with _simulated(tmp_path, Rule(path=_PODS, first=2, fault=fault)) as (listing, _):
        assert _summary(listing) == expected


def test_expired_without_token(tmp_path: Path) -> None:
    """A list that expired without a fresh token is void."""
    rule = Rule(path=_PODS, first=2, fault=ExpiredToken(fresh=False))
    with _simulated(tmp_path, rule) as (listing, _), pytest.raises(ClusterListExpired):
        _summary(listing)


def test_rotated_token(tmp_path: Path) -> None:
    """A token that is rotated between two pages is read again."""
    rotation = Rule(path=_PODS, first=2, fault=RotateToken(token="new"))
    with _simulated(tmp_path, rotation, token="old") as (listing, simulator):
        workloads = observe(listing, with_uid=False, with_workloads=True).workloads
        assert workloads is not None
        simulator.kubeconfig(tmp_path / "kubeconfig", token="new")
        assert len(summarise(workloads, now=_NOW).kinds or ()) == len(WORKLOADS)


@pytest.mark.parametrize("path", [_PODS, _JOBS])
def test_not_served(tmp_path: Path, path: str) -> None:
    """A kind that the cluster does not serve is left out, and the others are there."""
    rule = Rule(path=path, fault=Verbatim(code=404, body=b"404 page not found\n"))
    with _simulated(tmp_path, rule) as (listing, _):
        kinds = [kind.kind for kind in _summary(listing).kinds or ()]
    assert kinds == [kind.plural for kind in WORKLOADS if kind.path != path]


def test_namespaces_not_served(tmp_path: Path) -> None:
    """A server without namespaces does not answer as the Kubernetes API does."""
    rule = Rule(path=NAMESPACES.path, fault=Verbatim(code=404, body=b""))
    with _simulated(tmp_path, rule) as (listing, _), pytest.raises(ClusterAnswerUnexpected):
        _summary(listing)


def test_forbidden(tmp_path: Path) -> None:
    """A missing rule of RBAC is named, with the lines that grant all that the flag needs."""
    rule = Rule(path=_JOBS, fault=Forbidden(user="system:serviceaccount:census:volunteer"))
    with (
        _simulated(tmp_path, rule) as (listing, simulator),
        pytest.raises(ClusterForbidden) as refusal,
    ):
        _summary(listing)
    assert str(refusal.value) == (
        f"cluster at {simulator.url}: forbids `list jobs` (RBAC), which --include workloads"
        " needs; this grants it:"
        " kubectl create clusterrole spartakus-volunteer-workloads --verb=list"
        " --resource=namespaces,pods,services,deployments.apps,statefulsets.apps,"
        "daemonsets.apps,jobs.batch,cronjobs.batch,ingresses.networking.k8s.io,configmaps,"
        "persistentvolumeclaims"
        " && kubectl create clusterrolebinding spartakus-volunteer-workloads"
        " --clusterrole=spartakus-volunteer-workloads"
        " --serviceaccount=YOUR-NAMESPACE:YOUR-ACCOUNT"
    )
