"""Reads lists from the Kubernetes API page by page, and tries again what may pass."""

import logging
from collections.abc import Callable, Iterator, Mapping
from random import Random
from typing import Final, NoReturn, TypeVar

from msgspec import Struct

from volunteer.clock import Clock
from volunteer.cluster import kubernetes_json
from volunteer.cluster.errors import (
    ClusterAnswerUnexpected,
    ClusterBusy,
    ClusterError,
    ClusterForbidden,
    ClusterListExpired,
    ClusterListKeepsExpiring,
    ClusterNotServed,
    ClusterSilent,
    ClusterTooSlow,
    ClusterUnauthorized,
    ClusterUnreachable,
)
from volunteer.cluster.kubernetes_api import WHOLE, KubernetesApi
from volunteer.cluster.kubernetes_json import Page, UnreadableAnswer
from volunteer.cluster.object_kinds import ObjectKind, Role
from volunteer.http.client import Response
from volunteer.http.retry import RetryPolicy, TryAgain, retry

_log: Final = logging.getLogger(__name__)

_OK: Final = 200
_UNAUTHORIZED: Final = 401
FORBIDDEN: Final = 403
NOT_FOUND: Final = 404
_EXPIRED: Final = 410
_TOO_MANY_REQUESTS: Final = 429
_SERVER_ERRORS: Final = range(500, 600)
_NO_API: Final = "does not answer as the Kubernetes API does"
_SERVICE_ACCOUNT: Final = 'User "system:serviceaccount:'

_Read = TypeVar("_Read")
_Item = TypeVar("_Item")


class Limits(Struct, frozen=True):
    """How long one observation goes on. Times are seconds.

    `attempts` are those until the first page of a list: a server that has listed once is the right
    one, and for the rest it may be asked until `total_seconds` are over.
    """

    page_size: int = 500
    call_seconds: float = 60.0
    total_seconds: float = 600.0
    attempts: int = 5
    longest_backoff: float = 30.0
    expiries: int = 3


class Listing:
    """Asks one cluster, during one observation: its time and its attempts are used up once."""

    def __init__(self, api: KubernetesApi, *, clock: Clock, random: Random, limits: Limits) -> None:
        self._api = api
        self._clock = clock
        self._random = random
        self._limits = limits
        self._deadline = clock.now() + limits.total_seconds
        self._expiries = 0
        self._is_in_list = False

    def objects(
        self,
        kind: ObjectKind,
        role: Role,
        reader: Callable[[bytearray], Page[_Item]],
        *,
        accept: str = WHOLE,
    ) -> Iterator[_Item]:
        """List a kind while it is read, one page in memory.

        `role` is what it takes. Raises `ClusterError`: `ClusterListExpired` where what was read is
        void, `ClusterNotServed` where the cluster has no such kind.
        """
        token = ""
        while True:
            page = self._page(kind, role, reader, token, accept)
            _log.debug("read a page of %d %s", len(page.items), kind.plural)
            yield from page.items
            token = page.continue_token
            if not token:
                return
            del page  # before the next one comes

    def _page(
        self,
        kind: ObjectKind,
        role: Role,
        reader: Callable[[bytearray], Page[_Item]],
        token: str,
        accept: str,
    ) -> Page[_Item]:
        query = {"limit": str(self._limits.page_size)} | ({"continue": token} if token else {})
        response = self.get(kind.path, query, accept=accept)
        if response.status == FORBIDDEN:
            subject = _subject(response.body)
            raise ClusterForbidden(self._api.server, kind=kind, role=role, subject=subject)
        if response.status == _EXPIRED:
            return Page([], self._fresh_token(response))
        page = self.read(reader, response)
        self._is_in_list = True
        return page

    def _fresh_token(self, response: Response) -> str:
        """Return the token that an expired list offers to go on with after the last node.

        Source: Kubernetes' documentation of `metadata.continue` in `ListMeta`.
        """
        self._expiries += 1
        if self._expiries >= self._limits.expiries:
            self._fail(ClusterListKeepsExpiring, f"the list expired {self._expiries} times")
        token = kubernetes_json.read_fresh_token(response.body)
        if not token:
            self._fail(ClusterListExpired, "the list expired between two pages")
        return token

    def read(self, reader: Callable[[bytearray], _Read], response: Response) -> _Read:
        """Return what `response` holds. Raises `ClusterError` unless it is what was asked for."""
        if response.status == _UNAUTHORIZED:
            why = f"does not accept the credentials (401): {self._api.renewal}"
            self._fail(ClusterUnauthorized, why)
        if response.status != _OK:
            kind = ClusterNotServed if response.status == NOT_FOUND else ClusterAnswerUnexpected
            self._fail(kind, f"{_NO_API}: status {response.status}")
        try:
            return reader(response.body)
        except UnreadableAnswer as error:
            raise ClusterAnswerUnexpected(self._api.server, f"{_NO_API}: {error}") from error

    def get(
        self, path: str, query: Mapping[str, str] | None = None, *, accept: str = WHOLE
    ) -> Response:
        """Return the response to one GET, after as many attempts as the retry policy allows."""
        if self._clock.now() >= self._deadline:
            self._fail(
                ClusterTooSlow,
                f"observing it took more than {self._limits.total_seconds:g} s",
            )
        outcome = retry(
            lambda: self._attempt(path, query or {}, accept),
            policy=RetryPolicy(
                deadline=self._deadline,
                longest_backoff=self._limits.longest_backoff,
                attempts=None if self._is_in_list else self._limits.attempts,
            ),
            clock=self._clock,
            random=self._random,
            announce=_announce,
        )
        if isinstance(outcome, TryAgain):
            raise outcome.reason
        return outcome

    def _attempt(
        self, path: str, query: Mapping[str, str], accept: str
    ) -> Response | TryAgain[ClusterError]:
        try:
            response = self._call(path, query, accept)
            if response.status == _UNAUTHORIZED:
                _log.debug("the credentials are not accepted; reading them again")
                self._api.renew_credentials()
                response = self._call(path, query, accept)
        except (ClusterUnreachable, ClusterSilent) as error:
            return TryAgain(error)
        if response.status == _TOO_MANY_REQUESTS or response.status in _SERVER_ERRORS:
            busy = ClusterBusy(self._api.server, f"answered {response.status}")
            return TryAgain(busy, response.retry_after)
        return response

    def _call(self, path: str, query: Mapping[str, str], accept: str) -> Response:
        seconds = min(self._limits.call_seconds, max(0.0, self._deadline - self._clock.now()))
        return self._api.get(path, query, accept=accept, seconds=seconds)

    def _fail(self, kind: type[ClusterError], why: str) -> NoReturn:
        raise kind(self._api.server, why)


def _announce(reason: ClusterError, seconds: float) -> None:
    _log.warning("%s; trying again in %.1f s", reason, seconds)


def _subject(body: bytearray) -> str:
    """Return the flag of kubectl for whom the API server refused, its names left to be filled in:
    no word of the server's answer is repeated.
    """
    is_account = _SERVICE_ACCOUNT in kubernetes_json.read_message(body)
    return "--serviceaccount=YOUR-NAMESPACE:YOUR-ACCOUNT" if is_account else "--user=YOUR-USER"
