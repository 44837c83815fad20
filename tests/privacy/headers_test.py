"""What else a post says: its headers, to the letter."""

import gzip

import pytest

from volunteer.delivery.collector_client import CollectorClient
from volunteer.delivery.request import padded, request_of
from volunteer.delivery.rules import Reply
from volunteer.delivery.testing import Received, running_collector
from volunteer.version import USER_AGENT

KEY = "00112233445566778899aabbccddeeff"
BODIES = {"small": b'{"version":"v2.0.0"}', "large": b'{"version":"' + b"v" * 3_000_000 + b'"}'}


def posted(body: bytes, *, compress: bool = False, through_proxy: bool = False) -> Received:
    """Post a report and return what arrived."""
    with running_collector() as collector:
        proxies = {"http": collector.url} if through_proxy else {}
        url = "http://census.example/api/v1" if through_proxy else f"{collector.url}/api/v1"
        request = request_of(body, idempotency_key=KEY, compress=compress)
        with CollectorClient(proxies, now=lambda: 0.0) as client:
            assert client.post(url, request) == Reply(204)
        (received,) = collector.received
        host = collector.url.removeprefix("http://")
    assert received.headers.pop("host") == ("census.example" if through_proxy else host)
    assert received.target == (url if through_proxy else "/api/v1")
    assert received.method == "POST"
    return received


def expected(body: bytes) -> dict[str, str]:
    """Return the headers that every post has, and no other."""
    return {
        "accept-encoding": "identity",
        "content-type": "application/json",
        "content-length": str(len(body)),
        "idempotency-key": KEY,
        "user-agent": USER_AGENT,
    }


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_plain(body: bytes) -> None:
    """A post has these headers and no other, however large it is."""
    received = posted(body)
    assert received.body == padded(body)
    assert received.headers == expected(received.body)


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_compressed(body: bytes) -> None:
    """A compressed post says so, and nothing more; its own header holds no time and no name."""
    received = posted(body, compress=True)
    assert gzip.decompress(received.body) == body
    assert received.headers == {**expected(received.body), "content-encoding": "gzip"}
    # RFC 1952, 2.3: the time is four bytes from the fifth on, bit 3 of the flags announces a name.
    assert received.body[4:8] == bytes(4)
    assert not received.body[3] & 0x08


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_through_a_proxy(body: bytes) -> None:
    """Through a proxy, a post over plain http has one more header, which urllib3 adds."""
    received = posted(body, through_proxy=True)
    assert received.headers == {**expected(received.body), "accept": "*/*"}


def test_user_agent() -> None:
    """The user agent is the program's name and version, and nothing of the machine."""
    name, _, version = USER_AGENT.partition("/")
    assert name == "spartakus-volunteer"
    assert version.startswith("v")
