"""The parts put together, with everything real but the clock and the dice."""

import gc
import itertools
import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from command_line.errors import InvalidOption
from report import Extension, decode
from tools.simulator import Cluster, Simulator, running_simulator
from volunteer.delivery.destinations import Collector, Destination, StandardOutput
from volunteer.delivery.rules import Delivered, Unavailable
from volunteer.delivery.testing import Says, running_collector
from volunteer.errors import InvalidExtensionFile, NoClusterConfigured
from volunteer.reporting.prepare import Prepared
from volunteer.reporting.start import check_files
from volunteer.settings import Settings
from volunteer.sleeping.reexec import wait_until
from volunteer.sleeping.schedule import WakeUp
from volunteer.testing import AlwaysLongest, JumpingClock
from volunteer.wiring import World, make_report, run, send

_UUID = "2b3db8fd-e392-4754-af32-6aaf0368b319"


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with running_simulator(Cluster.generate(nodes=2, seed=1)) as running:
        yield running


def _settings(
    simulator: Simulator,
    directory: Path,
    *,
    destination: Destination | None = None,
    extensions: Path | None = None,
    jitter: float | None = None,
) -> Settings:
    return Settings(
        cluster_id=_UUID,
        destination=destination or StandardOutput(),
        period=0.0,
        jitter=jitter,
        extensions=extensions,
        kubeconfig=simulator.kubeconfig(directory / "kubeconfig"),
    )


def _world(clock: JumpingClock, output: int = -1, resumed: WakeUp | None = None) -> World:
    return World(
        environment={},
        proxies={},
        clock=clock.clock,
        random=AlwaysLongest(),
        random_bytes=lambda count: b"\x07" * count,
        output=output,
        wait_asleep=lambda wake_up: wait_until(wake_up.at, clock.clock),
        resumed=resumed,
    )


def _extension_names(prepared: Prepared) -> list[str]:
    return [found.name for found in prepared.anonymised.report.extensions or ()]


def test_extension_file_that_turned_bad(
    simulator: Simulator, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A file that turns bad after the start is logged and left out, and the report is made."""
    directory = tmp_path / "facts"
    directory.mkdir()
    (directory / "good").write_text('{"good": "1"}')
    (directory / "late").write_text('{"late": "1"}')
    settings = _settings(simulator, tmp_path, extensions=directory)
    check_files(settings)
    (directory / "late").write_text("half writ")
    with caplog.at_level(logging.ERROR):
        prepared = make_report(settings, _world(JumpingClock()), None)
    assert prepared.anonymised.report.extensions == (Extension("good", "1"),)
    (record,) = caplog.records
    assert record.getMessage().startswith(f"left out of this report: {directory / 'late'}: must be")
    with pytest.raises(InvalidExtensionFile):
        check_files(settings)


def test_collector_of_garbage(simulator: Simulator, tmp_path: Path) -> None:
    """After a report, and after a failed one, the garbage collector is enabled again."""
    make_report(_settings(simulator, tmp_path), _world(JumpingClock()), None)
    assert gc.isenabled()
    nowhere = replace(_settings(simulator, tmp_path), kubeconfig=tmp_path / "none")
    with pytest.raises(NoClusterConfigured):
        make_report(nowhere, _world(JumpingClock()), None)
    assert gc.isenabled()


def test_extension_file_that_changed(simulator: Simulator, tmp_path: Path) -> None:
    """Extensions are read anew for each report."""
    file = tmp_path / "facts"
    settings = _settings(simulator, tmp_path, extensions=file)
    for name in ("first", "second"):
        file.write_text(f'{{"{name}": "1"}}')
        assert _extension_names(make_report(settings, _world(JumpingClock()), None)) == [name]


def test_least_privilege(simulator: Simulator, tmp_path: Path) -> None:
    """With a key file of one's own nothing but the version and the nodes is asked for."""
    before = len(simulator.requests)
    make_report(_settings(simulator, tmp_path), _world(JumpingClock()), bytes(32))
    asked = [request.path for request in simulator.requests[before:]]
    assert asked == ["/version", "/api/v1/nodes"]


def test_one_line_of_output(simulator: Simulator, tmp_path: Path) -> None:
    """On standard output a report is one line."""
    settings = _settings(simulator, tmp_path)
    prepared = make_report(settings, _world(JumpingClock()), None)
    with (tmp_path / "out").open("wb") as output:
        world = _world(JumpingClock(), output.fileno())
        assert send(prepared, settings, world, deadline=0.0) == Delivered()
    assert (tmp_path / "out").read_bytes() == prepared.body + b"\n"


def test_idempotency_key(simulator: Simulator, tmp_path: Path) -> None:
    """The key of a report is 128 random bits, unlike anything of the cluster."""
    with running_collector() as collector:
        settings = _settings(simulator, tmp_path, destination=Collector(collector.url))
        prepared = make_report(settings, _world(JumpingClock()), None)
        assert send(prepared, settings, _world(JumpingClock()), deadline=1e9) == Delivered()
    assert collector.received[0].headers["idempotency-key"] == "07" * 16


def test_deadline(simulator: Simulator, tmp_path: Path) -> None:
    """A delivery ends at its deadline."""
    clock = JumpingClock(now=0.0)
    with running_collector(*[Says(503)] * 50) as collector:
        settings = _settings(simulator, tmp_path, destination=Collector(collector.url))
        prepared = make_report(settings, _world(clock), None)
        outcome = send(prepared, settings, _world(clock), deadline=60.0)
    assert outcome == Unavailable("answered 503")
    assert clock.time < 60.0


def test_jitter_of_one_report(simulator: Simulator, tmp_path: Path) -> None:
    """--jitter makes a single report wait too, as a CronJob's should."""
    clock = JumpingClock(now=0.0)
    settings = _settings(simulator, tmp_path, jitter=3_600.0)
    null = os.open(os.devnull, os.O_WRONLY)
    try:
        assert run(settings, _world(clock, null)) == 0
    finally:
        os.close(null)
    assert sum(clock.sleeps) == 3_600.0


class _Enough(BaseException):
    """Ends a life without end."""


def _live(settings: Settings, world: World, wake_ups: int) -> list[WakeUp]:
    """Run until so many wake-ups were waited for, and return them all."""
    asked: list[WakeUp] = []

    def wait(wake_up: WakeUp) -> None:
        if len(asked) == wake_ups:
            raise _Enough
        asked.append(wake_up)
        world.wait_asleep(wake_up)

    with pytest.raises(_Enough):
        run(settings, replace(world, wait_asleep=wait))
    return asked


def test_resumed_late(simulator: Simulator, tmp_path: Path) -> None:
    """After a sleep over several due times one report is made, and the next is due on the grid."""
    clock = JumpingClock(now=1_000.0)
    settings = replace(_settings(simulator, tmp_path), period=100.0)
    before = len(simulator.requests)
    with (tmp_path / "out").open("wb") as output:
        world = _world(clock, output.fileno(), resumed=WakeUp(730.0))
        asked = _live(settings, world, 2)
    assert [wake_up.at for wake_up in asked] == [730.0, 1_030.0]
    assert (tmp_path / "out").read_bytes().count(b"\n") == 2
    assert [request.path for request in simulator.requests[before:]].count("/api/v1/nodes") == 2


def test_key_file_gone(
    simulator: Simulator, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A key file that is gone at a later wake-up is waited for; at the start it is an error."""
    file = tmp_path / "key"
    settings = replace(_settings(simulator, tmp_path), period=86_400.0, key_file=file)
    with (tmp_path / "out").open("wb") as output:
        with pytest.raises(InvalidOption, match=r"^--key-file: "):
            run(settings, _world(JumpingClock(now=0.0), output.fileno()))
        world = _world(JumpingClock(now=0.0), output.fileno(), resumed=WakeUp(0.0))
        asked = _live(settings, world, 2)
    assert [wake_up.at for wake_up in asked] == [0.0, 45 * 60.0]
    assert f"no report: --key-file: {file} cannot be read" in caplog.text


def test_key_file_from_a_pipe(simulator: Simulator, tmp_path: Path) -> None:
    """A key that comes through a pipe is read once, kept, and does not get into a sleep that would
    forget it.
    """
    reading, writing = os.pipe()
    os.write(writing, b"0a" * 32)
    os.close(writing)
    settings = replace(
        _settings(simulator, tmp_path), period=100.0, key_file=Path(f"/dev/fd/{reading}")
    )
    clock = JumpingClock(now=0.0)
    limited = replace(clock.clock, sleep=_raising_after(3, clock.clock.sleep))
    with (tmp_path / "out").open("wb") as output:
        world = replace(_world(clock, output.fileno()), clock=limited)
        with pytest.raises(_Enough):
            run(settings, world)
    os.close(reading)
    reports = [decode(line) for line in (tmp_path / "out").read_bytes().splitlines()]
    assert len(reports) == 2
    assert reports[0].nodes == reports[1].nodes


def _raising_after(calls: int, sleep: Callable[[float], None]) -> Callable[[float], None]:
    """Return `sleep`, which ends the life after so many calls."""
    counter = itertools.count(1)

    def limited(seconds: float) -> None:
        if next(counter) > calls:
            raise _Enough
        sleep(seconds)

    return limited


def test_resumed_quietly(
    simulator: Simulator, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Back from its sleep the program does not introduce itself again, and an extension file that
    turned bad in the meantime does not stop it.
    """
    settings = _settings(simulator, tmp_path, extensions=tmp_path / "gone")
    with caplog.at_level(logging.INFO), (tmp_path / "out").open("wb") as output:
        assert run(settings, _world(JumpingClock(), output.fileno(), resumed=WakeUp(0.0))) == 0
    words = [record.getMessage() for record in caplog.records]
    assert words[0].startswith("left out of this report: ")
    assert words[1:] == ["report delivered"]
