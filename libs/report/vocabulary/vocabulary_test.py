"""What the vocabularies recognise, and what they do with everything else."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from report.vocabulary import (
    Recognised,
    architecture,
    cloud_provider,
    container_runtime_version,
    is_known_resource,
    is_quantity,
    kernel_version,
    kubernetes_version,
    operating_system,
    os_image,
)

Vocabulary = Callable[[str], Recognised]

TEXTS: dict[Vocabulary, list[str]] = {
    operating_system: ["linux", "windows"],
    architecture: ["amd64", "arm64", "s390x"],
    os_image: [
        "Debian GNU/Linux 7 (wheezy)",
        "Debian GNU/Linux 12 (bookworm)",
        "Ubuntu 22.04.3 LTS",
        "Bottlerocket OS 1.19.2 (aws-k8s-1.29)",
        "Red Hat Enterprise Linux CoreOS 415.92.202402201450-0 (Plow)",
        "Red Hat Enterprise Linux 8.9 (Ootpa)",
        "Amazon Linux 2",
        "Amazon Linux 2023.3.20240108",
        "Container-Optimized OS from Google",
        "Flatcar Container Linux by Kinvolk 3815.2.0 (Oklo)",
        "Rocky Linux 9.3 (Blue Onyx)",
        "SUSE Linux Enterprise Server 15 SP5",
        "openEuler 22.03 (LTS-SP1)",
        "Talos (v1.6.4)",
        "Fedora CoreOS 39.20240210.3.0",
        "Windows Server 2019 Datacenter",
        "CBL-Mariner/Linux",
        "Microsoft Azure Linux 3.0",
        "Alpine Linux v3.19",
        "Buildroot 2023.02.9",
    ],
    kernel_version: [
        "3.16.0-4-amd64",
        "5.15.0-91-generic",
        "6.1.0-18-cloud-amd64",
        "5.10.205-195.807.amzn2.x86_64",
        "6.1.72-96.166.amzn2023.x86_64",
        "4.18.0-513.11.1.el8_9.x86_64",
        "5.14.0-284.52.1.el9_2.x86_64",
        "3.10.0-1160.105.1.el7.x86_64",
        "6.7.5-200.fc39.x86_64",
        "5.14.21-150500.55.39-default",
        "5.15.146.1-microsoft-standard-WSL2",
        "6.6.20+rpt-rpi-v8",
        "5.15.0-1053-gke",
        "6.1.58+",
        "6.5.11-8-pve",
        "10.0.17763.5329",
    ],
    kubernetes_version: [
        "v1.3.5",
        "v1.30.2",
        "v1.30.2-eks-1552ad0",
        "v1.29.4-gke.1043002",
        "v1.30.1+k3s1",
        "v1.28.8+rke2r1",
        "v1.31.0-rc.1",
        "v1.27.10+28ed2d7",
    ],
    container_runtime_version: [
        "docker://1.11.2",
        "containerd://1.7.13",
        "containerd://1.7.11-k3s2",
        "containerd://1.6.20~ds1",
        "containerd://1.6.8+bottlerocket",
        "cri-o://1.28.2",
        "cri-o://1.27.3-3.rhaos4.14.git03502b6.el9",
    ],
}
PUBLIC = [(vocabulary, text) for vocabulary, texts in TEXTS.items() for text in texts]


@pytest.mark.parametrize(("vocabulary", "text"), PUBLIC)
def test_public(vocabulary: Vocabulary, text: str) -> None:
    """What real clusters say of themselves, and is public, is sent as it is."""
    assert vocabulary(text) == Recognised(text, None)


@pytest.mark.parametrize(
    ("vocabulary", "text", "value"),
    [
        (operating_system, "plan9", None),
        (architecture, "pdp11", None),
        (os_image, "Acme Linux 3", "other"),
        (os_image, "Ubuntu 22.04.3 LTS acme", "other"),
        (os_image, "Ubuntu 22.04.3 LTS\n", "other"),
        (kernel_version, "5.15.0-acme-generic", "5.15.0"),
        (kernel_version, "5.15.123456789012345", "5.15"),
        (kernel_version, "acme", None),
        (kernel_version, "\u0665.\u0661\u0665.\u0660", None),
        (kubernetes_version, "v1.30.2-acme", "v1.30.2"),
        (kubernetes_version, "acme", None),
        (container_runtime_version, "containerd://1.7.2-acme", "containerd://1.7.2"),
        (container_runtime_version, "acme://1.7.2", None),
        (container_runtime_version, "containerd://acme", None),
    ],
)
def test_withheld(vocabulary: Vocabulary, text: str, value: str | None) -> None:
    """What is not public is cut or left out, and the rule says so."""
    recognised = vocabulary(text)
    assert recognised.value == value
    assert recognised.rule


@pytest.mark.parametrize(
    ("provider_id", "provider"),
    [
        ("aws:///eu-west-1a/i-0123456789abcdef0", "aws"),
        ("gce://project/zone/instance", "gce"),
        ("kind://docker/kind/kind-control-plane", "kind"),
        ("ocid1.instance.oc1.phx.abc", "oci"),
        ("cn-hangzhou.i-bp1234", "alicloud"),
        ("cn-acme.i-bp1234", "unknown"),
        ("acme://machine", "unknown"),
        ("aws", "unknown"),
        ("", "unknown"),
    ],
)
def test_provider(provider_id: str, provider: str) -> None:
    """Of a provider ID only a publicly known scheme is sent."""
    assert cloud_provider(provider_id).value == provider


def test_absent() -> None:
    """What the cluster does not say is not withheld."""
    assert {vocabulary("") for vocabulary in TEXTS} == {Recognised(None, None)}


def test_resources() -> None:
    """Public names of resources are known; a vendor's prefix does not make a name public."""
    known = [
        "cpu",
        "memory",
        "hugepages-2Mi",
        "nvidia.com/mig-1g.5gb",
        "attachable-volumes-aws-ebs",
    ]
    unknown = ["", "CPU", "nvidia.com/acme", "intel.com/acme", "hugepages-acme", "cpu\n"]
    assert [is_known_resource(name) for name in known + unknown] == [True] * 5 + [False] * 6


def test_quantities() -> None:
    """Kubernetes quantities are numbers with a known suffix, and no longer than real ones."""
    quantities = ["0", "4", "15437428Ki", "3920m", "1.5Gi", "1e3", "-1", ".5"]
    others = ["", "Ki", "4 Ki", "4\n", "0x10", "1" * 20, "\u0664", "4KiB", "NaN"]
    assert [is_quantity(text) for text in quantities] == [True] * len(quantities)
    assert [is_quantity(text) for text in others] == [False] * len(others)


@given(
    vocabulary=st.sampled_from([*TEXTS, cloud_provider]),
    start=st.sampled_from([text for texts in TEXTS.values() for text in texts]),
    cut=st.integers(0, 40),
    end=st.text(max_size=40),
)
def test_idempotent(vocabulary: Vocabulary, start: str, cut: int, end: str) -> None:
    """What a vocabulary lets through it recognises as public itself."""
    value = vocabulary(start[:cut] + end).value
    if value is not None and vocabulary is not cloud_provider:
        assert vocabulary(value) == Recognised(value, None)


@pytest.mark.parametrize("vocabulary", TEXTS)
def test_hostile_length(vocabulary: Vocabulary) -> None:
    """A text of a megabyte is nothing public, and is not searched for it."""
    assert vocabulary("1." * 500_000).value in {None, "other", "1.1.1.1"}
