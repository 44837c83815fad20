"""The anonymiser: what it sends, what it withholds, and what it says of that."""

import itertools
import secrets
from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from report import (
    Anonymised,
    Disclosure,
    Extension,
    Identifying,
    NodeObservation,
    Observation,
    Pseudonyms,
    Resource,
    TooManyNodes,
    Withheld,
    WorkloadsObservation,
    anonymise,
    decode,
    encode,
)
from report.disclosure import OMITTABLE_FIELDS, VERBATIM_FIELDS
from report.schema import MAX_CAPACITIES_PER_NODE, MAX_NODES
from tests.observations import node, observations

KEYED = Pseudonyms.from_secret(b"s" * 32, "c")
DISCLOSURES = st.builds(
    Disclosure,
    omit=st.frozensets(st.sampled_from(sorted(OMITTABLE_FIELDS))),
    verbatim=st.frozensets(st.sampled_from(sorted(VERBATIM_FIELDS))),
)


def anonymised_nodes(
    *nodes: NodeObservation, verbatim: str | None = None, omit: str | None = None
) -> Anonymised:
    """Anonymise a cluster of `nodes`, with one field verbatim or omitted."""
    disclosure = Disclosure(
        omit=frozenset({omit} if omit else ()), verbatim=frozenset({verbatim} if verbatim else ())
    )
    return anonymise(
        Observation(master_version=Identifying("v1.30.2"), nodes=nodes),
        pseudonyms=KEYED,
        version="v2.0.0",
        timestamp=1_512_086_400,
        disclosure=disclosure,
    )


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


@pytest.mark.parametrize("field", ["masterVersion", "kubeletVersion", "osImage", "cloudProvider"])
def test_distribution_does_not_tell_what_is_omitted(field: str) -> None:
    """A field that the user omits is not told by way of the distribution."""
    observation = Observation(
        master_version=Identifying("v1.30.2-eks-1" if field == "masterVersion" else ""),
        nodes=[
            node(
                "a",
                kubelet_version="v1.30.2+k3s1" if field == "kubeletVersion" else "",
                os_image="Talos (v1.8.2)" if field == "osImage" else "",
                provider_id="kind://docker/kind/a" if field == "cloudProvider" else "",
            )
        ],
    )
    words = {
        anonymise(
            observation,
            pseudonyms=KEYED,
            version="v2.0.0",
            timestamp=0,
            disclosure=Disclosure(omit=omit),
        ).report.distribution
        for omit in (frozenset[str](), frozenset({field}))
    }
    assert len(words) == 2
    assert "other" in words


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


def test_what_is_withheld_is_counted() -> None:
    """What is not recognised is withheld and counted, with the rule and the flag that sends it."""
    anonymised = anonymised_nodes(node("a", os_image="AcmeOS 1"), node("b", os_image="AcmeOS 2"))
    assert {each.os_image for each in anonymised.report.nodes or ()} == {"other"}
    (withheld,) = anonymised.withheld
    assert (withheld.field, withheld.count) == ("osImage", 2)
    assert withheld.flag == "--verbatim osImage"
    assert "other" in withheld.rule


def test_unknown_resource() -> None:
    """A resource with a user's own name for it is left out, and so is one without a quantity."""
    anonymised = anonymised_nodes(
        node("a", capacity={"acme.example/red": "1", "cpu": "four", "pods": "9"})
    )
    (sent,) = anonymised.report.nodes or ()
    assert sent.capacity == (Resource("pods", "9"),)
    assert anonymised.withheld == (
        Withheld("capacity", "its value is not a Kubernetes quantity", 1, None),
        Withheld("capacity", "the resource's name is not a public one", 1, "--verbatim capacity"),
    )


@pytest.mark.parametrize("resource", ["cpu", "pods", "nvidia.com/gpu", "hugepages-2Mi"])
def test_quantity_of_anybodys_choosing(resource: str) -> None:
    """A quantity with room for an identifier is withheld, unless capacity is sent verbatim."""
    seen = node("a", capacity={resource: "123456789012"})
    anonymised = anonymised_nodes(seen)
    (sent,) = anonymised.report.nodes or ()
    assert sent.capacity is None
    (withheld,) = anonymised.withheld
    assert withheld.flag == "--verbatim capacity"
    assert "more exact" in withheld.rule
    (verbatim,) = anonymised_nodes(seen, verbatim="capacity").report.nodes or ()
    assert verbatim.capacity == (Resource(resource, "123456789012"),)


@pytest.mark.parametrize("field", sorted(VERBATIM_FIELDS - {"masterVersion", "capacity"}))
def test_verbatim(field: str) -> None:
    """A field that the user wants verbatim is sent as it is."""
    attribute = "".join(f"_{each.lower()}" if each.isupper() else each for each in field)
    (sent,) = (
        anonymised_nodes(node("a", **{attribute: "Acme 1"}), verbatim=field).report.nodes or ()
    )
    assert getattr(sent, attribute) == "Acme 1"


def test_verbatim_resources() -> None:
    """With capacity verbatim, a resource with any name is sent, if its value is a quantity."""
    seen = node("a", capacity={"acme.example/red": "1", "acme.example/blue": "four"})
    (sent,) = anonymised_nodes(seen, verbatim="capacity").report.nodes or ()
    assert sent.capacity == (Resource("acme.example/red", "1"),)


@pytest.mark.parametrize("text", ["a\nb", "\u202e", "x" * 513, "\ud800"])
def test_verbatim_within_the_rules(text: str) -> None:
    """A text that no report may hold is not sent verbatim either."""
    anonymised = anonymised_nodes(node("a", os_image=text), verbatim="osImage")
    (sent,) = anonymised.report.nodes or ()
    assert sent.os_image == "other"
    (withheld,) = anonymised.withheld
    assert (withheld.rule.startswith("it is too long"), withheld.flag) == (True, None)


SIZES = {
    "memory": "15437428Ki",
    "ephemeral-storage": "101430960Ki",
    "storage": "1e12",
    "hugepages-2Mi": "2050Mi",
}


def test_sizes_are_rounded() -> None:
    """Sizes of memory and disks are sent to two digits, which is told; other quantities are not."""
    anonymised = anonymised_nodes(node("a", capacity=SIZES), node("b", capacity={"memory": "16Gi"}))
    sizes = {
        resource.resource: resource.value
        for each in anonymised.report.nodes or ()
        for resource in each.capacity or ()
        if resource.value != "16Gi"
    }
    assert sizes == {
        "ephemeral-storage": "97Gi",
        "hugepages-2Mi": "2050Mi",
        "memory": "15Gi",
        "storage": "930Gi",
    }
    (withheld,) = anonymised.withheld
    assert (withheld.field, withheld.count) == ("capacity", 3)
    assert withheld.flag == "--verbatim capacity"


def test_verbatim_sizes() -> None:
    """With capacity verbatim, sizes are sent as they are, and nothing is said to be withheld."""
    anonymised = anonymised_nodes(node("a", capacity=SIZES), verbatim="capacity")
    (sent,) = anonymised.report.nodes or ()
    assert {each.resource: each.value for each in sent.capacity or ()} == SIZES
    assert anonymised.withheld == ()


@pytest.mark.parametrize("name", ["cpu", "memory", "pods", "hugepages-2Mi"])
@pytest.mark.parametrize("behind", ["-acme", "acme", "k", "B", " ", "\n", "\u00e9", ".acme"])
def test_letters_behind_a_unit(name: str, behind: str) -> None:
    """What has anything behind its unit is not a quantity, and is not sent, verbatim or not."""
    for verbatim in (None, "capacity"):
        (sent,) = (
            anonymised_nodes(
                node("a", capacity={name: f"4Gi{behind}"}), verbatim=verbatim
            ).report.nodes
            or ()
        )
        assert sent.capacity is None


ALIKE = (
    ("machine_id", "m1", "m2"),
    ("operating_system", "linux", "windows"),
    ("os_image", "Ubuntu 22.04.3 LTS", "AcmeOS"),
    ("kernel_version", "5.15.0-91-generic", "5.15.0-91-acme"),
    ("architecture", "amd64", "arm64"),
    ("container_runtime_version", "containerd://1.7.13", "containerd://1.7.13-acme"),
    ("kubelet_version", "v1.30.2", "v1.30.2+k3s1"),
    ("provider_id", "aws:///zone/i-1", "acme://n"),
)


@pytest.mark.parametrize(("field", "first", "second"), ALIKE)
@pytest.mark.parametrize("names", [("a", "a"), ("a", "b")])
def test_nodes_alike_in_all_but_one_thing(
    names: tuple[str, str], field: str, first: str, second: str
) -> None:
    """Nodes alike in all but one thing are not taken for each other, whatever is cached."""
    shared = {name: text for name, text, _ in ALIKE}
    seen = [
        node(names[0], **{**shared, field: first}),
        node(names[1], **{**shared, field: second}),
    ]
    _assert_as_if_alone(*seen)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"cpu": "4", "pods": "110"}, {"cpu": "110", "pods": "4"}),
        ({"cpu": "4"}, {"pods": "4"}),
        ({"memory": "16Gi"}, {"memory": "17Gi"}),
        ({"memory": "4"}, {"cpu": "4"}),
        ({"memory": "16384Mi"}, {"hugepages-2Mi": "16384Mi"}),
        ({"acme.example/red": "4"}, {"cpu": "4"}),
        ({"cpu": "four"}, {"cpu": "4"}),
    ],
)
def test_capacities_alike_in_names_or_values(first: dict[str, str], second: dict[str, str]) -> None:
    """Capacities that are alike in names and unlike in values, or the reverse, stay apart."""
    _assert_as_if_alone(
        *(
            node("a", machine_id=str(seed), capacity=each)
            for seed, each in enumerate((first, second, first))
        )
    )


def test_label_keys_alike() -> None:
    """Nodes that are alike in all but their label keys have each their own role."""
    keys = ("node-role.kubernetes.io/master",)
    _assert_as_if_alone(node("a", machine_id="1", label_keys=keys), node("a", machine_id="2"))


@given(observations(), DISCLOSURES)
def test_every_node_as_if_alone(observation: Observation, disclosure: Disclosure) -> None:
    """What is sent of a node does not depend on those before it."""
    _assert_as_if_alone(*observation.nodes, disclosure=disclosure)


def _assert_as_if_alone(*nodes: NodeObservation, disclosure: Disclosure | None = None) -> None:
    def sent(*some: NodeObservation) -> list[bytes]:
        anonymised = anonymise(
            Observation(master_version=Identifying(""), nodes=some),
            pseudonyms=KEYED,
            version="v2.0.0",
            timestamp=0,
            disclosure=disclosure,
        )
        return [msgspec.json.encode(each) for each in anonymised.report.nodes or ()]

    assert sorted(sent(*nodes)) == sorted(one for each in nodes for one in sent(each))


def test_provider_id_is_never_verbatim() -> None:
    """No disclosure sends a provider ID."""
    (sent,) = (
        anonymised_nodes(node("a", provider_id="acme://n1"), verbatim="cloudProvider").report.nodes
        or ()
    )
    assert sent.cloud_provider == "unknown"


@pytest.mark.parametrize("field", sorted(OMITTABLE_FIELDS))
def test_omit(field: str) -> None:
    """A field that the user omits is not in the report, and is not said to be withheld."""
    seen = node("a", os_image="AcmeOS", provider_id="aws://x", capacity={"cpu": "4", "x/y": "1"})
    anonymised = anonymised_nodes(seen, omit=field)
    assert f'"{field}"'.encode() not in encode(anonymised.report)
    assert field not in {withheld.field for withheld in anonymised.withheld}


def test_most_capacities() -> None:
    """Of more resources than a node may have, the first are sent and the rest is told."""
    capacity = {f"acme.example/r{number:04}": "1" for number in range(MAX_CAPACITIES_PER_NODE + 2)}
    anonymised = anonymised_nodes(node("a", capacity=capacity), verbatim="capacity")
    (sent,) = anonymised.report.nodes or ()
    assert [each.resource for each in sent.capacity or ()] == sorted(capacity)[:-2]
    assert [(each.rule, each.count) for each in anonymised.withheld] == [
        (f"beyond the first {MAX_CAPACITIES_PER_NODE} resources of a node", 2)
    ]


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


def test_omitted_workloads() -> None:
    """Workloads are sent where they were observed, unless they are omitted."""
    for omit, expected in ((frozenset[str](), True), (frozenset({"workloads"}), False)):
        anonymised = anonymise(
            Observation(
                master_version=Identifying(""),
                nodes=(),
                workloads=WorkloadsObservation(namespaces={}, kinds=()),
            ),
            pseudonyms=KEYED,
            version="v2.0.0",
            timestamp=1_512_086_400,
            disclosure=Disclosure(omit=omit),
        )
        assert (anonymised.report.workloads is not None) == expected
    assert anonymised_nodes().report.workloads is None
