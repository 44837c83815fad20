"""Which proxy a request takes."""

import pytest

from volunteer.delivery.proxies import choose_proxy, proxy_credentials
from volunteer.errors import InvalidOption

_URL = "https://census.example/api/v1"


def test_by_scheme() -> None:
    """Each scheme has its own proxy, and `all` stands in."""
    proxies = {"https": "http://proxy:1", "http": "http://proxy:2"}
    assert choose_proxy(_URL, proxies) == "http://proxy:1"
    assert choose_proxy("http://census.example/", proxies) == "http://proxy:2"
    assert choose_proxy(_URL, {"all": "http://proxy:3"}) == "http://proxy:3"


def test_none() -> None:
    """Without a variable there is no proxy."""
    assert choose_proxy(_URL, {}) is None


def test_without_scheme() -> None:
    """A proxy without a scheme speaks http, as for curl and Go."""
    assert choose_proxy(_URL, {"https": "proxy:3128"}) == "http://proxy:3128"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_this_machine(host: str) -> None:
    """The machine itself is reached without a proxy."""
    assert choose_proxy(f"http://{host}:8080/", {"http": "http://proxy:1"}) is None


@pytest.mark.parametrize(
    ("entry", "url"),
    [
        ("*", _URL),
        ("census.example", _URL),
        ("example", _URL),
        ("EXAMPLE", _URL),
        (".example", _URL),
        ("*.example", _URL),
        ("other, example ", _URL),
        ("census.example:443", _URL),
        ("10.0.0.0/8", "http://10.1.2.3/"),
        ("10.1.2.3", "http://10.1.2.3:8080/"),
        ("10.1.2.3:8080", "http://10.1.2.3:8080/"),
        ("fd00::/8", "http://[fd00::1]/"),
    ],
)
def test_exempt(entry: str, url: str) -> None:
    """What NO_PROXY names, in any of Go's ways, is reached without a proxy."""
    assert choose_proxy(url, {"all": "http://proxy:1", "no": entry}) is None


@pytest.mark.parametrize(
    "entry", ["", "xample", ".census.example", "census.example:80", "10.0.0.0/8", "other.example"]
)
def test_not_exempt(entry: str) -> None:
    """What NO_PROXY does not name takes the proxy."""
    assert choose_proxy(_URL, {"all": "http://proxy:1", "no": entry}) == "http://proxy:1"


def test_other_protocols() -> None:
    """A proxy of another protocol is refused by the name of its variable."""
    with pytest.raises(InvalidOption, match=r"^HTTPS_PROXY: must be an http or https proxy$"):
        choose_proxy(_URL, {"https": "socks5://proxy:1"})


def test_credentials() -> None:
    """A proxy's user and password are decoded."""
    assert proxy_credentials("http://user:p%40ss@proxy:1") == "user:p@ss"
    assert proxy_credentials("http://proxy:1") is None
