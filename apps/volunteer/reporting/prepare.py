"""From an observation of the cluster to a report: identity, pseudonyms, anonymisation."""

import logging
from collections.abc import Callable, Sequence
from typing import Final

from msgspec import Struct

from report import (
    Anonymised,
    Disclosure,
    Extension,
    Identifying,
    Observation,
    Pseudonyms,
    TooManyNodes,
    anonymise,
    encode,
)
from report.errors import ReportTooLarge
from report.pseudonym import (
    PseudonymSource,
    derive_cluster_id_from_secret,
    derive_cluster_id_from_uid,
)
from volunteer.cluster.errors import ClusterListExpired
from volunteer.errors import NoClusterIdentity, ReportNotPossible
from volunteer.redacted import Redacted
from volunteer.version import VERSION

_log: Final = logging.getLogger(__name__)


class Identity(Redacted, frozen=True):
    """What a report says it comes from. `cluster_id` None is `auto`; `secret` is 32 bytes."""

    cluster_id: str | None
    secret: bytes | None = None

    @property
    def needs_uid(self) -> bool:
        """Whether the UID of `kube-system` is worth asking for."""
        return self.secret is None


class Prepared(Struct, frozen=True):
    """A report that could be sent. `body` is exactly what would be posted."""

    anonymised: Anonymised
    pseudonym_source: PseudonymSource
    body: bytes


def prepare(
    observe: Callable[[], Observation],
    *,
    identity: Identity,
    extensions: Sequence[Extension],
    disclosure: Disclosure,
    unix_time: float,
    random_bytes: Callable[[int], bytes],
) -> Prepared:
    """Observe the cluster and make the report.

    A list that expired is started again, for as long as `observe` goes on: nothing of the first
    try is kept, so no node is counted twice. Raises `ClusterError`, `NoClusterIdentity` and
    `ReportNotPossible`.
    """
    while True:
        try:
            observation = observe()
            pseudonyms = choose_pseudonyms(identity, observation.kube_system_uid, random_bytes)
            anonymised = anonymise(
                observation,
                pseudonyms=pseudonyms,
                version=VERSION,
                timestamp=int(unix_time),
                extensions=extensions,
                disclosure=disclosure,
            )
            return Prepared(anonymised, pseudonyms.source, encode(anonymised.report))
        except ClusterListExpired as error:
            _log.warning("%s; starting again", error)
        except (TooManyNodes, ReportTooLarge) as error:
            raise ReportNotPossible(f"no report was made: {error}") from error


def choose_pseudonyms(
    identity: Identity, uid: Identifying | None, random_bytes: Callable[[int], bytes]
) -> Pseudonyms:
    """Return pseudonyms with the strongest key there is: the secret, the cluster's UID, none.

    Raises `NoClusterIdentity` where the cluster ID is `auto` and there is neither.
    """
    if identity.secret is not None:
        derived = derive_cluster_id_from_secret(identity.secret)
        return Pseudonyms.from_secret(identity.secret, identity.cluster_id or derived)
    if uid:
        return Pseudonyms.from_cluster_uid(
            uid, identity.cluster_id or derive_cluster_id_from_uid(uid)
        )
    if identity.cluster_id is None:
        raise NoClusterIdentity
    return Pseudonyms.without_key(identity.cluster_id, random_bytes)
