"""One HTTP exchange under one deadline, over urllib3.

The deadline holds for all of it: the name, the connection, TLS, the request, the answer's head and
its body. urllib3's own timeouts are about inactivity, so a server that sends a byte now and then,
or `100 Continue` for ever, would hold a caller without end.
"""

import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Final, TypeAlias
from weakref import WeakSet

import urllib3
from msgspec import Struct, field
from urllib3.connection import HTTPConnection

from volunteer.http.deadline import DeadlinePassed
from volunteer.http.failures import AnswerTooLarge, ExchangeFailed, failed
from volunteer.http.pools import hang_up, new_pool
from volunteer.http.proxies import Proxy
from volunteer.redacted import Redacted

_CONNECT_SECONDS: Final = 20.0
_PIECE_BYTES: Final = 64 * 1024
_LONGEST_RETRY_AFTER_SECONDS: Final = 24 * 60 * 60
_RETRY_AFTER: Final = urllib3.Retry(retry_after_max=_LONGEST_RETRY_AFTER_SECONDS)

Headers: TypeAlias = Mapping[str, str] | urllib3.HTTPHeaderDict


class Exchanged(Redacted, frozen=True):
    """What came back. `fault` says why the body is not whole; None where it is."""

    status: int
    headers: Mapping[str, str]
    retry_after: float | None
    body: bytearray
    fault: ExchangeFailed | None = None


class HttpClient:
    """Asks servers, and follows no redirect. `route` chooses the proxy for a URL."""

    def __init__(
        self,
        *,
        route: Callable[[str], Proxy | None],
        tls: Callable[[], ssl.SSLContext],
        server_name: str | None = None,
    ) -> None:
        """`tls` is asked once, for the first https URL; `server_name` is what certificates have to
        name, where it is not the URL's host.
        """
        self._route = route
        self._tls = tls
        self._server_name = server_name
        self._pools: dict[tuple[bool, Proxy | None], urllib3.PoolManager] = {}
        self._connections: WeakSet[HTTPConnection] = WeakSet()

    def close(self) -> None:
        """Close the connections."""
        for pool in self._pools.values():
            pool.clear()
        self._pools.clear()

    def exchange(
        self,
        method: str,
        url: str,
        *,
        headers: Headers,
        seconds: float,
        most_bytes: int,
        body: bytes | None = None,
    ) -> Exchanged:
        """Return the answer to one request; all of it takes at most so many `seconds`.

        A body larger than `most_bytes` is not read to its end. Raises `ExchangeFailed` where not
        even a head came, and whatever `route` and `tls` raise.
        """
        if seconds <= 0:
            raise failed(DeadlinePassed())
        pool = self._pool(url)
        timeout = urllib3.Timeout(connect=min(_CONNECT_SECONDS, seconds), read=seconds)

        def request() -> urllib3.BaseHTTPResponse:
            return pool.request(
                method,
                url,
                body=body,
                headers=headers,
                redirect=False,
                retries=False,
                preload_content=False,
                timeout=timeout,
            )

        came = _Came()
        try:
            for part in _Exchange(request).parts(seconds):
                came.add(part, most_bytes)
        except Exception as error:  # whatever a library raises has to end here
            if isinstance(error, (DeadlinePassed, AnswerTooLarge)):
                self._hang_up()
            if came.response is None:
                raise failed(error) from error
            return came.whole(failed(error))
        return came.whole(None)

    def _pool(self, url: str) -> urllib3.PoolManager:
        proxy = self._route(url)
        key = (url.startswith("https:"), proxy)
        if key not in self._pools:
            tls = self._tls() if key[0] else None
            self._pools[key] = new_pool(proxy, tls, self._server_name, self._connections)
        return self._pools[key]

    def _hang_up(self) -> None:
        """End the work that was left to itself: what it waits for ends with its connection."""
        hang_up(tuple(self._connections))
        self.close()


_Part: TypeAlias = urllib3.BaseHTTPResponse | bytes


class _Exchange:
    """One request, made by a thread of its own, which says at once what arrives: the head, and then
    pieces of the body. Whoever waits for it keeps the deadline.
    """

    def __init__(self, request: Callable[[], urllib3.BaseHTTPResponse]) -> None:
        self._request = request
        self._arrived = SimpleQueue[_Part | BaseException | None]()

    def parts(self, seconds: float) -> Iterator[_Part]:
        """Start, and yield what arrives. Raises `DeadlinePassed`, and what the thread raises."""
        deadline = time.monotonic() + seconds
        Thread(target=self._run, daemon=True).start()
        while True:
            try:
                part = self._arrived.get(timeout=max(0.0, deadline - time.monotonic()))
            except Empty:
                raise DeadlinePassed from None
            if part is None:
                return
            if isinstance(part, BaseException):
                raise part
            yield part

    def _run(self) -> None:
        try:
            response = self._request()
            self._arrived.put(response)
            try:
                while piece := response.read1(_PIECE_BYTES):
                    self._arrived.put(piece)
            except BaseException:
                response.close()
                raise
            self._arrived.put(None)
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            self._arrived.put(error)


class _Came(Struct):
    """What has arrived so far."""

    response: urllib3.BaseHTTPResponse | None = None
    body: bytearray = field(default_factory=bytearray)

    def add(self, part: _Part, most_bytes: int) -> None:
        """Add the head or a piece. Raises `AnswerTooLarge`."""
        if not isinstance(part, bytes):
            self.response = part
            return
        self.body += part
        if len(self.body) > most_bytes:
            raise AnswerTooLarge

    def whole(self, fault: ExchangeFailed | None) -> Exchanged:
        """Return all that came; `fault` says why that is not all."""
        assert self.response is not None  # noqa: S101 - asked only once a head has come
        response = self.response
        return Exchanged(
            response.status, response.headers, _retry_after(response), self.body, fault
        )


def _retry_after(response: urllib3.BaseHTTPResponse) -> float | None:
    """Return `Retry-After` in seconds, whether it is a number or a date; None without a valid
    one (RFC 9110, section 10.2.3).
    """
    try:
        return _RETRY_AFTER.get_retry_after(response)
    except (urllib3.exceptions.InvalidHeader, ValueError, OverflowError):
        return None
