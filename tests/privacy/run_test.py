"""The running program on a cluster of canaries: none gets out on any way that there is."""

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from tests.privacy.canaries import Canaries
from tests.privacy.canary_cluster import Says, leaks_in, run_volunteer, running_cluster
from tests.privacy.clusters import ClusterMaker
from volunteer.delivery.testing import ScriptedCollector, running_collector

CLUSTER_ID = "--cluster-id=2b3db8fd-e392-4754-af32-6aaf0368b319"
VERBOSE = ("--period=0", "--verbose", "--v=9")
NODES = "/api/v1/nodes"
STARTED = b" INFO spartakus-volunteer/"
EVERY_PATH = ("/version", "/api/v1/namespaces/kube-system", NODES)


@pytest.fixture
def canaries() -> Canaries:
    """Canaries to be looked for."""
    return Canaries(Random(7))


@pytest.fixture
def maker(canaries: Canaries) -> ClusterMaker:
    """A maker of objects that are full of them."""
    return ClusterMaker(Random(7), canaries)


@pytest.fixture
def collector() -> Iterator[ScriptedCollector]:
    """A collector that takes everything."""
    with running_collector() as running:
        yield running


@pytest.mark.parametrize(
    "flags",
    [
        (),
        ("--include=workloads",),
        ("--compress",),
        ("--omit=osImage,distribution,role",),
        ("preview",),
        ("preview", "--json"),
    ],
    ids=lambda flags: " ".join(flags) or "no flags",
)
def test_every_way_out(
    tmp_path: Path,
    canaries: Canaries,
    maker: ClusterMaker,
    collector: ScriptedCollector,
    flags: tuple[str, ...],
) -> None:
    """With all verbosity, no canary is in the streams, in any file, or in what a collector got."""
    with running_cluster(maker, canaries) as cluster:
        finished = run_volunteer(
            tmp_path / "run",
            cluster,
            *flags,
            CLUSTER_ID,
            f"--database={collector.url}",
            *VERBOSE,
        )
    assert finished.status == 0, finished.stderr
    assert len(collector.received) == ("preview" not in flags)
    for request in collector.received:
        body = request.body if "content-encoding" not in request.headers else b""
        assert leaks_in(repr((request.target, request.headers)).encode(), canaries) == set()
        assert leaks_in(body, canaries) == set()
    for where, said in finished.said().items():
        assert leaks_in(said, canaries) == set(), where
    assert canaries.fragments


def answers_of(maker: ClusterMaker, canaries: Canaries) -> dict[str, Says]:
    """Return answers that are none, each of them full of canaries, by what is wrong with them."""
    secret = canaries.text()
    name = secret.lower()
    account = f'User "system:serviceaccount:{name}:{name}" cannot list resource "nodes"'
    status = {
        "kind": "Status",
        "message": f"nodes {secret!r} is forbidden",
        "reason": secret,
        "details": {"name": name, "kind": secret, "causes": [{"message": secret}]},
    }
    return {
        "bad request": Says(400, json.dumps({**status, "code": 400}).encode()),
        "unauthorised": Says(401, json.dumps(status).encode()),
        "forbidden": Says(403, json.dumps(status).encode()),
        "forbidden account": Says(403, json.dumps({**status, "message": account}).encode()),
        "not found": Says(404, json.dumps(status).encode()),
        "gone": Says(410, json.dumps({**status, "metadata": {"continue": secret}}).encode()),
        "a word": Says(200, f'"{secret}"'.encode()),
        "another kind": Says(200, maker.answer("V1NodeList", kind=secret, items=[])),
        "no kind": Says(200, f'{{"kind": {{"{secret}": 1}}}}'.encode()),
        "cut off": Says(200, f'{{"kind": "NodeList", "{secret}": "{secret}'.encode()),
        "a page": Says(200, f"<html><title>{secret}</title>".encode()),
        "no text": Says(200, secret.encode() + b"\xff\xfe"),
        "wrong types": Says(
            200,
            json.dumps(
                {
                    "kind": "NodeList",
                    "metadata": {"continue": ""},
                    "gitVersion": {secret: secret},
                    "items": [{"metadata": {"name": {secret: secret}}}],
                }
            ).encode(),
        ),
    }


PROBLEMS = tuple(answers_of(ClusterMaker(Random(0), Canaries(Random(0))), Canaries(Random(0))))


@pytest.mark.parametrize("problem", PROBLEMS)
def test_no_answer_in_a_message(
    tmp_path: Path, canaries: Canaries, maker: ClusterMaker, problem: str
) -> None:
    """Whatever the API answers, to whichever question, it is in no message."""
    for number, path in enumerate(EVERY_PATH):
        answers = {path: answers_of(maker, canaries)[problem]}
        with running_cluster(maker, canaries, answers) as cluster:
            finished = run_volunteer(tmp_path / str(number), cluster, CLUSTER_ID, *VERBOSE)
        if path == NODES:
            assert finished.status != 0
        assert STARTED in finished.stderr
        assert b"Traceback" not in finished.stderr
        for where, said in finished.said().items():
            assert leaks_in(said, canaries) == set(), (path, where)


def test_two_runs_differ(
    tmp_path: Path, canaries: Canaries, maker: ClusterMaker, collector: ScriptedCollector
) -> None:
    """Started twice with all else equal, what is random differs: IDs without a key, and the
    key of the post.
    """
    forbidden = {"/api/v1/namespaces/kube-system": Says(403, b"{}")}
    with running_cluster(maker, canaries, forbidden) as cluster:
        for name in ("a", "b"):
            flags = (CLUSTER_ID, f"--database={collector.url}", *VERBOSE)
            assert run_volunteer(tmp_path / name, cluster, *flags).status == 0
    first, second = collector.received
    assert first.headers["idempotency-key"] != second.headers["idempotency-key"]
    ids = [{node["id"] for node in json.loads(each.body)["nodes"]} for each in (first, second)]
    assert len(ids[0]) == len(ids[1]) == 3
    assert ids[0].isdisjoint(ids[1])


DOT_FILES = ("..data", ".facts.json", "...", ".json", ".\u00e9", ". ", ".git", ".env", "..x")


def test_dot_files(
    tmp_path: Path, canaries: Canaries, maker: ClusterMaker, collector: ScriptedCollector
) -> None:
    """Of a folder of extensions no file is read whose name begins with a dot."""
    folder = tmp_path / "extensions"
    folder.mkdir()
    (folder / "facts.json").write_text('{"example.com/a": "b"}', encoding="utf-8")
    for name in DOT_FILES:
        secret = canaries.text()
        (folder / name).write_text(json.dumps({secret: secret}), encoding="utf-8")
    with running_cluster(maker, canaries) as cluster:
        flags = (CLUSTER_ID, f"--database={collector.url}", f"--extensions={folder}", *VERBOSE)
        finished = run_volunteer(tmp_path / "run", cluster, *flags)
    assert finished.status == 0
    (request,) = collector.received
    assert json.loads(request.body)["extensions"] == [{"name": "example.com/a", "value": "b"}]
    for said in (request.body, finished.stderr, finished.stdout):
        assert leaks_in(said, canaries) == set()
