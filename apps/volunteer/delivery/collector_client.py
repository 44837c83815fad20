"""Posts reports to a collector over urllib3, which the Kubernetes client brings along."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import urllib3

from volunteer import network
from volunteer.delivery.proxies import choose_proxy, proxy_credentials
from volunteer.delivery.request import request_of
from volunteer.delivery.rules import NoReply, Reply

_CONNECT_SECONDS: Final = 20.0
_MOST_REPLY_BYTES: Final = 64 * 1024


@dataclass(frozen=True)
class Transport:
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
    ) -> None:
        self._transport = transport
        self._now = now
        self._request = request_of(
            report, idempotency_key=idempotency_key, compress=transport.compress
        )
        self._pools: dict[str | None, urllib3.PoolManager] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for pool in self._pools.values():
            pool.clear()

    def post(self, url: str) -> Reply | NoReply:
        """Post the report to `url`, without following a redirect."""
        try:
            return self._exchange(url)
        except (
            urllib3.exceptions.HTTPError,
            network.AnswerTooLarge,
            network.AnswerTooSlow,
            OSError,
        ) as error:
            problem = network.certificate_problem(error)
            if problem is not None:
                return NoReply(f"its certificate is not accepted: {problem}")
            return NoReply(network.in_words(error))

    def _exchange(self, url: str) -> Reply:
        seconds = self._transport.call_seconds
        deadline = self._now() + seconds
        response = self._pool(url).request(
            "POST",
            url,
            body=self._request.body,
            headers=self._request.headers,
            redirect=False,
            retries=False,
            preload_content=False,
            timeout=urllib3.Timeout(connect=min(_CONNECT_SECONDS, seconds), total=seconds),
        )
        try:
            body = network.read_body(
                response, most_bytes=_MOST_REPLY_BYTES, deadline=deadline, now=self._now
            )
        except BaseException:
            response.close()
            raise
        return Reply(
            response.status,
            bytes(body),
            response.headers.get("Location"),
            network.retry_after(response),
        )

    def _pool(self, url: str) -> urllib3.PoolManager:
        proxy = choose_proxy(url, self._transport.proxies)
        if proxy not in self._pools:
            self._pools[proxy] = _new_pool(proxy, self._transport.ca_file)
        return self._pools[proxy]


def _new_pool(proxy: str | None, ca_file: Path | None) -> urllib3.PoolManager:
    ca_certs = None if ca_file is None else str(ca_file)
    if proxy is None:
        return urllib3.PoolManager(ca_certs=ca_certs)
    headers = urllib3.make_headers(proxy_basic_auth=proxy_credentials(proxy))
    return urllib3.ProxyManager(proxy, ca_certs=ca_certs, proxy_headers=headers)
