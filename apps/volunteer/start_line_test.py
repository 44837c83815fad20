"""What the volunteer says when it starts."""

import pytest

from report import Disclosure
from volunteer.delivery.destinations import Collector, Destination, StandardOutput
from volunteer.reporting import Identity
from volunteer.settings import Settings
from volunteer.start_line import start_line, warnings

_UUID = "2b3db8fd-e392-4754-af32-6aaf0368b319"


def _settings(
    *,
    url: str | None = None,
    period: float = 0.0,
    cluster_id: str | None = _UUID,
    secret: bytes | None = None,
    verbatim: frozenset[str] = frozenset(),
    include: frozenset[str] = frozenset(),
) -> Settings:
    destination: Destination = StandardOutput() if url is None else Collector(url)
    return Settings(
        identity=Identity(cluster_id, secret),
        destination=destination,
        period=period,
        disclosure=Disclosure(verbatim=verbatim),
        include=include,
    )


def test_workloads() -> None:
    """It says so where workloads are reported too."""
    line = start_line(_settings(include=frozenset({"workloads"})))
    assert "report of this cluster's nodes, namespaces and workloads goes to standard" in line


def test_to_a_collector() -> None:
    """It says what goes where, how often, and which key the pseudonyms have."""
    settings = _settings(url="https://census.example/api/v1", period=86_400.0, secret=bytes(32))
    assert start_line(settings) == (
        "spartakus-volunteer/v2.0.0: an anonymous report of this cluster's nodes goes to"
        " https://census.example/api/v1, every 24h, the first within 1m; the pseudonyms of nodes"
        " are keyed with the secret of --key-file; `preview` with the same flags shows it all and"
        " sends nothing"
    )


def test_to_standard_output() -> None:
    """By default it says that nothing leaves the machine, and that the key may be the UID."""
    line = start_line(_settings())
    assert "goes to standard output and does not leave this machine, once;" in line
    assert "keyed with the UID of the namespace kube-system where it may be read" in line


def test_no_cluster_id() -> None:
    """The cluster ID does not get into the log."""
    settings = _settings(cluster_id="my-own-name", url="http://far.example/api/v1")
    assert "my-own-name" not in start_line(settings) + "".join(warnings(settings))


@pytest.mark.parametrize("cluster_id", [None, _UUID, _UUID.upper()])
def test_no_warning(cluster_id: str | None) -> None:
    """A UUID over https gives nothing to warn about."""
    settings = _settings(cluster_id=cluster_id, url="https://census.example/api/v1")
    assert warnings(settings) == []


@pytest.mark.parametrize("cluster_id", ["acme-prod", _UUID.replace("-", ""), f"{{{_UUID}}}"])
def test_not_a_uuid(cluster_id: str) -> None:
    """A cluster ID that is not a UUID is warned about: it may be a name."""
    assert warnings(_settings(cluster_id=cluster_id)) == [
        "--cluster-id is not a UUID: make sure that it names nobody"
    ]


def test_plain_http() -> None:
    """Plain http to a far host is warned about."""
    assert warnings(_settings(url="http://far.example/api/v1")) == [
        "http://far.example/api/v1 is plain http: reports can be read on their way"
    ]
    assert warnings(_settings(url="http://census.spartakus.svc:8080/api/v1")) == []


def test_verbatim() -> None:
    """Fields that go as they are, are warned about by name."""
    settings = _settings(verbatim=frozenset({"osImage", "capacity"}))
    assert warnings(settings) == ["--verbatim: sent as they are in the cluster: capacity, osImage"]
