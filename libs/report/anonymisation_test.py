"""The anonymiser: what it sends, what it withholds, and what it says of that."""

import itertools
import secrets
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from report import (
    Disclosure,
    Extension,
    Identifying,
    Observation,
    Pseudonyms,
    Resource,
    TooManyNodes,
    anonymise,
    decode,
    encode,
)
from report.schema import MAX_NODES
from tests.observations import DISCLOSURES, KEYED, anonymised_nodes, node, observations


@given(observations(), DISCLOSURES)
def test_every_report_is_accepted(observation: Observation, disclosure: Disclosure) -> None:
    """Whatever the cluster holds and the user discloses, the report breaks no rule of the wire."""
    anonymised = anonymise(
        observation,
        pseudonyms=Pseudonyms.without_key("c", secrets.token_bytes),
        version="v2.0.0",
        timestamp=1_512_086_400,
        disclosure=disclosure,
    )
    assert decode(encode(anonymised.report)) == anonymised.report


@given(observations(), st.randoms())
def test_order_of_nodes(observation: Observation, random: Random) -> None:
    """In whatever order the API lists the nodes, the report is the same."""
    nodes = [*observation.nodes]
    shuffled = random.sample(nodes, len(nodes))
    assert anonymised_nodes(*shuffled).report == anonymised_nodes(*nodes).report


def test_order_is_not_that_of_names() -> None:
    """Nodes are sorted by their IDs, which is not the order of their names."""
    names = [f"node-{number}" for number in range(20)]
    report = anonymised_nodes(*(node(name, machine_id="m") for name in names)).report
    ids = [each.id for each in report.nodes or ()]
    assert ids == sorted(ids)
    assert ids != [KEYED.node_id(node(name, machine_id="m")) for name in names]


def test_what_is_sent_of_a_node() -> None:
    """Public words are sent as they are."""
    seen = node(
        "n",
        operating_system="linux",
        os_image="Debian GNU/Linux 12 (bookworm)",
        kernel_version="6.1.0-18-cloud-amd64",
        architecture="amd64",
        container_runtime_version="containerd://1.7.13",
        kubelet_version="v1.30.2",
        provider_id="aws:///eu-west-1a/i-0abc",
        capacity={"pods": "110", "cpu": "4"},
    )
    anonymised = anonymised_nodes(seen)
    (sent,) = anonymised.report.nodes or ()
    assert (sent.operating_system, sent.os_image) == ("linux", "Debian GNU/Linux 12 (bookworm)")
    assert (sent.kernel_version, sent.architecture) == ("6.1.0-18-cloud-amd64", "amd64")
    assert sent.container_runtime_version == "containerd://1.7.13"
    assert (sent.kubelet_version, sent.cloud_provider) == ("v1.30.2", "aws")
    assert sent.capacity == (Resource("cpu", "4"), Resource("pods", "110"))
    assert [(each.field, each.flag) for each in anonymised.withheld] == [("cloudProvider", None)]


def test_distribution_and_role() -> None:
    """A cluster gets a word by what any node or its version shows, and each node its role."""
    report = anonymised_nodes(
        node("a", label_keys=["node-role.kubernetes.io/master", "microk8s.io/cluster"]), node("b")
    ).report
    assert report.distribution == "microk8s"
    assert sorted(each.role or "" for each in report.nodes or ()) == ["control-plane", "worker"]
    assert anonymised_nodes(node("a")).report.distribution == "other"
    assert (
        anonymised_nodes(node("a", provider_id="kind://docker/kind/a")).report.distribution
        == "kind"
    )


def test_what_is_told_of_the_cluster() -> None:
    """Version, time, cluster ID and extensions are those given."""
    anonymised = anonymise(
        Observation(master_version=Identifying("v1.30.2"), nodes=()),
        pseudonyms=KEYED,
        version="v2.0.0",
        timestamp=1_512_086_400,
        extensions=[Extension("example.com/a", "b")],
    )
    assert encode(anonymised.report) == (
        b'{"version":"v2.0.0","timestamp":"1512086400","clusterID":"c","masterVersion":"v1.30.2",'
        b'"extensions":[{"name":"example.com/a","value":"b"}],"distribution":"other"}'
    )


def test_most_nodes() -> None:
    """Twenty thousand nodes are a report."""
    assert (
        len(anonymised_nodes(*[node("a", machine_id="m")] * MAX_NODES).report.nodes or ())
        == MAX_NODES
    )


def test_too_many_nodes() -> None:
    """A cluster with more nodes is no report at all, and is not read to its end."""
    endless = itertools.repeat(node("a"))
    with pytest.raises(TooManyNodes, match="more than 20000 nodes"):
        anonymise(
            Observation(master_version=Identifying(""), nodes=endless),
            pseudonyms=KEYED,
            version="v2.0.0",
            timestamp=0,
        )
