"""Posting to a collector over real sockets."""

import gzip
from math import inf
from pathlib import Path

import pytest

from tools.simulator import certificates
from volunteer.clock import system_clock
from volunteer.delivery.collector_client import CollectorClient
from volunteer.delivery.request import padded, padded_gzip, request_of
from volunteer.delivery.rules import Delivered, NoReply, Reply, deliver
from volunteer.delivery.testing import Disconnects, Says, SlowBody, StaysSilent, running_collector
from volunteer.testing import free_port, seeded

_BODY = b'{"version":"v2.0.0"}'
_REQUEST = request_of(_BODY, idempotency_key="one-key", compress=False)
_NOW = system_clock().now


def _client(
    *,
    proxies: dict[str, str] | None = None,
    ca_file: Path | None = None,
    seconds: float = 10.0,
    deadline: float = inf,
) -> CollectorClient:
    return CollectorClient(
        proxies or {}, ca_file=ca_file, now=_NOW, deadline=deadline, call_seconds=seconds
    )


@pytest.fixture
def authority(tmp_path: Path) -> Path:
    path = tmp_path / "ca.pem"
    path.write_text(certificates.authority_pem())
    return path


def test_request() -> None:
    """A report is plain JSON under the path of its URL, as the original's collector reads it."""
    with running_collector() as collector, _client() as client:
        assert client.post(f"{collector.url}/base/api/v1", _REQUEST) == Reply(204)
    (received,) = collector.received
    assert (received.method, received.target) == ("POST", "/base/api/v1")
    assert received.body == padded(_BODY)
    assert received.headers["content-type"] == "application/json"


def test_headers() -> None:
    """No header tells two clusters apart but the random key of this one report."""
    with running_collector() as collector, _client() as client:
        client.post(collector.url, _REQUEST)
    (received,) = collector.received
    host = collector.url.removeprefix("http://")
    assert received.headers == {
        "accept-encoding": "identity",
        "content-length": str(len(padded(_BODY))),
        "content-type": "application/json",
        "host": host,
        "idempotency-key": "one-key",
        "user-agent": "spartakus-volunteer/v2.0.0",
    }


def test_same_key_on_each_retry() -> None:
    """A retry carries the same key and body."""
    clock = system_clock()
    with running_collector(Says(503), Disconnects()) as collector, _client() as client:
        outcome = deliver(
            lambda url: client.post(url, _REQUEST),
            collector.url,
            clock=clock,
            random=seeded(1),
            deadline=clock.now() + 30,
            announce=lambda _why, _seconds: None,
        )
    assert outcome == Delivered()
    sent = {(request.headers["idempotency-key"], request.body) for request in collector.received}
    assert (len(collector.received), sent) == (3, {("one-key", padded(_BODY))})


def test_compress() -> None:
    """With --compress the body is gzip and says so, and the same bytes at any time."""
    request = request_of(_BODY, idempotency_key="one-key", compress=True)
    with running_collector() as collector, _client() as client:
        client.post(collector.url, request)
    (received,) = collector.received
    assert received.headers["content-encoding"] == "gzip"
    assert gzip.decompress(received.body) == _BODY
    assert received.body == padded_gzip(_BODY)


def test_reply() -> None:
    """A reply has the status, the body, and the headers that matter."""
    headers = {"Location": "/there", "Retry-After": "7"}
    with running_collector(Says(307, headers, b"moved")) as collector, _client() as client:
        assert client.post(collector.url, _REQUEST) == Reply(307, b"moved", "/there", 7.0)
    assert len(collector.received) == 1


def test_date_in_retry_after() -> None:
    """Retry-After may be a date, and nonsense in it counts as none."""
    past = Says(503, {"Retry-After": "Fri, 31 Dec 1999 23:59:59 GMT"})
    nonsense = Says(503, {"Retry-After": "soon"})
    with running_collector(past, nonsense) as collector, _client() as client:
        assert client.post(collector.url, _REQUEST) == Reply(503, retry_after=0.0)
        assert client.post(collector.url, _REQUEST) == Reply(503, retry_after=None)


def test_nobody_there() -> None:
    """A closed port is no reply."""
    with _client() as client:
        reply = client.post(f"http://127.0.0.1:{free_port()}", _REQUEST)
    assert reply == NoReply("connection refused")


def test_unknown_host() -> None:
    """A name that does not resolve is no reply, and the text does not repeat it."""
    with _client() as client:
        assert client.post("http://nobody.invalid/", _REQUEST) == NoReply(
            "its name cannot be resolved"
        )


def test_hanging_up() -> None:
    """A connection that breaks is no reply."""
    with running_collector(Disconnects()) as collector, _client() as client:
        reply = client.post(collector.url, _REQUEST)
    assert isinstance(reply, NoReply)
    assert reply.why in {"connection reset by peer", "the connection broke"}


def test_silence() -> None:
    """A collector that never answers is given up."""
    with running_collector(StaysSilent()) as collector, _client(seconds=0.2) as client:
        assert client.post(collector.url, _REQUEST) == NoReply("no answer in time")


def test_dribbling() -> None:
    """A collector that sends a byte of its reply now and then cannot hold the volunteer, and its
    status counts.
    """
    with running_collector(SlowBody(0.02)) as collector, _client(seconds=0.2) as client:
        assert client.post(collector.url, _REQUEST) == Reply(200)


def test_endless_reply() -> None:
    """A reply larger than any that makes sense is not read, and its status counts."""
    with running_collector(Says(200, {}, b"x" * 1_000_000)) as collector, _client() as client:
        assert client.post(collector.url, _REQUEST) == Reply(200)


def test_cut_reply() -> None:
    """A report whose reply is cut short is delivered, and posted once."""
    cut = Says(200, {"Content-Length": "100"}, b"thanks")
    with running_collector(cut) as collector, _client() as client:
        assert client.post(collector.url, _REQUEST) == Reply(200)
    assert len(collector.received) == 1


def test_deadline_of_the_delivery() -> None:
    """No post goes on after the time for the whole delivery is over."""
    before = _NOW()
    with (
        running_collector(StaysSilent()) as collector,
        _client(seconds=60.0, deadline=before + 0.3) as client,
    ):
        assert client.post(collector.url, _REQUEST) == NoReply("no answer in time")
    assert _NOW() < before + 5.0


def test_tls(authority: Path) -> None:
    """--ca-file makes the certificate of a private authority valid."""
    context = certificates.server_context()
    with running_collector(tls=context) as collector, _client(ca_file=authority) as client:
        assert client.post(collector.url, _REQUEST) == Reply(204)


def test_wrong_authority() -> None:
    """A certificate that nobody vouches for stops the report before it is sent."""
    with running_collector(tls=certificates.server_context()) as collector, _client() as client:
        reply = client.post(collector.url, _REQUEST)
    assert isinstance(reply, NoReply)
    assert reply.why.startswith("its certificate is not accepted: ")
    assert reply.why.endswith("; --ca-file names the authorities to trust")
    assert reply.lasting
    assert collector.received == []


def test_proxy() -> None:
    """A report to a far host goes through the proxy, with its credentials."""
    with running_collector() as proxy:
        address = proxy.url.replace("http://", "http://user:pass@")
        with _client(proxies={"http": address}) as client:
            assert client.post("http://census.example/api/v1", _REQUEST) == Reply(204)
    (received,) = proxy.received
    assert received.target == "http://census.example/api/v1"
    assert received.headers["proxy-authorization"] == "Basic dXNlcjpwYXNz"


def test_proxy_that_is_away() -> None:
    """A proxy that cannot be reached is named by its variable."""
    with _client(proxies={"all": f"http://127.0.0.1:{free_port()}"}) as client:
        reply = client.post("https://census.example/api/v1", _REQUEST)
    assert reply == NoReply("the proxy cannot be reached (ALL_PROXY)")


def test_authority_that_went_missing(tmp_path: Path) -> None:
    """A CA file that is gone, or holds nothing, when a report is due is named."""
    file = tmp_path / "ca.pem"
    with _client(ca_file=file) as client:
        reply = client.post("https://census.example/api/v1", _REQUEST)
    assert reply == NoReply("--ca-file cannot be read: No such file or directory", lasting=True)
    file.write_bytes(b"\xff")
    with _client(ca_file=file) as client:
        reply = client.post("https://census.example/api/v1", _REQUEST)
    assert reply == NoReply("--ca-file: holds no certificate in PEM form", lasting=True)
