"""The documents' commands, run from top to bottom. Slow: with the built programs."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest

from tests.documents.claims import is_typed
from tests.documents.documents import NAMES, commands_of
from tests.documents.session import Session, is_service
from tests.documents.shell import Command
from tests.documents.stand_ins import Cluster
from tests.documents.surroundings import SERVICE_DIRECTORY, running_session
from tools.bigquery.server import FakeBigQuery, running_bigquery
from tools.bigquery.service import Behaviour
from tools.simulator import Cluster as SimulatedCluster
from tools.simulator import Simulator, running_simulator

_KEPT: Final = "2f9c93d3-156c-47aa-8802-578ffca9b50e"
"""A cluster whose report every collector keeps."""

_TABLE: Final = "project.dataset.table"
_NODES: Final = 3
_SERVICE: Final = f"dist/collector.pex --data-dir {SERVICE_DIRECTORY}"


def typed(name: str) -> list[Command]:
    """Return the commands of a document that are typed into a shell, if only to a stand-in."""
    return [each for each in commands_of(name) if is_typed(each)]


_TYPED: Final = [name for name in NAMES if typed(name)]


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    """A cluster to report on."""
    with running_simulator(SimulatedCluster.generate(nodes=_NODES, seed=1)) as running:
        yield running


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where PEX files unpack themselves, once for all tests."""
    return tmp_path_factory.mktemp("pex")


@pytest.fixture
def bigquery() -> Iterator[FakeBigQuery]:
    """A BigQuery whose only queries are for the number of rows."""
    behaviour = Behaviour(query=lambda _sql: (len(fake.table(_TABLE).view()), 0))
    with running_bigquery(behaviour=behaviour) as fake:
        yield fake


@pytest.fixture
def session(
    tmp_path: Path, unpacked: Path, simulator: Simulator, bigquery: FakeBigQuery
) -> Iterator[Session]:
    """A reader with a cluster."""
    variables = {"BIGQUERY_EMULATOR_HOST": bigquery.url}
    with running_session(tmp_path, unpacked=unpacked, **variables) as running:
        simulator.kubeconfig(Path(running.environment["HOME"], ".kube/config"))
        yield running


def clusters(session: Session, data_dir: str) -> list[str]:
    """Return the IDs of the clusters in the warehouse of a data directory."""
    finished = session.type(Command(f"dist/collector.pex export --data-dir {data_dir}"))
    assert finished.status == 0, finished.errors
    return [str(json.loads(line)["clusterID"]) for line in finished.output.splitlines()]


def check_readme(session: Session, _bigquery: FakeBigQuery) -> None:
    """The report of the last command is in the census."""
    session.stop()
    found = clusters(session, "./data")
    assert len(found) == 2
    assert _KEPT in found


def check_protocol(session: Session, _bigquery: FakeBigQuery) -> None:
    """The report of the one line is in the census."""
    session.stop()
    assert clusters(session, SERVICE_DIRECTORY) == [_KEPT, _KEPT]


def check_operating(session: Session, _bigquery: FakeBigQuery) -> None:
    """What was exported is the report; what was to be forgotten is."""
    exported = json.loads((session.folder / "reports.jsonl").read_text())
    assert exported["clusterID"] == _KEPT
    assert clusters(session, SERVICE_DIRECTORY) == []


def check_migrating(session: Session, bigquery: FakeBigQuery) -> None:
    """The reports are in BigQuery, and both sides counted them."""
    assert [row["clusterID"] for row in bigquery.table(_TABLE).rows] == [_KEPT]
    assert [line.split(": ")[1] for line in session.finished[-1].output.splitlines()] == [
        "1 reports",
        "1 reports",
    ]


def check_privacy(session: Session, _bigquery: FakeBigQuery) -> None:
    """Of the two previews, the second is a whole report."""
    *_, finished = session.finished
    assert len(json.loads(finished.output)["nodes"]) == _NODES


def check_publishing(session: Session, _bigquery: FakeBigQuery) -> None:
    """The collector of made-up clusters serves a page."""
    status, page = session.request("GET", "/")
    assert status == 200
    assert "<html" in page


def check_statistics(session: Session, _bigquery: FakeBigQuery) -> None:
    """What was fetched is the table of all releases."""
    header, *_ = (session.folder / "census.csv").read_text().splitlines()
    assert header.startswith("period,question,answer,")


def check_volunteer(session: Session, _bigquery: FakeBigQuery) -> None:
    """The manifest that was printed again is the one before, byte for byte."""
    first, again = (session.folder / name for name in ("volunteer.yaml", "upgraded.yaml"))
    assert first.read_text().count("kind: Secret") == 1
    assert again.read_text() == first.read_text()


_CHECKS: Final[Mapping[str, Callable[[Session, FakeBigQuery], None]]] = {
    "README.md": check_readme,
    "docs/migrating.md": check_migrating,
    "docs/operating.md": check_operating,
    "docs/privacy.md": check_privacy,
    "docs/protocol.md": check_protocol,
    "docs/publishing.md": check_publishing,
    "docs/statistics.md": check_statistics,
    "docs/volunteer.md": check_volunteer,
}
"""What is true after the last command of a document."""


def prepare(session: Session, name: str) -> None:
    """Bring about what a document takes for granted."""
    if name == "docs/protocol.md":  # a collector
        session.start(_SERVICE)
        session.post(_KEPT)
    if name == "docs/statistics.md":  # one that publishes
        session.start(f"{_SERVICE} --publish monthly")
    if name == "docs/migrating.md":  # the file of one that was stopped
        session.start(_SERVICE)
        session.post(_KEPT)
        session.stop()


def test_every_document_is_checked() -> None:
    """Every document with commands to type has a check of what came of them."""
    assert set(_TYPED) == set(_CHECKS)


@pytest.mark.parametrize("name", _TYPED)
def test_commands(session: Session, bigquery: FakeBigQuery, name: str) -> None:
    """Every command of a document succeeds, and does what the document is about."""
    prepare(session, name)
    cluster = Cluster(session)
    for command in typed(name):
        finished = session.type(command, standard_input=f"{_KEPT}\n")
        assert finished.status == 0, f"{command.text}\n{finished.output}{finished.errors}"
        for call in finished.calls:
            cluster.tell(call)
        if is_service(command):
            session.post(_KEPT)
    _CHECKS[name](session, bigquery)
