"""From an observation of the cluster to a report."""

import uuid
from collections.abc import Iterable, Iterator

import pytest

from report import (
    Disclosure,
    Extension,
    Identifying,
    NodeObservation,
    Observation,
    decode,
)
from report.pseudonym import PseudonymSource
from volunteer.cluster.errors import ClusterListExpired
from volunteer.errors import NoClusterIdentity, ReportNotPossible
from volunteer.reporting.prepare import Identity, Prepared, choose_pseudonyms, prepare

_CLUSTER_ID = "2b3db8fd-e392-4754-af32-6aaf0368b319"
_SECRET = bytes(range(32))
_UID = Identifying("8d0b1f5c-1111-4222-8333-444455556666")


def _node(name: str) -> NodeObservation:
    return NodeObservation(
        name=Identifying(name),
        machine_id=Identifying(f"machine of {name}"),
        operating_system=Identifying("linux"),
        architecture=Identifying("amd64"),
        kubelet_version=Identifying("v1.31.2"),
        capacity={Identifying("cpu"): Identifying("4")},
    )


def _observation(nodes: Iterable[NodeObservation]) -> Observation:
    return Observation(master_version=Identifying("v1.31.2"), nodes=nodes, kube_system_uid=_UID)


class _Cluster:
    """Gives one observation after the other."""

    def __init__(self, *observed: Iterable[NodeObservation]) -> None:
        self._observed = iter(observed)

    def observe(self) -> Observation:
        return _observation(next(self._observed))


def _prepare(cluster: _Cluster, identity: Identity | None = None) -> Prepared:
    return prepare(
        cluster.observe,
        identity=identity or Identity(_CLUSTER_ID, _SECRET),
        extensions=[Extension("example.com/size", "large")],
        disclosure=Disclosure(),
        unix_time=1_700_000_000.9,
        random_bytes=bytes,
    )


def test_report() -> None:
    """The body is the report that was anonymised, and what the collector decodes."""
    prepared = _prepare(_Cluster([_node("a"), _node("b")]))
    report = prepared.anonymised.report
    assert decode(prepared.body) == report
    assert (report.version, report.timestamp) == ("v2.0.0", "1700000000")
    assert (report.cluster_id, len(report.nodes or ())) == (_CLUSTER_ID, 2)
    assert report.extensions == (Extension("example.com/size", "large"),)


def test_nothing_identifying() -> None:
    """No name and no machine ID is in the body."""
    body = _prepare(_Cluster([_node("secret-name")])).body
    assert b"secret-name" not in body
    assert b"machine of" not in body


def _expiring(*names: str) -> Iterator[NodeObservation]:
    yield from map(_node, names)
    raise ClusterListExpired("https://cluster", "the list expired between two pages")


def test_expired_list() -> None:
    """A list that expired is started again, and no node of the first try is kept."""
    prepared = _prepare(_Cluster(_expiring("a", "b"), [_node("a"), _node("c")]))
    again = _prepare(_Cluster([_node("a"), _node("c")]))
    assert prepared.body == again.body


def test_too_many_nodes() -> None:
    """A cluster that no report can hold is an error; a part of it is not sent as the whole."""
    nodes = (_node(str(number)) for number in range(20_001))
    with pytest.raises(ReportNotPossible, match="more than 20000 nodes"):
        _prepare(_Cluster(nodes))


def test_secret_first() -> None:
    """The secret is the strongest key, and then the UID is not asked for."""
    identity = Identity(_CLUSTER_ID, _SECRET)
    assert not identity.needs_uid
    assert choose_pseudonyms(identity, _UID, bytes).source is PseudonymSource.SECRET


def test_uid_second() -> None:
    """Without a secret the UID of kube-system is the key."""
    identity = Identity(_CLUSTER_ID)
    assert identity.needs_uid
    assert choose_pseudonyms(identity, _UID, bytes).source is PseudonymSource.CLUSTER_UID


def test_no_key() -> None:
    """With neither there is no key, but still the user's cluster ID."""
    pseudonyms = choose_pseudonyms(Identity(_CLUSTER_ID), None, bytes)
    assert (pseudonyms.source, pseudonyms.cluster_id) == (PseudonymSource.NONE, _CLUSTER_ID)


@pytest.mark.parametrize(("secret", "uid"), [(_SECRET, None), (_SECRET, _UID), (None, _UID)])
def test_auto(secret: bytes | None, uid: Identifying | None) -> None:
    """An `auto` cluster ID is a UUID that is the same each time."""
    first, second = (choose_pseudonyms(Identity(None, secret), uid, bytes) for _ in range(2))
    assert first.cluster_id == second.cluster_id == str(uuid.UUID(first.cluster_id))


def test_empty_uid() -> None:
    """A namespace without a UID gives no key."""
    pseudonyms = choose_pseudonyms(Identity(_CLUSTER_ID), Identifying(""), bytes)
    assert pseudonyms.source is PseudonymSource.NONE


def test_auto_without_anything() -> None:
    """An `auto` cluster ID with nothing to derive it from says what it needs."""
    with pytest.raises(NoClusterIdentity, match=r"^--cluster-id=auto: needs --key-file, or"):
        choose_pseudonyms(Identity(None), None, bytes)


def test_secret_is_not_shown() -> None:
    """The secret is not in the identity's repr."""
    assert "\\x1f" not in repr(Identity(_CLUSTER_ID, _SECRET))
