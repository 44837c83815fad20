"""Which hosts are near."""

import pytest

from volunteer.http.hosts import is_host, is_loopback, is_near


@pytest.mark.parametrize(
    "host",
    [
        *("localhost", "LocalHost", "localhost.", "kind.localhost", "127.0.0.1", "127.9.9.9"),
        *("::1", "::ffff:127.0.0.1"),
    ],
)
def test_loopback(host: str) -> None:
    """The machine itself is known by its names and addresses."""
    assert is_loopback(host)
    assert is_near(host)


@pytest.mark.parametrize(
    "host",
    [
        *("census", "census.spartakus.svc", "census.spartakus.svc.", "kubernetes.default"),
        "census.spartakus.svc.cluster.local",
    ],
)
def test_near(host: str) -> None:
    """Names of services in the cluster are near, and are not this machine."""
    assert is_near(host)
    assert not is_loopback(host)


@pytest.mark.parametrize(
    "host",
    [
        *("census.example", "10.0.0.1", "svc.example", "192.168.0.1", "fd00::1", "0.0.0.0"),
        *("localhost.example", "127.0.0.1.example", "127.1", "census.spartakus"),
    ],
)
def test_far(host: str) -> None:
    """Everything else may be far away."""
    assert not is_near(host)


@pytest.mark.parametrize(
    "host",
    ["a", "a.", "xn--n-cka.example", "[::1]", "[fe80::1%eth0]", "a" * 63, "a_b:80", "127.1:"],
)
def test_host(host: str) -> None:
    """Names and addresses are hosts, whether there are such or not."""
    assert is_host(host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        ".",
        "a..b",
        ".a",
        "a..",
        "ünïcode.example",
        "a" * 64,
        "[::1]b",
        "[:::]",
        "%",
        "a:b",
        "u@a",
    ],
)
def test_no_host(host: str) -> None:
    """What no resolver could look up is none."""
    assert not is_host(host)
