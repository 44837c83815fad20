"""Networks are read from a list."""

import pytest

from collector.networks import parse_networks
from command_line.errors import InvalidValue


@pytest.mark.parametrize("text", ["10.0.0.0/33", "proxy.example.com", "10.0.0.1/8"])
def test_what_is_no_network_is_refused(text: str) -> None:
    """A name, a mask too long and a network with host bits are errors that say so."""
    with pytest.raises(InvalidValue, match=r"^must list networks"):
        parse_networks(text)
