"""Whether the loop that receives reports still answers, and the service manager that asks."""

import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import Final, Self

_TIMEOUT_SECONDS: Final = 5.0
_REQUEST: Final = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
_OK: Final = b"HTTP/1.1 200 "
_MICROSECONDS: Final = 1_000_000
_EVERY_ADDRESS: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - to connect, not to bind


@dataclass(frozen=True)
class Heartbeat:
    """Asks the service that listens at `listening`, which its owner closes."""

    listening: socket.socket

    def is_alive(self) -> bool:
        """Return whether `/healthz` answers within five seconds. From any thread but the loop's."""
        try:
            address = self.listening.getsockname()
            with closing(socket.socket(self.listening.family)) as connection:
                connection.settimeout(_TIMEOUT_SECONDS)
                connection.connect(_reachable(address))
                connection.sendall(_REQUEST)
                return connection.recv(len(_OK)) == _OK
        except OSError:
            return False


def _reachable(address: str | tuple[str, int]) -> str | tuple[str, int]:
    """Return where to connect to what listens at `address`, perhaps on every network."""
    if isinstance(address, str):
        return address
    host = address[0]
    return (_EVERY_ADDRESS.get(host, host), address[1])


@dataclass(frozen=True)
class ServiceManager:
    """systemd, or another that does the same, notified of our state: sd_notify(3)."""

    notify_address: str | None = None
    """Where notifications go; None where no manager asked for them."""

    watchdog_seconds: float | None = None
    """How long it waits for a sign of life; None forever."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], *, process_id: int) -> Self:
        """Return what the variables say."""
        watched = _number(environment, "WATCHDOG_PID") in {None, process_id}
        microseconds = _number(environment, "WATCHDOG_USEC")
        return cls(
            notify_address=environment.get("NOTIFY_SOCKET"),
            watchdog_seconds=microseconds / _MICROSECONDS if microseconds and watched else None,
        )

    def ready(self) -> None:
        """Notify it that requests are served."""
        self._notify("READY=1")

    def stopping(self) -> None:
        """Notify it that the process is about to stop."""
        self._notify("STOPPING=1")

    @contextmanager
    def watched(self, is_alive: Callable[[], bool]) -> Iterator[None]:
        """Give a sign of life, as long as `is_alive`, twice in the time that is allowed."""
        if self.watchdog_seconds is None:
            yield
            return
        ended = threading.Event()
        thread = threading.Thread(
            target=self._give_signs, args=[is_alive, ended], name="watchdog", daemon=True
        )
        thread.start()
        try:
            yield
        finally:
            ended.set()

    def _give_signs(self, is_alive: Callable[[], bool], ended: threading.Event) -> None:
        pause = (self.watchdog_seconds or 0.0) / 2
        while not ended.wait(pause):
            if is_alive():
                self._notify("WATCHDOG=1")

    def _notify(self, state: str) -> None:
        if self.notify_address is None:
            return
        # `@` stands for the zero byte of an abstract address. Nobody has to listen there.
        name = self.notify_address
        address = f"\0{name[1:]}" if name.startswith("@") else name
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notified:
            notified.sendto(state.encode(), address)


def _number(environment: Mapping[str, str], name: str) -> int | None:
    text = environment.get(name, "")
    return int(text) if text.isascii() and text.isdigit() else None
