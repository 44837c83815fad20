"""Pseudonyms: IDs that stay the same for a cluster or node and cannot be turned back.

A node's ID is BLAKE2b (RFC 7693), 128 bits, keyed. Every part is preceded by its length, so moving
a character from one part to the next changes the ID; the personalisation string keeps IDs made for
one purpose from equalling those made for another.
"""

import enum
import uuid
from collections.abc import Callable
from hashlib import blake2b
from typing import Final, Self, final

from report.observation import Identifying, NodeObservation, Sealed

SECRET_BYTES: Final = 32
_ID_BYTES: Final = 16
_LENGTH_BYTES: Final = 8
_NODE_PURPOSE: Final = b"spartakus-node"  # at most 16 bytes
_CLUSTER_PURPOSE: Final = b"spartakus-clust"


class PseudonymSource(enum.Enum):
    """Where the key comes from, strongest first."""

    SECRET = "secret"  # noqa: S105 - the name of a source, not a password
    CLUSTER_UID = "cluster-uid"
    NONE = "none"


@final
class Pseudonyms(Sealed):
    """Makes the pseudonyms of one cluster: with another key or cluster ID, others altogether.

    What else is in two reports may still link them; `docs/privacy.md` says what. It holds the key,
    so it is sealed as what was observed is.
    """

    __slots__ = ("_key", "_random_bytes", "cluster_id", "source")

    def __init__(
        self,
        source: PseudonymSource,
        cluster_id: str,
        key: bytes,
        random_bytes: Callable[[int], bytes] | None = None,
    ) -> None:
        self.source: Final = source
        self.cluster_id: Final = cluster_id
        self._key: Final = key
        self._random_bytes: Final = random_bytes

    @classmethod
    def from_secret(cls, secret: bytes, cluster_id: str) -> Self:
        """Key with a random secret of `SECRET_BYTES`, which nobody else knows.

        Raises `ValueError` for a secret of another length.
        """
        return cls(PseudonymSource.SECRET, cluster_id, _checked(secret))

    @classmethod
    def from_cluster_uid(cls, uid: Identifying, cluster_id: str) -> Self:
        """Key with the UID of the `kube-system` namespace, which a cluster's operator knows.

        Raises `ValueError` for an empty UID, which everybody would know.
        """
        return cls(PseudonymSource.CLUSTER_UID, cluster_id, _uid_key(uid))

    @classmethod
    def without_key(cls, cluster_id: str, random_bytes: Callable[[int], bytes]) -> Self:
        """Use no key: every node gets a fresh random ID in every report.

        Without a key anybody could test a guess: names can be guessed, and a machineID is public
        where an image bakes it in.
        """
        return cls(PseudonymSource.NONE, cluster_id, b"", random_bytes)

    def node_id(self, node: NodeObservation) -> str:
        """Return the node's pseudonym, 32 hex digits."""
        if self._random_bytes is not None:
            return self._random_bytes(_ID_BYTES).hex()
        facts = (node.name.reveal(), node.machine_id.reveal(), node.system_uuid.reveal())
        return _digest(self._key, _NODE_PURPOSE, self.cluster_id, *facts).hex()

    def __repr__(self) -> str:
        return f"Pseudonyms(source={self.source.value})"


def derive_cluster_id_from_secret(secret: bytes) -> str:
    """Return a UUID that stays the same as long as the secret does: no state to keep."""
    return _as_uuid(_digest(_checked(secret), _CLUSTER_PURPOSE))


def derive_cluster_id_from_uid(uid: Identifying) -> str:
    """Return a UUID that stays the same as long as the cluster does: no state to keep."""
    return _as_uuid(_digest(_uid_key(uid), _CLUSTER_PURPOSE))


def _digest(key: bytes, purpose: bytes, *parts: str) -> bytes:
    hasher = blake2b(digest_size=_ID_BYTES, key=key, person=purpose)
    for part in parts:
        encoded = _bytes(part)
        hasher.update(len(encoded).to_bytes(_LENGTH_BYTES, "big"))
        hasher.update(encoded)
    return hasher.digest()


def _checked(secret: bytes) -> bytes:
    if len(secret) != SECRET_BYTES:
        message = f"a pseudonym secret must be {SECRET_BYTES} bytes, not {len(secret)}"
        raise ValueError(message)
    return secret


def _uid_key(uid: Identifying) -> bytes:
    if not uid.reveal():
        message = "the UID of a cluster must not be empty"
        raise ValueError(message)
    # BLAKE2b takes keys of at most 64 bytes; hashing first makes a UID of any length fit.
    return blake2b(_bytes(uid.reveal()), digest_size=SECRET_BYTES).digest()


def _bytes(text: str) -> bytes:
    # `surrogatepass`: whatever a cluster holds gets a pseudonym rather than an error.
    return text.encode("utf-8", "surrogatepass")


def _as_uuid(digest: bytes) -> str:
    # Version 8 of RFC 9562: a UUID with bits of the maker's own.
    number = int.from_bytes(digest, "big")
    number = number & ~(0xF << 76) | 0x8 << 76
    number = number & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=number))
