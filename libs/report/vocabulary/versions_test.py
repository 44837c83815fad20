"""Images, and versions of kernels, Kubernetes and runtimes."""

from collections.abc import Callable

import pytest

from report.vocabulary import (
    Recognised,
    container_runtime_version,
    kernel_version,
    kubernetes_version,
    os_image,
)
from report.vocabulary.recognition import MAX_CHARACTERS

_RECOGNISERS = [kernel_version, kubernetes_version, container_runtime_version]


@pytest.mark.parametrize(
    ("recognise", "text", "value"),
    [
        (kernel_version, "6.8.12-acme-payments-rt", "6.8.12"),
        (kernel_version, "5.15.0-1066-acme", "5.15.0"),
        (kernel_version, "5.15.0-1066-aws-acme", "5.15.0-1066-aws"),
        (kernel_version, "5.15.0-1066-awsacme", "5.15.0"),
        (kernel_version, "5.15.0-12345678-aws", "5.15.0"),
        (kernel_version, "6.1.100+acme", "6.1.100"),
        (kernel_version, "4.18.0-372.el8.x86_64.acme", "4.18.0-372.el8.x86_64"),
        (kernel_version, "5.15.0\n", "5.15.0"),
        (kubernetes_version, "v1.30.2-eks-1552ad0", "v1.30.2-eks"),
        (kubernetes_version, "v1.29.8+632b078", "v1.29.8"),
        (kubernetes_version, "v1.30.2-dirty", "v1.30.2"),
        (container_runtime_version, "containerd://1.7.13-acme.3", "containerd://1.7.13"),
        (
            container_runtime_version,
            "cri-o://1.29.9-5.rhaos4.16.git34690b9.el9",
            "cri-o://1.29.9-5.rhaos4.16",
        ),
    ],
)
def test_cut(recognise: Callable[[str], Recognised], text: str, value: str) -> None:
    """A version is cut where it stops being public, in front of a separator, and says so."""
    recognised = recognise(text)
    assert recognised.value == value
    assert recognised.rule


@pytest.mark.parametrize("recognise", _RECOGNISERS)
@pytest.mark.parametrize(
    "text",
    ["acme", "12345678.1", "acme://1.7.2", "containerd://acme", "1", "v\u0661.30", " v1.30", "-"],
)
def test_no_version(recognise: Callable[[str], Recognised], text: str) -> None:
    """A text that begins with no public version is left out, with the reason."""
    value, rule = recognise(text)
    assert value is None
    assert rule


@pytest.mark.parametrize("recognise", _RECOGNISERS)
def test_absent(recognise: Callable[[str], Recognised]) -> None:
    """What a node does not say is neither sent nor withheld."""
    assert recognise("") == Recognised(None, None)


@pytest.mark.parametrize("filler", ["1.", "-", "v1.30-", "9", "5.15.0-1-generic-"])
@pytest.mark.parametrize("recognise", _RECOGNISERS)
def test_hostile_length(recognise: Callable[[str], Recognised], filler: str) -> None:
    """No more than the beginning of a text is read: what follows changes nothing."""
    beginning = (filler * MAX_CHARACTERS)[: MAX_CHARACTERS + 1]
    assert recognise(beginning + filler * 100_000) == recognise(beginning + "acme")


@pytest.mark.parametrize(
    ("recognise", "text", "value"),
    [
        (kernel_version, "10.20.30.40", None),
        (kernel_version, "6.20.30.40", None),
        (kernel_version, "6.20.30.40-generic", None),
        (kernel_version, "10.0.20.30", None),
        (kernel_version, "10.0.0.1", None),
        (kernel_version, "5.15.0-4711001-generic", "5.15.0"),
        (kernel_version, "5.15.0-0049.1701.2345678.el8.x86_64", "5.15.0"),
        (kernel_version, "5.15.0-97.99.109.101.116.114.97.100.el8.x86_64", "5.15.0"),
        (kernel_version, "5.15.0-10.20.30.40.el8.x86_64", "5.15.0"),
        (kernel_version, "5.15.0-010-generic", "5.15.0"),
        (kernel_version, "5.15.0+20301122334455", "5.15.0"),
        (kernel_version, "5.4.130-1.yn20230805.el7.x86_64", "5.4.130"),
        (kernel_version, "6.18.35-kona", "6.18.35"),
        (kernel_version, "6.1.52-ophub", "6.1.52"),
        (kernel_version, "6.1.52-7", "6.1.52"),
        (kubernetes_version, "v10.20.30.40", None),
        (kubernetes_version, "v1.20.30.40", None),
        (kubernetes_version, "1.20.30.40", None),
        (kubernetes_version, "v10.20.30", None),
        (kubernetes_version, "v1.30.2-gke.12345678", "v1.30.2"),
        (kubernetes_version, "v1.30.2-hotfix.20240230", "v1.30.2"),
        (kubernetes_version, "v1.30.2+4915112345678", "v1.30.2"),
        (kubernetes_version, "v1.22.3-2+xyz", "v1.22.3"),
        (kubernetes_version, "v1.22.3-2+0123456789abc", "v1.22.3"),
        (kubernetes_version, "v1.22.3-2", "v1.22.3"),
        (container_runtime_version, "containerd://10.20.30.40", None),
        (container_runtime_version, "docker://20.10.30.40", None),
        (container_runtime_version, "containerd://1.7.2-10.20.30.40", "containerd://1.7.2"),
        (container_runtime_version, "containerd://1.7.2-4711", "containerd://1.7.2"),
        (container_runtime_version, "10.20.30.40://1.7.2", None),
        (container_runtime_version, "mvp", None),
    ],
)
def test_numbers_of_anybodys_choosing(
    recognise: Callable[[str], Recognised], text: str, value: str | None
) -> None:
    """An address, a telephone number, a serial number or a message in digits gets nowhere."""
    recognised = recognise(text)
    assert recognised.value == value
    assert recognised.rule


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("v1.16.7-2+bfe512e5ddaaaa", "v1.16.7-2"),
        ("v1.21.1-1398+98073871f173ba", "v1.21.1-1398"),
        ("v1.19.3-34+a56971609ff35a-dirty", "v1.19.3-34"),
        ("v1.19.10-vk-azure-aci-", "v1.19.10-vk-azure-aci"),
    ],
)
def test_mark_in_front_of_a_commit(text: str, value: str) -> None:
    """The mark of a distribution is sent without the commit that stands behind it."""
    recognised = kubernetes_version(text)
    assert recognised.value == value
    assert recognised.rule


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Ubuntu 22.04.3 LTS (acme golden image)", "Ubuntu 22.04.3 LTS"),
        ("Ubuntu 22.04.3 LTS\n", "Ubuntu 22.04.3 LTS"),
        ("Ubuntu 22.04.3-acme LTS", "Ubuntu 22.04.3"),
        ("Ubuntu 10.20.30.40", "Ubuntu"),
        ("Ubuntu 123.04 LTS", "Ubuntu"),
        ("Ubuntu 22.07", "Ubuntu"),
        ("Ubuntu \u0662\u0662.04 LTS", "Ubuntu"),
        ("CentOS Stream CoreOS 1.1.201001234567-1", "CentOS Stream CoreOS"),
        ("Fedora CoreOS 41.20250230.3.2", "Fedora CoreOS"),
        ("Amazon Linux 2023.6.20241301", "Amazon Linux"),
        ("Container Linux by CoreOS 10.20.30.40", "Container Linux by CoreOS"),
        ("Windows Server 4711 Datacenter", "Windows Server"),
        ("Debian GNU/Linux 4711 (bookworm)", "Debian GNU/Linux"),
        ("Debian GNU/Linux 12 (acme)", "Debian GNU/Linux 12"),
        ("AlmaLinux 9.9 (Acme Jungle Cat)", "AlmaLinux 9.9"),
        ("NixOS 27.05 (Acme)", "NixOS 27.05"),
        ("Bottlerocket OS 1.26.1 (acme-k8s-1.30)", "Bottlerocket OS 1.26.1"),
        (
            "Flatcar Container Linux by Kinvolk 4593.0.0+acme (Oklo)",
            "Flatcar Container Linux by Kinvolk 4593.0.0",
        ),
        ("Talos (v1.5.5-acme)", "Talos"),
        ("Fedora 40 (Acme Edition)", "Fedora 40"),
        ("Debian GNU/Linux 12 (bookworm) 10.20.30.40", "Debian GNU/Linux 12 (bookworm)"),
    ],
)
def test_image_cut(text: str, value: str) -> None:
    """Of an image its family and its release are sent as far as they are public, and it is said."""
    recognised = os_image(text)
    assert recognised.value == value
    assert recognised.rule


@pytest.mark.parametrize(
    "text",
    [
        "acme",
        " ",
        "-",
        "acme Ubuntu 22.04.3 LTS",
        "AcmeUbuntu 22.04",
        "Ubuntuacme 22.04",
        "ubuntu 22.04",
        " Ubuntu 22.04",
        "10.20.30.40",
        "x" * 1_000_000,
    ],
)
def test_no_image(text: str) -> None:
    """A text that begins with no public family is sent as `other`, with the reason."""
    value, rule = os_image(text)
    assert value == "other"
    assert rule


def test_image_absent() -> None:
    """A node that says no image has none, and nothing was withheld."""
    assert os_image("") == Recognised(None, None)


def test_image_of_one_family_is_not_another() -> None:
    """A family whose name begins as another's is not taken for that one's release."""
    assert os_image("Fedora CoreOS 41.acme").value == "Fedora CoreOS 41"
    assert os_image("Red Hat Enterprise Linux CoreOS acme").value == (
        "Red Hat Enterprise Linux CoreOS"
    )
