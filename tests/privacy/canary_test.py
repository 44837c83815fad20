"""Nothing identifying gets out: clusters full of canaries, and not a fragment in the bytes.

Out of scope is what the user types, which is sent as it is: the cluster ID, the extensions, and
the fields asked for with `--verbatim`.
"""

import json
import secrets
from collections.abc import Mapping
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from report import Disclosure, Extension, Observation, WorkloadsObservation, decode
from report.disclosure import OMITTABLE_FIELDS, VERBATIM_FIELDS
from tests.privacy.canaries import Canaries
from tests.privacy.clusters import ClusterMaker
from tests.privacy.leaks import leaks
from volunteer.clock import Clock
from volunteer.cluster import kubernetes_json
from volunteer.cluster.kubernetes_api import METADATA_OF_LIST, WHOLE, KubernetesApi
from volunteer.cluster.listing import Limits, Listing
from volunteer.cluster.workloads import observe_workloads
from volunteer.http.client import Response
from volunteer.reporting.prepare import Identity, Prepared, prepare

SEEDS = st.integers(0, 2**64 - 1)
IDENTITIES = {
    "secret": Identity(cluster_id="my-cluster", secret=b"s" * 32),
    "secret, auto": Identity(cluster_id=None, secret=b"s" * 32),
    "no secret": Identity(cluster_id="my-cluster"),
    "no secret, auto": Identity(cluster_id=None),
}
EXTENSIONS = (Extension("example.com/hello", "world"),)
EVERY_IDENTITY = pytest.mark.parametrize("identity", IDENTITIES.values(), ids=IDENTITIES.keys())


def observe(
    maker: ClusterMaker, *, has_uid: bool = True, nodes: list[dict[str, object]] | None = None
) -> Observation:
    """Return what the volunteer sees of a cluster in which every text holds a canary."""
    items = maker.nodes(2) if nodes is None else nodes
    page = kubernetes_json.read_node_page(maker.answer("V1NodeList", kind="NodeList", items=items))
    uid = kubernetes_json.read_uid(maker.answer("V1Namespace"))
    return Observation(
        master_version=kubernetes_json.read_version(maker.answer("VersionInfo")),
        nodes=page.items,
        kube_system_uid=uid if has_uid else None,
        workloads=workloads_of(maker),
    )


class CanaryApi(KubernetesApi):
    """The API of a cluster in which every object is full of canaries, whatever is asked for."""

    server = "https://cluster.example"
    renewal = "nothing"

    def __init__(self, maker: ClusterMaker) -> None:
        self._maker = maker
        self._namespaces = maker.objects("V1Namespace", 3, ())

    def get(
        self, path: str, query: Mapping[str, str], *, seconds: float, accept: str = WHOLE
    ) -> Response:
        """Answer with canaries."""
        assert seconds > 0
        assert "limit" in query
        assert accept == METADATA_OF_LIST
        names = [each["metadata"]["name"] for each in self._namespaces]
        items = (
            self._namespaces
            if path == "/api/v1/namespaces"
            else self._maker.objects("V1ConfigMap", 4, names)
        )
        kind = "PartialObjectMetadataList"
        body = self._maker.answer("V1NodeList", kind=kind, metadata={}, items=items)
        return Response(200, {}, None, bytearray(body))


def workloads_of(maker: ClusterMaker) -> WorkloadsObservation:
    """Return the workloads that the volunteer sees of a cluster full of canaries."""
    clock = Clock(now=lambda: 0.0, unix_time=lambda: 0.0, sleep=lambda _: None)
    listing = Listing(CanaryApi(maker), clock=clock, random=Random(0), limits=Limits())
    return observe_workloads(listing)


def report_of(
    observation: Observation, identity: Identity, disclosure: Disclosure | None = None
) -> Prepared:
    """Return the report that the volunteer would send."""
    return prepare(
        lambda: observation,
        identity=identity,
        extensions=EXTENSIONS,
        disclosure=disclosure or Disclosure(),
        unix_time=1_512_086_400.5,
        random_bytes=secrets.token_bytes,
    )


@EVERY_IDENTITY
@given(seed=SEEDS)
def test_nothing_identifying_gets_out(identity: Identity, seed: int) -> None:
    """Of a cluster full of canaries no ten letters of one, and no sixteen digits, are in what would
    be posted.
    """
    canaries = Canaries(Random(seed))
    prepared = report_of(observe(ClusterMaker(Random(seed), canaries)), identity)
    assert leaks(prepared.body, canaries.fragments) == set()


@given(seed=SEEDS)
def test_nothing_identifying_without_any_key(seed: int) -> None:
    """The same holds where there is neither a secret nor a UID."""
    canaries = Canaries(Random(seed))
    observation = observe(ClusterMaker(Random(seed), canaries), has_uid=False)
    prepared = report_of(observation, IDENTITIES["no secret"])
    assert leaks(prepared.body, canaries.fragments) == set()


@given(seed=SEEDS)
def test_workloads_are_there(seed: int) -> None:
    """Of namespaces and workloads full of canaries there are numbers in the report."""
    maker = ClusterMaker(Random(seed), Canaries(Random(seed)))
    workloads = report_of(observe(maker), IDENTITIES["secret"]).anonymised.report.workloads
    assert workloads is not None
    assert workloads.namespaces.count == 3
    kinds = workloads.kinds or ()
    assert len(kinds) == 10
    assert all(sum(kind.per_namespace) == 3 and kind.per_namespace[0] < 3 for kind in kinds)


@given(seed=SEEDS, omit=st.frozensets(st.sampled_from(sorted(OMITTABLE_FIELDS))))
def test_nothing_identifying_beside_what_is_verbatim(seed: int, omit: frozenset[str]) -> None:
    """With every field verbatim that may be, no canary gets out of any other field."""
    canaries, verbatim_canaries = Canaries(Random(seed)), Canaries(Random(seed + 1))
    maker = ClusterMaker(Random(seed), canaries)
    nodes = maker.nodes(2)
    for node, public in zip(
        nodes, ClusterMaker(Random(seed), verbatim_canaries).nodes(2), strict=True
    ):
        verbatim = public["status"]["nodeInfo"].keys() & VERBATIM_FIELDS
        node["status"]["nodeInfo"] |= {
            field: public["status"]["nodeInfo"][field] for field in verbatim
        }
        node["status"]["capacity"] = public["status"]["capacity"]
    observation = observe(maker, nodes=nodes)
    disclosure = Disclosure(omit=omit, verbatim=VERBATIM_FIELDS - {"masterVersion"})
    prepared = report_of(observation, IDENTITIES["secret"], disclosure)
    assert leaks(prepared.body, canaries.fragments) == set()
    assert leaks(prepared.body, verbatim_canaries.fragments) or omit


@given(seed=SEEDS)
def test_what_is_said_of_it(seed: int) -> None:
    """What is said to be withheld quotes nothing of it."""
    canaries = Canaries(Random(seed))
    prepared = report_of(observe(ClusterMaker(Random(seed), canaries)), IDENTITIES["secret"])
    assert prepared.anonymised.withheld
    said = json.dumps(repr(prepared.anonymised.withheld)).encode()
    assert leaks(said, canaries.fragments) == set()


@given(identity=st.sampled_from([*IDENTITIES.values()]), seed=SEEDS)
def test_collector_accepts(identity: Identity, seed: int) -> None:
    """Whatever the cluster holds, the collector's decoder accepts the report as it was built."""
    prepared = report_of(observe(ClusterMaker(Random(seed), Canaries(Random(seed)))), identity)
    assert decode(prepared.body) == prepared.anonymised.report
