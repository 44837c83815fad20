"""Generated reports that say what the census reads, and worse."""

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from census import Received
from report import NamespaceCount, Node, Report, Resource, WorkloadKind, Workloads
from tests.reports import texts

FIRST_DAY = 20_728
"""Days from 1970-01-01 to 2026-10-02."""

DAYS = 4
_DAY = 86_400
_HOUR = 3_600

_TEXTS = (
    *("v1.30.2", "1.14+", "v01.07", "v1.30", "1.3a", "v1.300", "2.0", "Ubuntu 22.04.3 LTS"),
    *("Talos (v1.6.0)", "6.1.0-18", "10.0.17763.1", "containerd://1.7.13", "cri-o://v1.29.1"),
    *("docker://99999999999.1", "linux", "amd64", "aws", "other", "several", "unknown", "none"),
    *("control-plane", "worker", "eks", "", "Debian GNU/Linux" + " " * 70 + "12", "x" * 100),
)
_SIZES = (
    *("4", "1e9", "1E9", "1e10", "1E999999999", "-5", "7.5Ti", "999999999999Ei", "0.1", "1.2.3"),
    *("3920m", "15437428Ki", "999999u", "1n", "0", "0Gi", "5E", "12e", "1.1234", ".5", "5.", "1mi"),
    *("1234567890123", "999999999999.999Ei", "8K", "8k", "10Gib", " 4", "4 ", "1e", "1e+3"),
)
_RESOURCES = (
    *("cpu", "memory", "nvidia.com/gpu", "amd.com/gpu", "intel.com/sriov", "kubernetes.io/gpu"),
    *("a.kubernetes.io/gpu", "nvidia.com/mig-1g.5gb", "/gpu", "gpu", "x.com/{gpu", "x/" + "n" * 90),
    *("y.com/xe", "y.com/xenon", "nvidia.com/gpu/x"),
)


def _texts(*listed: str) -> SearchStrategy[str]:
    return st.sampled_from(listed) | texts(at_most=40)


def _nodes() -> SearchStrategy[Node]:
    optional = st.none() | _texts(*_TEXTS)
    value = _texts(*_SIZES).filter(bool)
    resource = st.builds(Resource, _texts(*_RESOURCES).filter(bool), value)
    fields = {
        **dict.fromkeys(Node.__struct_fields__, optional),
        "id": st.just("n"),
        "capacity": st.none() | st.lists(resource, max_size=5).map(tuple),
    }
    return st.builds(Node, **fields)


def _workloads() -> SearchStrategy[Workloads]:
    counts = st.integers(0, 40) | st.integers(0, 2**53)
    kind = st.builds(
        WorkloadKind,
        kind=st.sampled_from(["pods", "jobs"]),
        per_namespace=st.lists(counts, max_size=64).map(tuple),
    )
    return st.builds(
        Workloads,
        namespaces=st.builds(NamespaceCount, count=counts),
        kinds=st.none() | st.lists(kind, max_size=3).map(tuple),
    )


def census_reports() -> SearchStrategy[Report]:
    """Return reports of a few clusters, with whatever the census reads, and worse."""
    return st.builds(
        Report,
        version=st.just("v"),
        cluster_id=st.sampled_from("abcd"),
        master_version=st.none() | _texts(*_TEXTS),
        nodes=st.none() | st.lists(_nodes(), max_size=7).map(tuple),
        distribution=st.none() | _texts(*_TEXTS),
        workloads=st.none() | _workloads(),
    )


def censuses(*, max_size: int = 8) -> SearchStrategy[list[Received]]:
    """Return reports received on a few days, several of a cluster in an hour among them."""
    day = st.integers(FIRST_DAY, FIRST_DAY + DAYS - 1)
    second = st.builds(lambda day, hour: day * _DAY + hour * _HOUR, day, st.sampled_from([0, 23]))
    return st.lists(st.builds(Received, census_reports(), second), max_size=max_size)
