"""The main job, end to end: `./pants run tools:demo [-- --once] [--nodes N] [--kubeconfig PATH]`.

Runs the two built programs against a Kubernetes API and shows what was sent, what was withheld,
and what the census knows afterwards.
"""

import secrets
import signal
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tools.demo.census import read_census
from tools.demo.presentation import show_census, show_sent, show_step
from tools.demo.programs import LOOPBACK, Collector, ProgramFailed, run_volunteer
from tools.demo.wire_tap import Sent, running_wire_tap
from tools.simulator import Cluster, running_simulator

REPORTS = "reports"
KEY_BYTES = 32

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
console = Console()


@app.command()
def demo(
    *,
    collector: Annotated[Path, typer.Option(help="The built collector.", exists=True)],
    volunteer: Annotated[Path, typer.Option(help="The built volunteer.", exists=True)],
    nodes: Annotated[int, typer.Option(min=0, help="Size of the simulated cluster.")] = 5,
    kubeconfig: Annotated[
        Path | None, typer.Option(exists=True, help="Report on this cluster instead.")
    ] = None,
    data_dir: Annotated[
        Path | None, typer.Option(help="Keep the collector's files here; else a fresh folder.")
    ] = None,
    port: Annotated[int, typer.Option(help="The collector's port; 0 takes a free one.")] = 0,
    once: Annotated[
        bool, typer.Option("--once", help="End when the census is shown; else stay up.")
    ] = False,
) -> None:
    """Send one report from a cluster to a collector and show what the census then knows."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        with _folder(data_dir) as data, _cluster(kubeconfig, nodes) as cluster:
            collector_port = port or _free_port()
            with _running(collector, data, collector_port):
                _report(volunteer, cluster, collector_port)
                show_step(console, "Stopping the collector, which empties its spool first")
            show_step(console, f"What the census knows, read back from {data / REPORTS}")
            show_census(console, read_census(data / REPORTS))
            if not once:
                with _running(collector, data, collector_port) as running:
                    console.print(f"The collector stays up at {running.url}; Ctrl-C stops it.")
                    running.wait()
    except ProgramFailed as error:
        sys.exit(f"demo: {error}")
    except KeyboardInterrupt:
        console.print("\nStopped.")


def _report(volunteer: Path, cluster: Path, collector_port: int) -> None:
    """Preview, then send one report through a wire tap, and show both."""
    with tempfile.TemporaryDirectory() as folder, running_wire_tap(collector_port) as tap:
        key_file = Path(folder) / "key"
        key_file.touch(mode=0o600)
        key_file.write_text(secrets.token_hex(KEY_BYTES) + "\n")
        settings = (
            *("--cluster-id", "auto", "--key-file", str(key_file)),
            *("--kubeconfig", str(cluster), "--period", "0", "--database", tap.url),
        )
        show_step(console, "What the volunteer would send, and what it withholds: its preview")
        print(run_volunteer(volunteer, ("preview", *settings)))
        show_step(console, "Sending one report")
        run_volunteer(volunteer, settings)
        show_step(console, "What went over the wire")
        show_sent(console, _only(tap.sent))


def _only(sent: list[Sent]) -> Sent:
    if len(sent) != 1:
        raise ProgramFailed(f"the volunteer made {len(sent)} requests where one was due")
    return sent[0]


@contextmanager
def _running(program: Path, data_dir: Path, port: int) -> Iterator[Collector]:
    log = data_dir.with_name(f"{data_dir.name}.log")
    show_step(console, f"Starting the collector; its files: {data_dir}, its log: {log}")
    collector = Collector(program, port=port, data_dir=data_dir, log=log)
    try:
        collector.wait_until_ready()
        yield collector
    finally:
        collector.stop()


@contextmanager
def _cluster(kubeconfig: Path | None, nodes: int) -> Iterator[Path]:
    """Yield the kubeconfig of the reader's cluster, or of a simulated one."""
    if kubeconfig is not None:
        yield kubeconfig
        return
    show_step(console, f"Simulating a Kubernetes cluster of {nodes} nodes")
    with (
        tempfile.TemporaryDirectory() as folder,
        running_simulator(Cluster.generate(nodes=nodes, seed=secrets.randbits(32))) as simulator,
    ):
        yield simulator.kubeconfig(Path(folder) / "kubeconfig")


@contextmanager
def _folder(data_dir: Path | None) -> Iterator[Path]:
    if data_dir is not None:
        yield data_dir
        return
    with tempfile.TemporaryDirectory(prefix="spartakus-demo-") as fresh:
        yield Path(fresh) / "data"


def _free_port() -> int:
    with socket.create_server((LOOPBACK, 0)) as probe:
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    app()
