"""The anonymiser, of fields that the user omits, or wants verbatim."""

import pytest

from report import (
    Disclosure,
    Identifying,
    Observation,
    WorkloadsObservation,
    anonymise,
    encode,
)
from report.disclosure import OMITTABLE_FIELDS, VERBATIM_FIELDS
from tests.observations import KEYED, anonymised_nodes, node


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


def test_what_is_withheld_is_counted() -> None:
    """What is not recognised is withheld and counted, with the rule and the flag that sends it."""
    anonymised = anonymised_nodes(node("a", os_image="AcmeOS 1"), node("b", os_image="AcmeOS 2"))
    assert {each.os_image for each in anonymised.report.nodes or ()} == {"other"}
    (withheld,) = anonymised.withheld
    assert (withheld.field, withheld.count) == ("osImage", 2)
    assert withheld.flag == "--verbatim osImage"
    assert "other" in withheld.rule


@pytest.mark.parametrize("field", sorted(VERBATIM_FIELDS - {"masterVersion", "capacity"}))
def test_verbatim(field: str) -> None:
    """A field that the user wants verbatim is sent as it is."""
    attribute = "".join(f"_{each.lower()}" if each.isupper() else each for each in field)
    (sent,) = (
        anonymised_nodes(node("a", **{attribute: "Acme 1"}), verbatim=field).report.nodes or ()
    )
    assert getattr(sent, attribute) == "Acme 1"


@pytest.mark.parametrize("text", ["a\nb", "\u202e", "x" * 513, "\ud800"])
def test_verbatim_within_the_rules(text: str) -> None:
    """A text that no report may hold is not sent verbatim either."""
    anonymised = anonymised_nodes(node("a", os_image=text), verbatim="osImage")
    (sent,) = anonymised.report.nodes or ()
    assert sent.os_image == "other"
    (withheld,) = anonymised.withheld
    assert (withheld.rule.startswith("it is too long"), withheld.flag) == (True, None)


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
