"""The API of a cluster full of canaries, over real HTTP, and the program that observes it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from socket import socket
from typing import Protocol
from urllib.parse import urlsplit

from tests.privacy.canaries import Canaries
from tests.privacy.clusters import ClusterMaker
from tests.privacy.leaks import leaks
from tools.fake_server import FakeHandler, FakeServer, serving

_MODELS = {"/version": "VersionInfo", "/api/v1/namespaces/kube-system": "V1Namespace"}
_DEADLINE_SECONDS = 60


@dataclass(frozen=True)
class Says:
    """An answer: its status and its body."""

    status: int
    body: bytes


class HasKubeconfig(Protocol):
    """A cluster that can be reached."""

    def kubeconfig(self, path: Path) -> Path:
        """Write a kubeconfig that leads there and return its path."""
        ...


class CanaryCluster:
    """Answers each path with `answers`, and else with objects full of canaries."""

    def __init__(
        self, maker: ClusterMaker, canaries: Canaries, answers: Mapping[str, Says]
    ) -> None:
        self.url = ""
        self.token = canaries.text()
        self._maker = maker
        self._answers = answers
        # The names of namespaces, so that workloads are in them.
        self._namespaces = maker.objects("V1Namespace", 3, ())

    def answer(self, path: str) -> Says:
        """Return the answer to a GET."""
        if path in self._answers:
            return self._answers[path]
        if path in _MODELS:
            return Says(200, self._maker.answer(_MODELS[path]))
        if path == "/api/v1/nodes":
            nodes = self._maker.nodes(3)
            return Says(
                200, self._maker.answer("V1NodeList", kind="NodeList", metadata={}, items=nodes)
            )
        names = [each["metadata"]["name"] for each in self._namespaces]
        items = (
            self._namespaces
            if path == "/api/v1/namespaces"
            else self._maker.objects("V1ConfigMap", 4, names)
        )
        kind = "PartialObjectMetadataList"
        return Says(200, self._maker.answer("V1NodeList", kind=kind, metadata={}, items=items))

    def kubeconfig(self, path: Path) -> Path:
        """Write a kubeconfig that leads here and return its path."""
        document = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "here",
            "clusters": [{"name": "here", "cluster": {"server": self.url}}],
            "users": [{"name": "me", "user": {"token": self.token}}],
            "contexts": [{"name": "here", "context": {"cluster": "here", "user": "me"}}],
        }
        path.write_text(json.dumps(document), encoding="utf-8")
        return path


class _Handler(FakeHandler):
    def __init__(
        self,
        cluster: CanaryCluster,
        connection: socket,
        client_address: tuple[str, int],
        server: FakeServer,
    ) -> None:
        self._cluster = cluster
        super().__init__(connection, client_address, server)

    def do_GET(self) -> None:
        says = self._cluster.answer(urlsplit(self.path).path)
        headers = {"Content-Type": "application/json"}
        self.send_head(says.status, headers, length=len(says.body))
        self.wfile.write(says.body)


@contextmanager
def running_cluster(
    maker: ClusterMaker, canaries: Canaries, answers: Mapping[str, Says] | None = None
) -> Iterator[CanaryCluster]:
    """Serve a cluster on a free port of this machine until the block ends."""
    cluster = CanaryCluster(maker, canaries, answers or {})
    server = FakeServer("127.0.0.1", 0, partial(_Handler, cluster))
    cluster.url = f"http://127.0.0.1:{server.server_address[1]}"
    with serving(server):
        yield cluster


@dataclass(frozen=True)
class Finished:
    """What the program left behind: its exit status, its streams, and the files that it wrote."""

    status: int
    stdout: bytes
    stderr: bytes
    files: Mapping[str, bytes]

    def said(self) -> dict[str, bytes]:
        """Return everything that the program said, by where it said it."""
        return {"stdout": self.stdout, "stderr": self.stderr, **self.files}


def run_volunteer(
    folder: Path,
    cluster: HasKubeconfig,
    *flags: str,
    program: Sequence[str] = ("volunteer.main",),
) -> Finished:
    """Run the program in `folder`, where all its files are, and wait until it has exited.

    `program` is the module to start, and what comes before the flags.
    """
    kubeconfig = cluster.kubeconfig(folder.with_name(f"{folder.name}-kubeconfig"))
    for name in ("home", "tmp"):
        (folder / name).mkdir(parents=True)
    variables = {
        "PYTHONPATH": os.pathsep.join(str(Path(entry).absolute()) for entry in sys.path if entry),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "HOME": str(folder / "home"),
        "TMPDIR": str(folder / "tmp"),
    }
    finished = subprocess.run(
        [sys.executable, "-m", *program, f"--kubeconfig={kubeconfig}", *flags],
        cwd=folder,
        env=variables,
        capture_output=True,
        timeout=_DEADLINE_SECONDS,
        check=False,
    )
    files = {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return Finished(finished.returncode, finished.stdout, finished.stderr, files)


def leaks_in(said: bytes, canaries: Canaries) -> set[str]:
    """Return the fragments of canaries in a text, as it is and line by line as JSON."""
    text = said.decode("utf-8", "replace")
    return leaks(json.dumps([text, *text.splitlines()]).encode(), canaries.fragments)
