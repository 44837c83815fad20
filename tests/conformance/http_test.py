"""A running collector against every vector, over HTTP."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from collector.testing import RunningCollector
from tests.conformance.vectors import Rejected, accepted, document, rejected

ACCEPTED = accepted()
REJECTED = rejected()
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCollector]:
    """A collector that is not to keep anything."""
    with RunningCollector(tmp_path_factory.mktemp("collector")) as running:
        yield running


def test_accepted(tmp_path: Path) -> None:
    """Each accepted document is answered 204, and what is kept of it is what the vector says.

    The timestamp is the collector's own, and two columns are added.
    """
    with RunningCollector(tmp_path, "--database", "stdout") as running:
        statuses = {
            name: running.request("POST", "/api/v1", document(vector), JSON)[0]
            for name, vector in ACCEPTED.items()
        }
        assert running.stop() == 0
        stdout = running.process.stdout
        assert stdout is not None
        lines = stdout.read().splitlines()
    assert statuses == dict.fromkeys(ACCEPTED, 204)
    kept = [_without(json.loads(line), {"timestamp", "reportKey", "receivedAt"}) for line in lines]
    assert kept == [_without(vector.kept, {"timestamp"}) for vector in ACCEPTED.values()]


@pytest.mark.parametrize("vector", REJECTED.values(), ids=REJECTED.keys())
def test_rejected(collector: RunningCollector, vector: Rejected) -> None:
    """A rejected document is answered 400, with a problem that names the path and the rule."""
    status, problem = collector.request("POST", "/api/v1", document(vector), JSON)
    assert (status, problem["path"]) == (400, vector.path)
    assert vector.rule in str(problem["rule"])


def _without(fields: object, names: set[str]) -> dict[str, object]:
    assert isinstance(fields, dict)
    return {name: value for name, value in fields.items() if name not in names}
