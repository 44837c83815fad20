"""The anonymiser remembers texts, and still takes no node for another."""

import msgspec
import pytest
from hypothesis import given

from report import (
    Disclosure,
    Identifying,
    NodeObservation,
    Observation,
    anonymise,
)
from tests.observations import DISCLOSURES, KEYED, node, observations

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
