"""Which proxy a request takes."""

import pytest

from command_line.errors import InvalidOption
from volunteer.http.proxies import NoProxyUrl, Proxy, choose_proxy, parse_proxy, proxies_of

_URL = "https://census.example/api/v1"


def _proxy(url: str, proxies: dict[str, str]) -> str | None:
    chosen = choose_proxy(url, proxies)
    return None if chosen is None else chosen.url


def test_repr() -> None:
    """A proxy that is printed shows neither its address nor who uses it."""
    assert repr(parse_proxy("http://user:secret@proxy.corp:1", "HTTP_PROXY")) == "<Proxy>"


def test_by_scheme() -> None:
    """Each scheme has its own proxy, and `all` stands in."""
    proxies = {"https": "http://proxy:1", "http": "http://proxy:2"}
    assert _proxy(_URL, proxies) == "http://proxy:1"
    assert _proxy("http://census.example/", proxies) == "http://proxy:2"
    assert _proxy(_URL, {"all": "http://proxy:3"}) == "http://proxy:3"


def test_variables() -> None:
    """Variables in capitals count, those in lower case go before them, even blank ones."""
    environment = {
        "HTTPS_PROXY": "http://a:1",
        "https_proxy": "http://b:1",
        "HTTP_PROXY": "http://c:1",
        "http_proxy": "",
        "NO_PROXY": "d",
        "ALL_PROXY": " ",
        "FTP_PROXY": "http://e:1",
    }
    assert proxies_of(environment) == {"https": "http://b:1", "no": "d"}


def test_none() -> None:
    """Without a variable, and with an empty one, there is no proxy."""
    assert _proxy(_URL, {}) is None
    assert _proxy(_URL, {"https": "", "all": ""}) is None


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("proxy:3128", "http://proxy:3128"),
        ("http://proxy", "http://proxy:80"),
        ("https://proxy", "https://proxy:443"),
        ("HTTP://[fd00::1]:8080/", "http://[fd00::1]:8080"),
        ("socks5://proxy", "socks5h://proxy:1080"),
        ("socks5h://proxy:1", "socks5h://proxy:1"),
    ],
)
def test_addresses(text: str, url: str) -> None:
    """A proxy without a scheme speaks http, one without a port listens where its kind does, and
    SOCKS resolves names at the proxy.
    """
    assert _proxy(_URL, {"https": text}) == url


@pytest.mark.parametrize(
    "host",
    [
        *("localhost", "LOCALHOST", "localhost.", "127.0.0.1", "127.9.9.9", "[::1]"),
        *("[::ffff:127.0.0.1]", "kind.localhost", "census", "census.spartakus.svc"),
        *("census.spartakus.svc.cluster.local", "kubernetes.default"),
    ],
)
def test_near(host: str) -> None:
    """The machine itself and names within the cluster are reached without a proxy."""
    for scheme in ("http", "https"):
        assert _proxy(f"{scheme}://{host}:8080/", {"all": "http://proxy:1"}) is None


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
        ("other example", _URL),
        ("census.example", "https://census.example./"),
        ("census.example:443", _URL),
        (".example:443", _URL),
        ("10.0.0.0/8", "http://10.1.2.3/"),
        ("10.1.2.3", "http://10.1.2.3:8080/"),
        ("10.1.2.3:8080", "http://10.1.2.3:8080/"),
        ("fd00::/8", "http://[fd00::1]/"),
        ("fd00::1", "http://[fd00::1]/"),
        ("FD00:0::1", "http://[fd00::1]/"),
        ("[fd00::1]", "http://[fd00::1]/"),
        ("[fd00::1]:8443", "https://[fd00::1]:8443/"),
    ],
)
def test_exempt(entry: str, url: str) -> None:
    """What NO_PROXY names, in any of Go's ways, is reached without a proxy."""
    assert _proxy(url, {"all": "http://proxy:1", "no": entry}) is None


@pytest.mark.parametrize(
    ("entry", "url"),
    [
        *(("", _URL), ("xample", _URL), (".census.example", _URL), ("census.example:80", _URL)),
        *(("10.0.0.0/8", _URL), ("other.example", _URL), (":443", _URL), (",", _URL)),
        ("10.0.0.0/33", "http://10.1.2.3/"),
        ("1.2.3", "http://0.1.2.3/"),
        ("10.1.2.3:80", "http://10.1.2.3:8080/"),
        ("[fd00::1]:1", "https://[fd00::1]:8443/"),
    ],
)
def test_not_exempt(entry: str, url: str) -> None:
    """What NO_PROXY does not name takes the proxy."""
    assert _proxy(url, {"all": "http://proxy:1", "no": entry}) == "http://proxy:1"


@pytest.mark.parametrize(
    "text", ["ftp://proxy:1", "http://", "http://h:99999", "http://[::1", "a b", "http://pröxy:1"]
)
def test_no_proxies(text: str) -> None:
    """What is no proxy is refused by the name of its variable, and is not quoted."""
    with pytest.raises(InvalidOption) as refusal:
        choose_proxy(_URL, {"https": text})
    rule = "must be the URL of an http, https or socks5 proxy"
    assert str(refusal.value) == f"HTTPS_PROXY: {rule}"
    with pytest.raises(NoProxyUrl, match=f"^{rule}$"):
        parse_proxy(text, "field")


def test_credentials() -> None:
    """A proxy's user and password are decoded, sent in UTF-8, and shown nowhere."""
    proxy = parse_proxy("http://us%40er:p%C3%A4ss@proxy:1", "HTTPS_PROXY")
    assert (proxy.user, proxy.password) == ("us@er", "p\u00e4ss")
    assert proxy.headers == {"proxy-authorization": "Basic dXNAZXI6cMOkc3M="}
    assert "us@er" not in repr(proxy)
    assert "p\u00e4ss" not in repr(proxy)
    assert proxy.url == "http://proxy:1"
    assert Proxy("http", "proxy", 1, "HTTPS_PROXY").headers == {}
