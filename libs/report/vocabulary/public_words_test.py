"""Behaviour of `report.vocabulary.public_words`."""

import tracemalloc

import pytest

from report import InvalidReport, Node, Report, Resource, vocabulary
from report.vocabulary.public_words import (
    MAX_COMPARED,
    MAX_RESOURCE_NAMES,
    unknown_resources,
    without_unknown_words,
)
from report.vocabulary.vocabularies import Vocabulary, read

LISTED = ("cpu", "memory", "pods", "ephemeral-storage", "nvidia.com/gpu", "nvidia.com/gpu.shared")
MATCHED = ("hugepages-2Mi", "nvidia.com/mig-1g.5gb", "attachable-volumes-csi-ebs.csi.aws.com")
UNKNOWN = ("", "cpu ", "CPU", "hugepages-", "nvidia.com/mig-", "intel.com/team-red", "x" * 500)


def report_of(*names: str, per_node: int = 64) -> Report:
    """Return a report whose nodes have such resources."""
    nodes = tuple(
        Node(id="a", capacity=tuple(Resource(name, "1") for name in names[start:][:per_node]))
        for start in range(0, len(names), per_node)
    )
    return Report(version="v", cluster_id="c", nodes=nodes)


def test_the_words_are_those_of_the_vocabulary() -> None:
    """Known is what the vocabulary knows, listed or matched."""
    names = {*LISTED, *MATCHED, *UNKNOWN}
    assert all(map(vocabulary.is_known_resource, (*LISTED, *MATCHED)))
    assert unknown_resources(names) == set(UNKNOWN)


def test_the_most_names_are_accepted() -> None:
    """So many different names are looked up, and one more is refused, with its node."""
    names = [f"akri.sh/camera-{number}" for number in range(MAX_RESOURCE_NAMES)]
    kept = without_unknown_words(report_of(*names)).nodes or ()
    assert kept == (Node(id="a"),) * (MAX_RESOURCE_NAMES // 64)
    with pytest.raises(InvalidReport) as raised:
        without_unknown_words(report_of(*names, "cpu"))
    assert raised.value.path == "$.nodes"
    assert str(MAX_RESOURCE_NAMES) in raised.value.rule


def test_a_name_that_is_there_again_does_not_count() -> None:
    """Every node may have the same names."""
    report = report_of(*(["cpu", "memory"] * 10_000))
    assert without_unknown_words(report) == report


def test_only_so_many_names_are_compared_with_templates() -> None:
    """Beyond them a name that only begins as a public one does is left out, and unread."""
    names = {f"hugepages-{number}" for number in range(MAX_COMPARED * 40)}
    assert unknown_resources(names) == names


def test_every_kind_of_workload_is_listed_as_it_is() -> None:
    """None is a template, so a set tells whether a kind is public."""
    file = read(Vocabulary.WORKLOADS)
    kinds = [file.stem + text for group in file.group for text in group.templates]
    assert all(text.isalpha() and vocabulary.is_known_workload_kind(text) for text in kinds)


def test_strangers_fill_no_memory() -> None:
    """Names that are unknown are not remembered, compared with templates or not."""
    unknown_resources({"hugepages-x", "nvidia.com/mig-x", "attachable-volumes-x", *LISTED})
    tracemalloc.start()
    for batch in range(200):
        unknown_resources({f"acme-{batch}-{number}" for number in range(500)})
        unknown_resources({f"hugepages-{batch}x{number}" for number in range(MAX_COMPARED)})
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert grown < 100_000
