"""Looks at a cluster: the version, one UID, and all nodes, page by page."""

import logging
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Final, NoReturn, TypeVar

from report import Identifying, NodeObservation, Observation
from volunteer import node_pages
from volunteer.clock import Clock
from volunteer.cluster_api import Answer, ClusterApi
from volunteer.errors import (
    ClusterAnswerUnexpected,
    ClusterBusy,
    ClusterError,
    ClusterForbidden,
    ClusterListExpired,
    ClusterListKeepsExpiring,
    ClusterSilent,
    ClusterTooSlow,
    ClusterUnauthorized,
    ClusterUnreachable,
)
from volunteer.retrying import Patience, TryAgain, retry

_log: Final = logging.getLogger(__name__)

_OK: Final = 200
_UNAUTHORIZED: Final = 401
_FORBIDDEN: Final = 403
_NOT_FOUND: Final = 404
_EXPIRED: Final = 410
_TOO_MANY_REQUESTS: Final = 429
_SERVER_ERRORS: Final = range(500, 600)
_SERVICE_ACCOUNT: Final = re.compile(r'User "system:serviceaccount:([a-z0-9.-]+):([a-z0-9.-]+)"')

_Read = TypeVar("_Read")


@dataclass(frozen=True)
class Limits:
    """How patient one look at a cluster is. Times are seconds."""

    page_nodes: int = 500
    call_seconds: float = 60.0
    look_seconds: float = 600.0
    attempts: int = 5
    longest_backoff: float = 30.0
    expiries: int = 3


class Cluster:
    """One look at one cluster: its time and its patience are used up once."""

    def __init__(self, api: ClusterApi, *, clock: Clock, random: Random, limits: Limits) -> None:
        self._api = api
        self._clock = clock
        self._random = random
        self._limits = limits
        self._deadline = clock.now() + limits.look_seconds
        self._expiries = 0

    def observe(self, *, with_uid: bool) -> Observation:
        """Look at the cluster. Nodes are listed while they are read, one page in memory.

        The UID of `kube-system` is asked for only `with_uid`, and is None where it may not be
        read. Raises `ClusterError`; reading the nodes does too, `ClusterListExpired` among them:
        then what was read is void, and the cluster has to be observed again.
        """
        return Observation(
            master_version=self._version(),
            kube_system_uid=self._kube_system_uid() if with_uid else None,
            nodes=self._nodes(),
        )

    def _version(self) -> Identifying:
        answer = self._get("/version")
        if answer.status in {_FORBIDDEN, _NOT_FOUND}:
            return Identifying("")
        return self._read(node_pages.read_version, answer)

    def _kube_system_uid(self) -> Identifying | None:
        answer = self._get("/api/v1/namespaces/kube-system")
        if answer.status in {_FORBIDDEN, _NOT_FOUND}:
            return None
        return self._read(node_pages.read_uid, answer)

    def _nodes(self) -> Iterator[NodeObservation]:
        nodes, token = self._node_page("")
        yield from nodes
        while token:
            del nodes  # before the next page comes
            nodes, token = self._node_page(token)
            yield from nodes

    def _node_page(self, token: str) -> tuple[list[NodeObservation], str]:
        query = {"limit": str(self._limits.page_nodes)} | ({"continue": token} if token else {})
        answer = self._get("/api/v1/nodes", query)
        if answer.status == _EXPIRED:
            return [], self._fresh_token(answer)
        page = self._read(node_pages.read_node_page, answer)
        return page.nodes, page.continue_token

    def _fresh_token(self, answer: Answer) -> str:
        """Return the token that an expired list offers to go on with after the last node.

        Source: Kubernetes' documentation of `metadata.continue` in `ListMeta`.
        """
        self._expiries += 1
        if self._expiries >= self._limits.expiries:
            self._fail(ClusterListKeepsExpiring, f"the list expired {self._expiries} times")
        token = node_pages.read_fresh_token(answer.body)
        if not token:
            self._fail(ClusterListExpired, "the list expired between two pages")
        return token

    def _read(self, reader: Callable[[bytearray], _Read], answer: Answer) -> _Read:
        """Return what `answer` holds. Raises `ClusterError` unless it is what was asked for."""
        if answer.status == _UNAUTHORIZED:
            self._fail(ClusterUnauthorized, "does not accept the credentials (401)")
        if answer.status == _FORBIDDEN:
            raise ClusterForbidden(self._api.server, subject=_subject(answer.body))
        if answer.status != _OK:
            self._fail(ClusterAnswerUnexpected, f"answered {answer.status} to a list")
        try:
            return reader(answer.body)
        except node_pages.UnreadableAnswer as error:
            why = f"does not answer as the Kubernetes API does: {error}"
            raise ClusterAnswerUnexpected(self._api.server, why) from error

    def _get(self, path: str, query: Mapping[str, str] | None = None) -> Answer:
        """Return the answer to one GET, after as many attempts as it takes and patience allows."""
        if self._clock.now() >= self._deadline:
            self._fail(ClusterTooSlow, f"one look took more than {self._limits.look_seconds:g} s")
        outcome = retry(
            lambda: self._attempt(path, query or {}),
            patience=Patience(
                deadline=self._deadline,
                longest_backoff=self._limits.longest_backoff,
                attempts=self._limits.attempts,
            ),
            clock=self._clock,
            random=self._random,
            announce=_announce,
        )
        if isinstance(outcome, TryAgain):
            raise outcome.reason
        return outcome

    def _attempt(self, path: str, query: Mapping[str, str]) -> Answer | TryAgain[ClusterError]:
        try:
            answer = self._api.get(path, query, seconds=self._limits.call_seconds)
            if answer.status == _UNAUTHORIZED:
                self._api.renew_credentials()
                answer = self._api.get(path, query, seconds=self._limits.call_seconds)
        except (ClusterUnreachable, ClusterSilent) as error:
            return TryAgain(error)
        if answer.status == _TOO_MANY_REQUESTS or answer.status in _SERVER_ERRORS:
            busy = ClusterBusy(self._api.server, f"answered {answer.status}")
            return TryAgain(busy, answer.retry_after)
        return answer

    def _fail(self, kind: type[ClusterError], why: str) -> NoReturn:
        raise kind(self._api.server, why)


def _announce(reason: ClusterError, seconds: float) -> None:
    _log.warning("%s; trying again in %.1f s", reason, seconds)


def _subject(body: bytearray) -> str:
    """Return the flag of kubectl that names whom the API server refused."""
    account = _SERVICE_ACCOUNT.search(node_pages.read_message(body))
    return f"--serviceaccount={account[1]}:{account[2]}" if account else "--user=YOUR-USER"
