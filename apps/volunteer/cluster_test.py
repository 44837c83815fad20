"""Looking at a simulated cluster with the real client, through all that may go wrong."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tools.simulator import (
    Cluster as Simulated,
)
from tools.simulator import (
    ConnectionReset,
    ExpiredToken,
    Forbidden,
    Refusal,
    RotateToken,
    Rule,
    Script,
    Silence,
    Simulator,
    SlowBytes,
    Verbatim,
    internal_error,
    running_simulator,
    throttled,
    unavailable,
)
from volunteer.clock import system_clock
from volunteer.cluster import Cluster
from volunteer.cluster_access import Kubeconfig
from volunteer.errors import (
    ClusterAnswerUnexpected,
    ClusterBusy,
    ClusterForbidden,
    ClusterListExpired,
    ClusterListKeepsExpiring,
    ClusterSilent,
    ClusterTooSlow,
    ClusterUnauthorized,
    ClusterUnreachable,
)
from volunteer.kubernetes_api import KubernetesApi
from volunteer.listing import Limits
from volunteer.testing import AlwaysLongest, JumpingClock, free_port

_NODES = "/api/v1/nodes"
_UID = "/api/v1/namespaces/kube-system"
_SEVEN = Simulated.generate(nodes=7, seed=1)
_PAGES_OF_THREE = Limits(page_size=3)


@contextmanager
def _simulated(
    directory: Path,
    *rules: Rule,
    token: str | None = None,
    clock: JumpingClock | None = None,
    limits: Limits = _PAGES_OF_THREE,
) -> Iterator[tuple[Cluster, Simulator]]:
    """A cluster of seven nodes in three pages; `token` is right at first, until a rule says so."""
    time = clock.clock if clock else system_clock()
    with running_simulator(_SEVEN, script=Script(rules=rules, token=token)) as simulator:
        access = Kubeconfig(simulator.kubeconfig(directory / "kubeconfig", token=token))
        with closing(KubernetesApi(access, now=time.now)) as api:
            yield Cluster(api, clock=time, random=AlwaysLongest(), limits=limits), simulator


def _names(cluster: Cluster) -> list[str]:
    observation = cluster.observe(with_uid=False)
    return [node.name.reveal() for node in observation.nodes]


def _all_names(directory: Path) -> list[str]:
    with _simulated(directory, limits=Limits()) as (cluster, _):
        return _names(cluster)


def test_pages(tmp_path: Path) -> None:
    """Every node is seen once, in pages."""
    with _simulated(tmp_path) as (cluster, simulator):
        names = _names(cluster)
    assert len(names) == len(set(names)) == 7
    lists = [request for request in simulator.requests if request.path == _NODES]
    assert [request.query["limit"] for request in lists] == ["3", "3", "3"]


def test_page_size() -> None:
    """A page holds 500 nodes."""
    assert Limits().page_size == 500


def test_what_is_asked(tmp_path: Path) -> None:
    """The API server is asked for the version and for nodes, by a client that says what it is."""
    with _simulated(tmp_path) as (cluster, simulator):
        _names(cluster)
    assert {request.path for request in simulator.requests} == {"/version", _NODES}
    assert {request.method for request in simulator.requests} == {"GET"}
    agents = {request.headers["user-agent"] for request in simulator.requests}
    assert agents == {"spartakus-volunteer/v2.0.0"}
    assert {request.headers["accept-encoding"] for request in simulator.requests} == {"gzip"}


def test_lazy_listing(tmp_path: Path) -> None:
    """Nodes are listed only while they are read."""
    with _simulated(tmp_path) as (cluster, simulator):
        nodes = iter(cluster.observe(with_uid=False).nodes)
        next(nodes)
        assert [request.path for request in simulator.requests] == ["/version", _NODES]


def test_uid(tmp_path: Path) -> None:
    """The UID of kube-system is asked for where it is wanted."""
    with _simulated(tmp_path) as (cluster, simulator):
        uid = cluster.observe(with_uid=True).kube_system_uid
    assert uid is not None
    assert len(uid.reveal()) == 36
    assert simulator.requests[-1].path == _UID


def test_uid_forbidden(tmp_path: Path) -> None:
    """Without permission for it there is no UID, and that is no error."""
    with _simulated(tmp_path, Rule(path=_UID, fault=Forbidden())) as (cluster, _):
        assert cluster.observe(with_uid=True).kube_system_uid is None


def test_version_forbidden(tmp_path: Path) -> None:
    """Without permission for the version it is empty: `list nodes` is all that is needed."""
    with _simulated(tmp_path, Rule(path="/version", fault=Forbidden())) as (cluster, _):
        assert cluster.observe(with_uid=False).master_version.reveal() == ""


def test_expired_with_token(tmp_path: Path) -> None:
    """A list that expired goes on with the fresh token, and no node comes twice."""
    expected = _all_names(tmp_path)
    rule = Rule(path=_NODES, first=2, fault=ExpiredToken(fresh=True))
    with _simulated(tmp_path, rule) as (cluster, _):
        assert _names(cluster) == expected


def test_expired_without_token(tmp_path: Path) -> None:
    """A list that expired without a fresh token is void, and a second look is complete."""
    expected = _all_names(tmp_path)
    rule = Rule(path=_NODES, first=2, fault=ExpiredToken(fresh=False))
    with _simulated(tmp_path, rule) as (cluster, _):
        with pytest.raises(ClusterListExpired):
            _names(cluster)
        assert _names(cluster) == expected


@pytest.mark.parametrize("fresh", [True, False])
def test_keeps_expiring(tmp_path: Path, fresh: bool) -> None:  # noqa: FBT001 - pytest's way
    """A list that expires three times is given up."""
    rule = Rule(path=_NODES, first=2, times=None, fault=ExpiredToken(fresh=fresh))
    with (
        _simulated(tmp_path, rule) as (cluster, _),
        pytest.raises(ClusterListKeepsExpiring, match="the list expired 3 times"),
    ):
        _names_in_the_end(cluster)


def _names_in_the_end(cluster: Cluster) -> list[str]:
    while True:
        try:
            return _names(cluster)
        except ClusterListExpired:
            continue


@pytest.mark.parametrize("fault", [throttled(20), unavailable(20)])
def test_retry_after(tmp_path: Path, fault: Refusal) -> None:
    """Retry-After of a 429 or 503 is waited for in full, in mid-list too."""
    clock = JumpingClock()
    with _simulated(tmp_path, Rule(path=_NODES, first=2, fault=fault), clock=clock) as (cluster, _):
        assert len(_names(cluster)) == 7
    assert clock.sleeps == [21.0]


def test_server_errors(tmp_path: Path) -> None:
    """A 500 is tried again with growing waits."""
    clock = JumpingClock()
    rule = Rule(path=_NODES, times=4, fault=internal_error())
    with _simulated(tmp_path, rule, clock=clock) as (cluster, _):
        assert len(_names(cluster)) == 7
    assert clock.sleeps == [1, 2, 4, 8]


def test_lasting_server_errors(tmp_path: Path) -> None:
    """A server that stays busy is given up after five attempts."""
    rule = Rule(path=_NODES, times=None, fault=internal_error())
    with (
        _simulated(tmp_path, rule, clock=JumpingClock()) as (cluster, simulator),
        pytest.raises(ClusterBusy, match=r"answered 500$"),
    ):
        _names(cluster)
    assert sum(request.path == _NODES for request in simulator.requests) == 5


def test_impossible_retry_after(tmp_path: Path) -> None:
    """A server that asks for more time than one look has is given up at once."""
    clock = JumpingClock()
    rule = Rule(path=_NODES, fault=throttled(3_600))
    with _simulated(tmp_path, rule, clock=clock) as (cluster, _), pytest.raises(ClusterBusy):
        _names(cluster)
    assert clock.sleeps == []


@pytest.mark.parametrize("after_bytes", [0, 100])
def test_reset_in_mid_page(tmp_path: Path, after_bytes: int) -> None:
    """A connection that breaks within a page costs one more attempt and no node."""
    expected = _all_names(tmp_path)
    rule = Rule(path=_NODES, first=2, fault=ConnectionReset(after_bytes=after_bytes))
    with _simulated(tmp_path, rule, clock=JumpingClock()) as (cluster, _):
        assert _names(cluster) == expected


def test_silence(tmp_path: Path) -> None:
    """A server that accepts and never answers is given up after each call's time."""
    limits = Limits(call_seconds=0.2, attempts=2, longest_backoff=0.01)
    rule = Rule(path=_NODES, times=None, fault=Silence())
    with (
        _simulated(tmp_path, rule, limits=limits) as (cluster, _),
        pytest.raises(ClusterSilent, match="no answer in time"),
    ):
        _names(cluster)


def test_slow_bytes(tmp_path: Path) -> None:
    """A server that sends a byte now and then cannot hold the volunteer."""
    limits = Limits(call_seconds=0.3, attempts=1)
    rule = Rule(path=_NODES, times=None, fault=SlowBytes(bytes_at_a_time=1, pause_seconds=0.02))
    with _simulated(tmp_path, rule, limits=limits) as (cluster, _), pytest.raises(ClusterSilent):
        _names(cluster)


def test_default_patience() -> None:
    """A call takes at most a minute, a look ten."""
    assert (Limits().call_seconds, Limits().look_seconds) == (60.0, 600.0)


def test_too_slow(tmp_path: Path) -> None:
    """A look that has used up its time asks for no other page."""
    clock = JumpingClock()
    with _simulated(tmp_path, clock=clock) as (cluster, simulator):
        nodes = iter(cluster.observe(with_uid=False).nodes)
        next(nodes)
        clock.time += 601.0
        with pytest.raises(ClusterTooSlow, match="more than 600 s"):
            list(nodes)
    assert len(simulator.requests) == 2


def test_rotated_token(tmp_path: Path) -> None:
    """A token that is exchanged between two pages is read again."""
    rotation = Rule(path=_NODES, first=2, fault=RotateToken(token="new"))
    with _simulated(tmp_path, rotation, token="old") as (cluster, simulator):
        nodes = iter(cluster.observe(with_uid=False).nodes)
        names = [next(nodes).name.reveal()]
        simulator.kubeconfig(tmp_path / "kubeconfig", token="new")
        names += [node.name.reveal() for node in nodes]
    assert len(set(names)) == 7


def test_wrong_token(tmp_path: Path) -> None:
    """Credentials that stay wrong after a second reading end the look without more attempts."""
    rotation = Rule(path=_NODES, fault=RotateToken(token="new"))
    with (
        _simulated(tmp_path, rotation, token="old") as (cluster, simulator),
        pytest.raises(ClusterUnauthorized, match="does not accept the credentials"),
    ):
        _names(cluster)
    assert sum(request.path == _NODES for request in simulator.requests) == 2


def test_forbidden(tmp_path: Path) -> None:
    """A missing rule of RBAC is named, with the lines that grant it to this very account."""
    user = "system:serviceaccount:census:volunteer"
    rule = Rule(path=_NODES, fault=Forbidden(user=user))
    with (
        _simulated(tmp_path, rule) as (cluster, simulator),
        pytest.raises(ClusterForbidden) as refusal,
    ):
        _names(cluster)
    assert str(refusal.value).splitlines() == [
        f"cluster at {simulator.url}: forbids `list nodes` (RBAC); this grants it:",
        "  kubectl create clusterrole spartakus-volunteer --verb=list --resource=nodes",
        (
            "  kubectl create clusterrolebinding spartakus-volunteer"
            " --clusterrole=spartakus-volunteer --serviceaccount=census:volunteer"
        ),
    ]


def test_forbidden_person(tmp_path: Path) -> None:
    """A person's name is not repeated."""
    rule = Rule(path=_NODES, fault=Forbidden(user="jane@example.com"))
    with _simulated(tmp_path, rule) as (cluster, _), pytest.raises(ClusterForbidden) as refusal:
        _names(cluster)
    assert str(refusal.value).endswith("--user=YOUR-USER")


@pytest.mark.parametrize(
    "fault",
    [
        Verbatim(code=200, body=b"<html>log in</html>"),
        Verbatim(code=200, body=b"{}"),
        Verbatim(code=302, body=b""),
        Verbatim(code=404, body=b""),
    ],
)
def test_something_else(tmp_path: Path, fault: Verbatim) -> None:
    """What does not answer as the Kubernetes API does is named as such."""
    with (
        _simulated(tmp_path, Rule(path=_NODES, fault=fault)) as (cluster, simulator),
        pytest.raises(ClusterAnswerUnexpected) as refusal,
    ):
        _names(cluster)
    assert str(refusal.value).startswith(f"cluster at {simulator.url}: ")
    assert "html" not in str(refusal.value)


def test_nobody_there(tmp_path: Path) -> None:
    """A cluster that cannot be reached is named with the reason, after a few attempts."""
    url = f"http://127.0.0.1:{free_port()}"
    file = tmp_path / "kubeconfig"
    with running_simulator(_SEVEN) as simulator:
        simulator.kubeconfig(file)
    file.write_text(file.read_text().replace(simulator.url, url))
    clock = JumpingClock()
    with closing(KubernetesApi(Kubeconfig(file), now=clock.clock.now)) as api:
        cluster = Cluster(api, clock=clock.clock, random=AlwaysLongest(), limits=Limits())
        with pytest.raises(ClusterUnreachable) as refusal:
            cluster.observe(with_uid=False)
    assert str(refusal.value) == f"cluster at {url}: connection refused"
    assert len(clock.sleeps) == 4
