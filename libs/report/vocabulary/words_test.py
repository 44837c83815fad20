"""Operating systems, architectures and images."""

from collections.abc import Callable

import pytest

from report.vocabulary import Recognised, architecture, operating_system, os_image

_RECOGNISERS = [operating_system, architecture, os_image]


@pytest.mark.parametrize("text", ["Linux", "LINUX", "Windows"])
def test_letter_case(text: str) -> None:
    """An operating system is sent in lower case, however a node writes it, and it is said."""
    value, rule = operating_system(text)
    assert value == text.lower()
    assert rule


def test_known() -> None:
    """A listed word is sent as it is."""
    assert operating_system("linux") == Recognised("linux", None)
    assert architecture("arm64") == Recognised("arm64", None)
    assert os_image("Ubuntu 22.04.3 LTS") == Recognised("Ubuntu 22.04.3 LTS", None)


@pytest.mark.parametrize("recognise", _RECOGNISERS)
def test_absent(recognise: Callable[[str], Recognised]) -> None:
    """What a node does not say is neither sent nor withheld."""
    assert recognise("") == Recognised(None, None)


@pytest.mark.parametrize("recognise", _RECOGNISERS)
@pytest.mark.parametrize("text", ["acme", " ", "linux\n", "AMD64", "x" * 1_000_000])
def test_unknown(recognise: Callable[[str], Recognised], text: str) -> None:
    """Anything else is sent as `other`, with the reason."""
    value, rule = recognise(text)
    assert value == "other"
    assert rule


@pytest.mark.parametrize(
    "text",
    [
        "Ubuntu 22.04.3 LTS (acme golden image)",
        "acme Ubuntu 22.04.3 LTS",
        "Ubuntu 22.04.3 LTS\n",
        "Ubuntu 22.04.3-acme LTS",
        "Ubuntu 10.20.30.40",
        "Ubuntu 123.04 LTS",
        "Ubuntu 22.07",
        "CentOS Stream CoreOS 1.1.201001234567-1",
        "Fedora CoreOS 41.20250230.3.2",
        "Amazon Linux 2023.6.20241301",
        "Container Linux by CoreOS 10.20.30.40",
        "Debian GNU/Linux 4711 (bookworm)",
        "Windows Server 4711 Datacenter",
        "Ubuntu \u0662\u0662.04 LTS",
        "Debian GNU/Linux 12 (acme)",
        "Bottlerocket OS 1.26.1 (acme-k8s-1.30)",
    ],
)
def test_image_with_more(text: str) -> None:
    """An image is known from its first to its last character or not at all."""
    assert os_image(text).value == "other"
