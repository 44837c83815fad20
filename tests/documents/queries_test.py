"""The queries of docs/queries.md, each run on reports of the simulated kind."""

import re
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest

import report
from collector.records import Batch, SpooledReport
from collector.testing import run_collector
from collector.warehouse.parquet.testing import open_folder
from report import Extension, NamespaceCount, Node, Report, Resource, Workloads

DOCUMENT: Final = Path(__file__).parents[2] / "docs" / "queries.md"
QUERIES: Final = re.findall(r"```sql\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
HOUR: Final = 1_795_590_000


def _report(number: int) -> Report:
    node = Node(
        id="n1",
        os_image="Debian GNU/Linux 12 (bookworm)",
        architecture="arm64",
        container_runtime_version="containerd://1.7.13",
        kubelet_version="v1.29.4",
        cloud_provider="aws",
        capacity=(Resource("cpu", "4"), Resource("memory", "8Gi")),
    )
    return Report(
        version="v2",
        timestamp=str(HOUR),
        cluster_id=f"c-{number % 4}",
        master_version="v1.30.2",
        nodes=(node, Node(id="n2")),
        extensions=(Extension("example.com/region", "north"),),
        workloads=Workloads(namespaces=NamespaceCount(count=3, median_age=86_400)),
    )


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("data")
    rows = tuple(SpooledReport(n, f"{n:032x}", HOUR, report.encode(_report(n))) for n in range(8))
    with closing(open_folder(directory)) as warehouse:
        warehouse.write(Batch("s", rows))
    return directory


def test_there_are_a_dozen() -> None:
    """The document has at least twelve queries."""
    assert len(QUERIES) >= 12


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_of_the_document_is_answered(data_dir: Path, query: str) -> None:
    """It gives rows, by `collector sql`."""
    words = ("sql", "--format", "csv", "--data-dir", str(data_dir))
    outcome = run_collector(*words, stdin=query.encode())
    assert outcome.returncode == 0, outcome.stderr
    assert len(outcome.stdout.splitlines()) >= 2
