"""The main job, end to end: `./pants run tools:demo [-- --once] [--nodes N] [--kubeconfig PATH]`.

Runs the two built programs: a collector that has heard from a fleet of made-up clusters for months,
and a volunteer that reports on one more. It ends on the page of the census.
"""

import json
import os
import secrets
import signal
import socket
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from census import Period
from census.periods import name_of
from collector.errors import CollectorError
from collector.publishing.schedule import due_day
from tools.demo.programs import LOOPBACK, Collector, ProgramFailed, run_volunteer
from tools.demo.wire_tap import Sent, running_wire_tap
from tools.fleet.keeping import has_reports, write
from tools.fleet.reports import days_of_months, fleet, past_reports
from tools.simulator import Cluster, running_simulator

KEY_BYTES: Final = 32
MONTHS: Final = 4
_SPOOL: Final = "demo"

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def demo(
    *,
    collector: Annotated[Path, typer.Option(help="The built collector.", exists=True)],
    volunteer: Annotated[Path, typer.Option(help="The built volunteer.", exists=True)],
    nodes: Annotated[int, typer.Option(min=0, help="Size of the simulated cluster.")] = 5,
    clusters: Annotated[int, typer.Option(min=1, help="How many others the census has.")] = 1000,
    kubeconfig: Annotated[
        Path | None, typer.Option(exists=True, help="Report on this cluster instead.")
    ] = None,
    data_dir: Annotated[
        Path | None, typer.Option(help="Keep the collector's files here; else a fresh folder.")
    ] = None,
    port: Annotated[int, typer.Option(help="The collector's port; 0 takes a free one.")] = 0,
    once: Annotated[
        bool, typer.Option("--once", help="Exit when all is shown, as without a terminal.")
    ] = False,
) -> None:
    """Report on one cluster to a census of many, and look at what the census says."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    today = datetime.now(UTC).date()
    try:
        with _folder(data_dir) as data, _cluster(kubeconfig, nodes) as cluster:
            _fill(data, clusters, today)
            with (
                _settings(cluster) as settings,
                _running(collector, data, _free_port(port), today) as running,
            ):
                _report(volunteer, settings, running.port, data)
                running.wait_until_published(_newest_due(today))
                _step("Where this cluster stands in the census, of which it only reads")
                print(run_volunteer(volunteer, ("compare", "--with", running.url, *settings)))
                _step(f"The page of this census: open {running.url}/")
                if once or not sys.stdout.isatty():
                    print("It stops now; at a terminal and without --once it stays up.")
                else:
                    print("The collector stays up; Ctrl-C stops it.", flush=True)
                    running.wait()
    except (CollectorError, ProgramFailed) as error:
        sys.exit(f"demo: {error}")
    except KeyboardInterrupt:
        print("\nStopped.")


def _fill(data: Path, clusters: int, today: date) -> None:
    """Have the collector heard from a fleet for months, where its folder is empty."""
    if has_reports(data):
        _step(f"Going on with the reports in {data}")
        return
    _step(f"Making up {clusters} clusters, and what they reported in {MONTHS} months")
    seed = secrets.randbits(32)
    made = fleet(clusters, months=MONTHS, seed=seed, today=today)
    write(data, _SPOOL, past_reports(made, months=MONTHS, today=today))


def _report(volunteer: Path, settings: Sequence[str], collector_port: int, data: Path) -> None:
    """Preview a report, and send it through a wire tap."""
    with running_wire_tap(collector_port) as tap:
        to_tap = (*settings, "--period", "0", "--database", tap.url)
        _step("What the volunteer would send, and what it withholds: its preview")
        print(run_volunteer(volunteer, ("preview", *to_tap)))
        previewed = run_volunteer(volunteer, ("preview", "--json", *to_tap))
        run_volunteer(volunteer, to_tap)
        sent = _only(tap.sent)
    _step(f"Sent: one POST of {len(sent.body)} bytes, answered {sent.status}")
    kept = data.with_name(f"{data.name}.sent.json")
    kept.write_bytes(sent.body)
    if _without_time(sent.body) == _without_time(previewed):
        print(f"It was the report above and nothing else; its bytes are in {kept}")
    else:
        print(f"The cluster has changed since the preview; the bytes are in {kept}")


def _without_time(encoded: str | bytes) -> dict[str, object]:
    return {name: value for name, value in json.loads(encoded).items() if name != "timestamp"}


def _only(sent: list[Sent]) -> Sent:
    if len(sent) != 1:
        raise ProgramFailed(f"the volunteer made {len(sent)} requests where one was due")
    return sent[0]


@contextmanager
def _running(program: Path, data_dir: Path, port: int, today: date) -> Iterator[Collector]:
    log = data_dir.with_name(f"{data_dir.name}.log")
    _step(f"Starting the collector; its files: {data_dir}, its log: {log}")
    (since, _), *_ = days_of_months(today, MONTHS)
    flags = ("--publish", "monthly", "--publish-since", f"{since:%Y-%m}")
    collector = Collector(program, *flags, port=port, data_dir=data_dir, log=log)
    try:
        collector.wait_until_ready()
        yield collector
    finally:
        collector.stop()


def _newest_due(today: date) -> str:
    """Return the name of the newest release that the collector will have made."""
    closed = (Period(*days) for days in days_of_months(today, MONTHS)[:-1])
    return [name_of(each) for each in closed if due_day(each) <= today][-1]


@contextmanager
def _cluster(kubeconfig: Path | None, nodes: int) -> Iterator[Path]:
    """Yield the kubeconfig of the reader's cluster, or of a simulated one."""
    if kubeconfig is not None:
        yield kubeconfig
        return
    _step(f"Simulating a Kubernetes cluster of {nodes} nodes")
    with (
        tempfile.TemporaryDirectory() as folder,
        running_simulator(Cluster.generate(nodes=nodes, seed=secrets.randbits(32))) as simulator,
    ):
        yield simulator.kubeconfig(Path(folder) / "kubeconfig")


@contextmanager
def _settings(cluster: Path) -> Iterator[tuple[str, ...]]:
    """Yield the flags that name a cluster to the volunteer, with a secret of its own."""
    with tempfile.TemporaryDirectory() as folder:
        key_file = Path(folder) / "key"
        key_file.touch(mode=0o600)
        key_file.write_text(secrets.token_hex(KEY_BYTES) + "\n")
        yield ("--cluster-id", "auto", "--key-file", str(key_file), "--kubeconfig", str(cluster))


@contextmanager
def _folder(data_dir: Path | None) -> Iterator[Path]:
    if data_dir is not None:
        yield data_dir
        return
    with tempfile.TemporaryDirectory(prefix="spartakus-demo-") as fresh:
        yield Path(fresh) / "data"


def _free_port(port: int) -> int:
    """Return the port, or any free one for 0. Raises `ProgramFailed` where it is taken."""
    try:
        with socket.create_server((LOOPBACK, port)) as probe:
            return int(probe.getsockname()[1])
    except OSError as error:
        raise ProgramFailed(
            f"port {port} cannot be used: {os.strerror(error.errno or 0)}"
        ) from error


def _step(text: str) -> None:
    typer.secho(f"▸ {text}", bold=True)


if __name__ == "__main__":
    app()
