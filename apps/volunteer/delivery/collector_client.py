"""Asks a collector: posts reports to it, and gets what it publishes."""

import ssl
from collections.abc import Callable, Mapping
from math import inf
from pathlib import Path
from typing import Final, Self

from volunteer.delivery.request import READER_HEADERS, Request
from volunteer.delivery.rules import NoReply, Reply
from volunteer.http.client import HttpClient, Response
from volunteer.http.failures import PROXY_FAILURES, Failure, RequestFailed
from volunteer.http.proxies import choose_proxy
from volunteer.http.tls import TlsMaterialRefused, client_context

_MOST_REPLY_BYTES: Final = 64 * 1024
_MOST_PUBLISHED_BYTES: Final = 8 * 1024 * 1024
_CA_FILE: Final = "--ca-file"


class CollectorClient:
    """Asks collectors, without following a redirect."""

    def __init__(
        self,
        proxies: Mapping[str, str],
        *,
        ca_file: Path | None = None,
        now: Callable[[], float],
        deadline: float = inf,
        call_seconds: float = 60.0,
    ) -> None:
        """`proxies` maps `http`, `https`, `all` and `no` to what the environment says of them;
        `ca_file` replaces the machine's certificate authorities. No request takes longer than
        `call_seconds`, or goes on after `deadline`, a reading of `now`.
        """
        self._proxies = proxies
        self._ca_file = ca_file
        self._now = now
        self._deadline = deadline
        self._call_seconds = call_seconds
        self._client = HttpClient(route=lambda url: choose_proxy(url, proxies), tls=self._tls)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def post(self, url: str, request: Request) -> Reply | NoReply:
        """Post a report to `url`.

        The status is the answer: a reply whose body does not arrive whole is a reply. Raises
        `InvalidOption` where a variable names a proxy that is none.
        """
        came = self._ask("POST", url, request.headers, _MOST_REPLY_BYTES, request.body)
        return came if isinstance(came, NoReply) else _reply(came)

    def get(self, url: str) -> Reply | NoReply:
        """Get what is published at `url`; the request says nothing but the address.

        A body that does not arrive whole is no reply. Raises `InvalidOption` as `post` does.
        """
        came = self._ask("GET", url, READER_HEADERS, _MOST_PUBLISHED_BYTES)
        if isinstance(came, NoReply):
            return came
        return self._no_reply(came.fault, url) if came.fault else _reply(came)

    def _ask(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        most_bytes: int,
        body: bytes | None = None,
    ) -> Response | NoReply:
        try:
            return self._client.request(
                method,
                url,
                headers=headers,
                body=body,
                seconds=min(self._call_seconds, self._deadline - self._now()),
                most_bytes=most_bytes,
            )
        except RequestFailed as error:
            return self._no_reply(error, url)
        except TlsMaterialRefused as error:
            return NoReply(f"{_CA_FILE}: {error}", lasting=True)
        except OSError as error:
            return NoReply(f"{_CA_FILE} cannot be read: {error.strerror}", lasting=True)

    def _no_reply(self, error: RequestFailed, url: str) -> NoReply:
        return NoReply(f"{error}{self._advice(error, url)}", lasting=error.failure.is_lasting)

    def _advice(self, error: RequestFailed, url: str) -> str:
        """Return which flag or variable a failure is about, in brackets."""
        if error.failure is Failure.AUTHORITY:
            return f"; {_CA_FILE} names the authorities to trust"
        proxy = choose_proxy(url, self._proxies)
        return f" ({proxy.source})" if proxy and error.failure in PROXY_FAILURES else ""

    def _tls(self) -> ssl.SSLContext:
        file = self._ca_file
        return client_context(authority=None if file is None else file.read_bytes())


def _reply(came: Response) -> Reply:
    body = b"" if came.fault else bytes(came.body)
    return Reply(came.status, body, came.headers.get("Location"), came.retry_after)
