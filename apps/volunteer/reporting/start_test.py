"""What the volunteer says when it starts."""

from pathlib import Path

import pytest

from volunteer.delivery.destinations import Collector, Destination, StandardOutput
from volunteer.reporting.start import start_lines, warnings
from volunteer.settings import Settings

_UUID = "2b3db8fd-e392-4754-af32-6aaf0368b319"


def _settings(
    *,
    url: str | None = None,
    period: float = 0.0,
    cluster_id: str | None = _UUID,
    key_file: Path | None = None,
    verbatim: frozenset[str] = frozenset(),
    include: frozenset[str] = frozenset(),
) -> Settings:
    destination: Destination = StandardOutput() if url is None else Collector(url)
    return Settings(
        cluster_id=cluster_id,
        key_file=key_file,
        destination=destination,
        period=period,
        verbatim=verbatim,
        include=include,
    )


def test_workloads() -> None:
    """It says so where workloads are reported too."""
    line, *_ = start_lines(_settings(include=frozenset({"workloads"})))
    assert line.endswith("an anonymous report of this cluster's nodes, namespaces and workloads")


def test_to_a_collector() -> None:
    """It says what goes where, how often, and which key the pseudonyms have."""
    url = "https://census.example/api/v1"
    assert start_lines(_settings(url=url, period=86_400.0, key_file=Path("key"))) == [
        "spartakus-volunteer/v2.0.0: an anonymous report of this cluster's nodes",
        "goes to https://census.example/api/v1",
        "how often: every 24h on average, at times drawn anew, the first within 1m",
        "pseudonyms of nodes: keyed with the secret of --key-file",
        "`preview` with the same flags shows it all and sends nothing",
    ]


def test_how_often() -> None:
    """Up to an hour the period is kept to; a single report is said to be one."""
    assert "how often: every 30m" in start_lines(_settings(period=1_800.0))
    assert "how often: once" in start_lines(_settings())


def test_to_standard_output() -> None:
    """By default it says that nothing leaves the machine, and that the key may be the UID."""
    lines = start_lines(_settings())
    assert "goes to standard output and does not leave this machine" in lines
    assert "keyed with the UID of kube-system where it may be read" in lines[3]


def test_no_cluster_id() -> None:
    """The cluster ID does not get into the log."""
    settings = _settings(cluster_id="my-own-name", url="http://far.example/api/v1")
    assert "my-own-name" not in "".join([*start_lines(settings), *warnings(settings)])


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


@pytest.mark.parametrize(("mode", "count"), [(0o600, 0), (0o440, 0), (0o444, 1), (0o604, 1)])
def test_key_file_of_all(mode: int, count: int, tmp_path: Path) -> None:
    """A key file that others than owner and group can read is warned about."""
    file = tmp_path / "key"
    file.touch()
    file.chmod(mode)
    found = warnings(_settings(key_file=file))
    assert found == ["--key-file can be read by others: `chmod o-r` keeps the secret one"] * count
