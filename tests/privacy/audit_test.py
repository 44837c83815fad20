"""The reading list of `docs/privacy.md` is complete: what runs in a delivery is on it.

The document has three tables of files: what decides, what observes, what carries. Real deliveries,
by the program and real servers, say which lines run.
"""

import json
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from report import Disclosure, Extension, Observation, Pseudonyms, anonymise, encode
from report.pseudonym import derive_cluster_id_from_secret
from tests.privacy.canaries import Canaries
from tests.privacy.canary_cluster import HasKubeconfig, Says, run_volunteer, running_cluster
from tests.privacy.clusters import ClusterMaker
from tools.simulator import Cluster, running_simulator
from volunteer.cluster import kubernetes_json
from volunteer.delivery.testing import ScriptedCollector, running_collector
from volunteer.version import VERSION

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs/privacy.md").read_text(encoding="utf-8")
MOST_LINES = 450
SECRET = "5e" * 32
CLUSTER_ID = "--cluster-id=2b3db8fd-e392-4754-af32-6aaf0368b319"
EVERYTHING = Cluster.generate(nodes=17, seed=1)


def table(heading: str) -> tuple[str, ...]:
    """Return the files, and the folders, which end in a slash, of the table under a heading."""
    section = DOCUMENT.partition(f"### {heading}\n")[2].partition("\n#")[0]
    cells: list[str] = re.findall(r"^\| ([^|]+) \|", section, re.MULTILINE)
    return tuple(path for cell in cells for path in re.findall("`([^`]+)`", cell))


DECIDES, OBSERVES, CARRIES = map(table, ("What decides", "What observes", "What carries"))


@dataclass(frozen=True)
class Traced:
    """Which lines ran in some deliveries, by file."""

    lines: Mapping[str, frozenset[int]]

    def of(self, files: tuple[str, ...]) -> int:
        """Return how many lines of these files ran."""
        return sum(len(lines) for file, lines in self.lines.items() if _table_of(file) == files)


def _table_of(file: str) -> tuple[str, ...] | None:
    """Return the table that names a file; a file's own name counts before that of its folder."""
    named = [
        (path, files)
        for files in (DECIDES, OBSERVES, CARRIES)
        for path in files
        if file == path or (path.endswith("/") and file.startswith(path))
    ]
    return max(named, default=("", None))[1]


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> Traced:
    """Deliveries with every kind of key, of public words and of canaries, with every flag."""
    folder = tmp_path_factory.mktemp("deliveries")
    (folder / "secret").write_text(SECRET, encoding="utf-8")
    (folder / "facts.json").write_text('{"example.com/a": "b", "c": [1]}', encoding="utf-8")
    with_secret = ("--cluster-id=auto", f"--key-file={folder / 'secret'}")
    canaries = Canaries(Random(3))
    no_uid = {"/api/v1/namespaces/kube-system": Says(403, b"{}")}
    ran: defaultdict[str, set[int]] = defaultdict(set)

    def deliver(cluster: HasKubeconfig, collector: ScriptedCollector, *flags: str) -> None:
        number = len(collector.received)
        lines = folder / f"{number}.json"
        finished = run_volunteer(
            folder / str(number),
            cluster,
            *(*flags, "--period=0", f"--database={collector.url}"),
            program=("tests.privacy.traced", str(lines)),
        )
        assert finished.status == 0, finished.stderr
        for file, numbers in json.loads(lines.read_text(encoding="utf-8")).items():
            ran[file].update(numbers)

    with (
        running_collector() as collector,
        running_simulator(EVERYTHING) as simulator,
        running_cluster(ClusterMaker(Random(3), canaries), canaries, no_uid) as strange,
    ):
        deliver(simulator, collector, *with_secret, f"--extensions={folder / 'facts.json'}")
        deliver(simulator, collector, "--cluster-id=auto", "--compress", "--omit=osImage")
        deliver(simulator, collector, CLUSTER_ID, "--verbatim=capacity,osImage")
        deliver(strange, collector, CLUSTER_ID, "--include=workloads")
        assert len(collector.received) == 4
    return Traced({file: frozenset(lines) for file, lines in ran.items()})


def test_every_line_is_on_the_list(traced: Traced) -> None:
    """Every file of which a line runs in a delivery is in one of the three tables."""
    strangers = [file for file in traced.lines if _table_of(file) is None]
    assert strangers == [], "name them in docs/privacy.md, under `Check it yourself`"


def test_the_library_is_named_file_by_file(traced: Traced) -> None:
    """What decides is named file by file, nothing of the library only carries, and each file that
    is said to decide does run.
    """
    assert not any(path.endswith("/") for path in DECIDES)
    assert not any(path.startswith("libs/report") for path in CARRIES)
    assert [path for path in DECIDES if path not in traced.lines] == []


def test_few_lines_decide(traced: Traced) -> None:
    """Fewer lines decide than the document says, and not hardly any: the trace sees them."""
    assert f"at most {MOST_LINES} lines" in DOCUMENT
    lines = traced.of(DECIDES)
    print(f"{lines} lines decide")  # noqa: T201 - for whoever changes the tables
    assert 200 < lines <= MOST_LINES


def test_nothing_else_puts_a_byte_in(tmp_path: Path) -> None:
    """A collector receives, to the byte, what the files that decide make of what was observed."""
    (tmp_path / "secret").write_text(SECRET, encoding="utf-8")
    (tmp_path / "facts.json").write_text('{"example.com/a": "b"}', encoding="utf-8")
    with running_collector() as collector, running_simulator(EVERYTHING) as simulator:
        finished = run_volunteer(
            tmp_path / "run",
            simulator,
            *("--cluster-id=auto", f"--key-file={tmp_path / 'secret'}", "--omit=kernelVersion"),
            *(f"--extensions={tmp_path / 'facts.json'}", "--verbatim=osImage", "--period=0"),
            f"--database={collector.url}",
        )
    assert finished.status == 0, finished.stderr
    (request,) = collector.received
    secret = bytes.fromhex(SECRET)
    expected = anonymise(
        Observation(
            master_version=kubernetes_json.read_version(json.dumps(EVERYTHING.version).encode()),
            nodes=kubernetes_json.read_node_page(nodes_of(EVERYTHING)).items,
        ),
        pseudonyms=Pseudonyms.from_secret(secret, derive_cluster_id_from_secret(secret)),
        version=VERSION,
        timestamp=int(json.loads(request.body)["timestamp"]),
        extensions=[Extension("example.com/a", "b")],
        disclosure=Disclosure(omit=frozenset({"kernelVersion"}), verbatim=frozenset({"osImage"})),
    )
    # Behind the report there may be white space, so that its length says less.
    assert request.body.rstrip(b" ") == encode(expected.report)


def nodes_of(cluster: Cluster) -> bytes:
    """Return all nodes of a simulated cluster as one page."""
    nodes = cluster.collections["/api/v1/nodes"]
    assert nodes.whole is not None
    items = b",".join(map(nodes.whole, range(nodes.size)))
    return b'{"kind":"NodeList","metadata":{},"items":[%s]}' % items
