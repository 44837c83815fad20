"""The anonymiser, of capacities: which resources are sent, and how exact their quantities are."""

import pytest

from report import (
    Resource,
    Withheld,
)
from report.schema import MAX_CAPACITIES_PER_NODE
from tests.observations import anonymised_nodes, node


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


def test_verbatim_resources() -> None:
    """With capacity verbatim, a resource with any name is sent, if its value is a quantity."""
    seen = node("a", capacity={"acme.example/red": "1", "acme.example/blue": "four"})
    (sent,) = anonymised_nodes(seen, verbatim="capacity").report.nodes or ()
    assert sent.capacity == (Resource("acme.example/red", "1"),)


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


def test_most_capacities() -> None:
    """Of more resources than a node may have, the first are sent and the rest is told."""
    capacity = {f"acme.example/r{number:04}": "1" for number in range(MAX_CAPACITIES_PER_NODE + 2)}
    anonymised = anonymised_nodes(node("a", capacity=capacity), verbatim="capacity")
    (sent,) = anonymised.report.nodes or ()
    assert [each.resource for each in sent.capacity or ()] == sorted(capacity)[:-2]
    assert [(each.rule, each.count) for each in anonymised.withheld] == [
        (f"beyond the first {MAX_CAPACITIES_PER_NODE} resources of a node", 2)
    ]
