"""One HTTP request under one deadline, over urllib3.

The deadline holds for all of it: the name, the connection, TLS, the request, the response's head
and its body. urllib3's own timeouts are about inactivity, so a server that sends a byte now and
then, or `100 Continue` for ever, would hold a caller without end.
"""

import ssl
from collections.abc import Callable, Iterator, Mapping
from typing import Final, TypeAlias
from weakref import WeakSet

import urllib3
from urllib3.connection import HTTPConnection

from volunteer.http.deadline import DeadlinePassed, arriving
from volunteer.http.failures import BodyTooLarge, RequestFailed, failed
from volunteer.http.pools import disconnect, new_pool
from volunteer.http.proxies import Proxy
from volunteer.redacted import Redacted

_CONNECT_SECONDS: Final = 20.0
_PIECE_BYTES: Final = 64 * 1024
_LONGEST_RETRY_AFTER_SECONDS: Final = 24 * 60 * 60
_RETRY_AFTER: Final = urllib3.Retry(retry_after_max=_LONGEST_RETRY_AFTER_SECONDS)

Headers: TypeAlias = Mapping[str, str] | urllib3.HTTPHeaderDict


class Response(Redacted, frozen=True):
    """What came back. `fault` says why the body is not whole; None where it is."""

    status: int
    headers: Mapping[str, str]
    retry_after: float | None
    body: bytearray
    fault: RequestFailed | None = None


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

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Headers,
        seconds: float,
        most_bytes: int,
        body: bytes | None = None,
    ) -> Response:
        """Return the response to one request; all of it takes at most so many `seconds`.

        A body larger than `most_bytes` is not read to its end. Raises `RequestFailed` where not
        even a head came, and whatever `route` and `tls` raise.
        """
        if seconds <= 0:
            raise failed(DeadlinePassed())
        pool = self._pool(url)
        timeout = urllib3.Timeout(connect=min(_CONNECT_SECONDS, seconds), read=seconds)

        def parts() -> Iterator[urllib3.BaseHTTPResponse | bytes]:
            response = pool.request(
                method,
                url,
                body=body,
                headers=headers,
                redirect=False,
                retries=False,
                preload_content=False,
                timeout=timeout,
            )
            yield response
            yield from _pieces(response, most_bytes)

        return self._received(arriving(seconds, parts))

    def _received(self, parts: Iterator[urllib3.BaseHTTPResponse | bytes]) -> Response:
        head, body, fault = None, bytearray(), None
        try:
            for part in parts:
                if isinstance(part, bytes):
                    body += part
                else:
                    head = part
        except Exception as error:  # whatever a library raises has to end here
            if isinstance(error, (DeadlinePassed, BodyTooLarge)):
                self._disconnect()
            fault = failed(error)
            if head is None:
                raise fault from error
        assert head is not None  # noqa: S101 - the first part is the head
        return Response(head.status, head.headers, _retry_after(head), body, fault)

    def _pool(self, url: str) -> urllib3.PoolManager:
        proxy = self._route(url)
        key = (url.startswith("https:"), proxy)
        if key not in self._pools:
            tls = self._tls() if key[0] else None
            self._pools[key] = new_pool(proxy, tls, self._server_name, self._connections)
        return self._pools[key]

    def _disconnect(self) -> None:
        """End the abandoned work: what it waits for ends with its connection."""
        disconnect(tuple(self._connections))
        self.close()


def _pieces(response: urllib3.BaseHTTPResponse, most_bytes: int) -> Iterator[bytes]:
    """Yield the body as it arrives. Raises `BodyTooLarge`."""
    count = 0
    try:
        while count <= most_bytes and (piece := response.read1(_PIECE_BYTES)):
            yield piece
            count += len(piece)
    except BaseException:
        response.close()
        raise
    if count > most_bytes:
        raise BodyTooLarge


def _retry_after(response: urllib3.BaseHTTPResponse) -> float | None:
    """Return `Retry-After` in seconds, whether it is a number or a date; None without a valid
    one (RFC 9110, section 10.2.3).
    """
    try:
        return _RETRY_AFTER.get_retry_after(response)
    except (urllib3.exceptions.InvalidHeader, ValueError, OverflowError):
        return None
