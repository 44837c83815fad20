"""Behaviour of the control socket, over real sockets."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from collector.control.client import NotRunning, ask
from collector.control.messages import (
    Done,
    Export,
    Exported,
    Forget,
    HasForgotten,
    Kind,
    Request,
    encode_piece,
    read_piece,
)
from collector.control.server import ControlServer
from collector.control.socket_path import reachable
from collector.errors import CommandFailed, WarehouseUnavailable
from collector.testing import DEADLINE_SECONDS
from collector.warehouse.abilities import Forgotten, Format

EXPORT = Export(Format.JSONL)


@contextmanager
def answering(
    path: Path, answer: Callable[[Request, Callable[[bytes], None]], Done]
) -> Iterator[None]:
    with closing(ControlServer(path, answer)) as server:
        server.start()
        yield


def answer_well(request: Request, write: Callable[[bytes], None]) -> Done:
    if isinstance(request, Forget):
        return HasForgotten(Forgotten(2, f"{len(request.cluster_id)} letters"))
    for _ in range(30):
        write(b"0123456789" * 1_000)
    return Exported(30)


def fail(request: Request, write: Callable[[bytes], None]) -> Done:
    write(b"the beginning")
    raise WarehouseUnavailable(f"not now: {type(request).__name__}")


def test_data_and_the_end_arrive_whole(tmp_path: Path) -> None:
    """What is written arrives in order, and then what was done; for each who asks."""
    with answering(tmp_path / "control", answer_well):
        for _ in range(10):
            data = bytearray()
            assert ask(tmp_path / "control", EXPORT, data.extend) == Exported(30)
            assert data == b"0123456789" * 30_000
        done = ask(tmp_path / "control", Forget("abc"), lambda _: None)
    assert done == HasForgotten(Forgotten(2, "3 letters"))


def test_a_failure_is_told_in_its_own_words(tmp_path: Path) -> None:
    """What goes wrong after the first data is no shorter answer, but an error."""
    with (
        answering(tmp_path / "control", fail),
        pytest.raises(CommandFailed, match="not now: Export"),
    ):
        ask(tmp_path / "control", EXPORT, lambda _: None)


def test_an_answer_that_breaks_off_is_an_error(tmp_path: Path) -> None:
    """Data without an end is not taken for all of it."""

    def die(request: Request, write: Callable[[bytes], None]) -> Done:
        write(bytes(100_000))
        raise BrokenPipeError(type(request).__name__)

    with (
        answering(tmp_path / "control", die),
        pytest.raises(CommandFailed, match="broke off"),
    ):
        ask(tmp_path / "control", EXPORT, lambda _: None)


def test_nobody_listens(tmp_path: Path) -> None:
    """Without a socket, and with one that is left over, no collector runs."""
    with pytest.raises(NotRunning):
        ask(tmp_path / "control", EXPORT, lambda _: None)
    with answering(tmp_path / "control", answer_well):
        pass
    assert (tmp_path / "control").is_socket()
    with pytest.raises(NotRunning):
        ask(tmp_path / "control", EXPORT, lambda _: None)


def test_a_socket_that_is_left_over_is_replaced(tmp_path: Path) -> None:
    """The next collector listens at the same path."""
    for _ in range(2):
        with answering(tmp_path / "control", answer_well):
            assert ask(tmp_path / "control", EXPORT, lambda _: None) == Exported(30)


def test_a_deep_directory_is_no_obstacle(tmp_path: Path) -> None:
    """The path may be longer than the address of a socket."""
    deep = tmp_path / ("d" * 120)
    deep.mkdir()
    with answering(deep / "control", answer_well):
        assert ask(deep / "control", EXPORT, lambda _: None) == Exported(30)


@pytest.mark.parametrize("line", [b"\n", b"nonsense\n", b'{"type":"dance"}\n', b"x" * 5_000])
def test_nonsense_is_refused(tmp_path: Path, line: bytes) -> None:
    """What is no request is answered so, and the next one is served."""
    with answering(tmp_path / "control", answer_well):
        with socket.socket(socket.AF_UNIX) as connection, reachable(tmp_path / "control") as path:
            connection.connect(path)
            connection.sendall(line)
            with connection.makefile("rb") as stream:
                assert read_piece(stream) == (Kind.FAILED, b"this is no request of this version")
        assert ask(tmp_path / "control", EXPORT, lambda _: None) == Exported(30)


@pytest.mark.parametrize("answer", [b"z\0\0\0\0", encode_piece(Kind.DONE, b"{}")])
def test_an_answer_of_another_version_is_an_error(tmp_path: Path, answer: bytes) -> None:
    """A piece that this version does not know is named as such."""
    with socket.socket(socket.AF_UNIX) as listening:
        with reachable(tmp_path / "control") as path:
            listening.bind(path)
        listening.listen()
        other = threading.Thread(target=_answer_once, args=[listening, answer])
        other.start()
        with pytest.raises(CommandFailed, match="another version"):
            ask(tmp_path / "control", EXPORT, lambda _: None)
        other.join(DEADLINE_SECONDS)


def _answer_once(listening: socket.socket, answer: bytes) -> None:
    connection, _ = listening.accept()
    with connection:
        connection.recv(1_000)
        connection.sendall(answer)
