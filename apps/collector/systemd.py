"""What systemd gives to a service that it starts, and is told by it.

Sockets: sd_listen_fds(3). Readiness, the end, and the watchdog: sd_notify(3). Other service
managers do the same.
"""

import socket
import threading
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager, suppress
from typing import Final, Self

from collector.errors import CannotListen

_FIRST_DESCRIPTOR: Final = 3
_MICROSECONDS: Final = 1_000_000


class ServiceManager:
    """The one that started this process, if any did."""

    def __init__(
        self,
        *,
        listening: socket.socket | None = None,
        notify_address: str | None = None,
        watchdog_seconds: float | None = None,
    ) -> None:
        """`listening` is a socket that it handed over; `notify_address` where it is told things.

        `watchdog_seconds` is how long it waits for a sign of life, None for ever.
        """
        self.listening: Final = listening
        self._notify_address: Final = notify_address
        self._watchdog_seconds: Final = watchdog_seconds

    @classmethod
    def from_environment(cls, environment: MutableMapping[str, str], *, process_id: int) -> Self:
        """Return what the variables say; they are removed, for they are not for our children.

        Raises `CannotListen` for a socket that cannot be served.
        """
        is_for_us = _take_number(environment, "LISTEN_PID") == process_id
        count = _take_number(environment, "LISTEN_FDS") or 0
        environment.pop("LISTEN_FDNAMES", None)
        watched = _take_number(environment, "WATCHDOG_PID") in {None, process_id}
        microseconds = _take_number(environment, "WATCHDOG_USEC")
        return cls(
            listening=_take_socket(count) if is_for_us and count else None,
            notify_address=environment.pop("NOTIFY_SOCKET", None),
            watchdog_seconds=microseconds / _MICROSECONDS if microseconds and watched else None,
        )

    def ready(self) -> None:
        """Tell that requests are served."""
        self._tell("READY=1")

    def stopping(self) -> None:
        """Tell that the end has begun."""
        self._tell("STOPPING=1")

    @contextmanager
    def watched(self, is_alive: Callable[[], bool]) -> Iterator[None]:
        """Give a sign of life, as long as `is_alive`, twice in the time that is allowed."""
        if self._watchdog_seconds is None:
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
        pause = (self._watchdog_seconds or 0.0) / 2
        while not ended.wait(pause):
            if is_alive():
                self._tell("WATCHDOG=1")

    def _tell(self, state: str) -> None:
        if self._notify_address is None:
            return
        # `@` stands for the zero byte of an abstract address. Who does not listen is not told.
        name = self._notify_address
        address = f"\0{name[1:]}" if name.startswith("@") else name
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
            line.sendto(state.encode(), address)


def _take_number(environment: MutableMapping[str, str], name: str) -> int | None:
    text = environment.pop(name, "")
    return int(text) if text.isascii() and text.isdigit() else None


def _take_socket(count: int) -> socket.socket:
    if count > 1:
        raise CannotListen(f"systemd hands over {count} sockets; a collector serves on one")
    try:
        listening = socket.socket(fileno=_FIRST_DESCRIPTOR)
        listening.set_inheritable(False)
        is_listening = listening.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    except OSError as error:
        raise CannotListen(f"systemd hands over no socket: {error.strerror}") from error
    if not is_listening or listening.type != socket.SOCK_STREAM:
        raise CannotListen("systemd hands over a socket that does not listen; use ListenStream=")
    return listening
