"""Posts reports to a collector."""

import ssl
from collections.abc import Callable, Mapping
from math import inf
from pathlib import Path
from typing import Final, Self

from msgspec import Struct

from volunteer.delivery.request import request_of
from volunteer.delivery.rules import NoReply, Reply
from volunteer.http.client import HttpClient
from volunteer.http.failures import PROXY_FAILURES, Failure, RequestFailed
from volunteer.http.proxies import choose_proxy
from volunteer.http.tls import TlsMaterialRefused, client_context

_MOST_REPLY_BYTES: Final = 64 * 1024
_CA_FILE: Final = "--ca-file"


class Transport(Struct, frozen=True):
    """How to get to a collector.

    `proxies` maps `http`, `https`, `all` and `no` to what the environment says of them. `ca_file`
    replaces the machine's certificate authorities. `call_seconds` is the time for one post.
    """

    proxies: Mapping[str, str]
    ca_file: Path | None = None
    compress: bool = False
    call_seconds: float = 60.0


class CollectorClient:
    """Posts one report, as often as it takes, under one `Idempotency-Key`."""

    def __init__(
        self,
        transport: Transport,
        report: bytes,
        *,
        idempotency_key: str,
        now: Callable[[], float],
        deadline: float = inf,
    ) -> None:
        """No post goes on after `deadline`, a reading of `now`."""
        self._transport = transport
        self._now = now
        self._deadline = deadline
        self._request = request_of(
            report, idempotency_key=idempotency_key, compress=transport.compress
        )
        self._client = HttpClient(
            route=lambda url: choose_proxy(url, transport.proxies), tls=self._tls
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def post(self, url: str) -> Reply | NoReply:
        """Post the report to `url`, without following a redirect.

        The status is the answer: a reply whose body does not arrive whole is a reply. Raises
        `InvalidOption` where a variable names a proxy that is none.
        """
        seconds = min(self._transport.call_seconds, self._deadline - self._now())
        try:
            came = self._client.request(
                "POST",
                url,
                headers=self._request.headers,
                body=self._request.body,
                seconds=seconds,
                most_bytes=_MOST_REPLY_BYTES,
            )
        except RequestFailed as error:
            return NoReply(f"{error}{self._advice(error, url)}", lasting=error.failure.is_lasting)
        except TlsMaterialRefused as error:
            return NoReply(f"{_CA_FILE}: {error}", lasting=True)
        except OSError as error:
            return NoReply(f"{_CA_FILE} cannot be read: {error.strerror}", lasting=True)
        body = b"" if came.fault else bytes(came.body)
        return Reply(came.status, body, came.headers.get("Location"), came.retry_after)

    def _advice(self, error: RequestFailed, url: str) -> str:
        """Return which flag or variable a failure is about, in brackets."""
        if error.failure is Failure.CERTIFICATE:
            return f"; {_CA_FILE} names the authorities to trust"
        proxy = choose_proxy(url, self._transport.proxies)
        return f" ({proxy.source})" if proxy and error.failure in PROXY_FAILURES else ""

    def _tls(self) -> ssl.SSLContext:
        file = self._transport.ca_file
        return client_context(authority=None if file is None else file.read_bytes())
