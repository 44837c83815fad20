"""Pseudonyms and derived cluster IDs give nothing away of what they are made of."""

import base64
import hashlib
import itertools
import uuid
from collections.abc import Iterator
from contextlib import suppress
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from report import Identifying, Pseudonyms
from report.pseudonym import (
    PseudonymSource,
    derive_cluster_id_from_secret,
    derive_cluster_id_from_uid,
)
from report.pseudonym_test import (
    CLUSTER_IDS,
    EVERY_KEY,
    IDENTITIES,
    SECRETS,
    Identity,
    Make,
    node,
    with_secret,
    with_uid,
    without_key,
)


@EVERY_KEY
@given(identity=IDENTITIES, cluster_id=CLUSTER_IDS)
def test_no_unkeyed_hash(make: Make, identity: Identity, cluster_id: str) -> None:
    """No hash without the key, of the name or of the facts joined in any order, gives the ID."""
    sent = make(cluster_id).node_id(node(identity))
    guesses = {digest for text in _joined((*identity, cluster_id)) for digest in _hashes(text)}
    assert sent not in guesses


@given(identity=IDENTITIES, drawn=st.binary(min_size=16, max_size=16))
def test_no_key_nothing_but_random_bytes(identity: Identity, drawn: bytes) -> None:
    """With no key an ID is sixteen random bytes, and nothing of the node is in it."""
    pseudonyms = Pseudonyms.without_key("c", lambda count: drawn[:count])
    assert pseudonyms.node_id(node(identity)) == drawn.hex()


@given(secret=SECRETS)
def test_derived_cluster_id(secret: bytes) -> None:
    """A derived cluster ID is a UUID, the same each time, and another than the key's other uses."""
    derived = derive_cluster_id_from_secret(secret)
    assert str(uuid.UUID(derived)) == derived == derive_cluster_id_from_secret(secret)
    assert uuid.UUID(derived).version == 8
    assert uuid.UUID(derived).hex != Pseudonyms.from_secret(secret, "").node_id(node(("", "", "")))
    assert secret.hex() not in derived


@given(uid=st.uuids().map(str))
def test_derived_cluster_id_hides_uid(uid: str) -> None:
    """A cluster ID derived from the UID is a UUID, the same each time, and not that UID."""
    derived = derive_cluster_id_from_uid(Identifying(uid))
    assert str(uuid.UUID(derived)) == derived == derive_cluster_id_from_uid(Identifying(uid))
    assert derived != uid
    assert uuid.UUID(derived).hex not in set(_hashes(uid))


def test_nothing_that_goes_in_comes_out() -> None:
    """No four bytes of secret, UID, name, machineID or systemUUID stand in any ID: as they are, in
    hex or in base64, at any offset.
    """
    for seed in range(300):
        random = Random(seed)
        secret, uid = random.randbytes(32), uuid.UUID(bytes=random.randbytes(16))
        # Letters that are no hex digits, so that none is in an ID by chance; the seeds are fixed,
        # so that four bytes which are alike by chance would be so in every run.
        names = ["".join(random.choices("ghijklmnopqrstuvwxyz-", k=20)) for _ in range(3)]
        seen, sealed = node((names[0], names[1], names[2])), Identifying(str(uid))
        texts = [secret, uid.bytes, *(name.encode() for name in names)]
        for made in (
            derive_cluster_id_from_secret(secret),
            derive_cluster_id_from_uid(sealed),
            Pseudonyms.from_secret(secret, "c").node_id(seen),
            Pseudonyms.from_cluster_uid(sealed, "c").node_id(seen),
        ):
            assert _windows(made.encode()).isdisjoint(_windows(*texts))
            assert _windows(*_decoded(made)).isdisjoint(_windows(*texts, str(uid).encode()))


def test_windows_are_found() -> None:
    """Four bytes are found in an ID that holds them, in either encoding and at any offset."""
    wanted = _windows(b"gate")
    filler = "00112233445566778899aabb"
    for start in range(25):
        assert wanted & _windows(*_decoded(filler[:start] + b"gate".hex() + filler[start:]))
    for start in range(25):
        leaking = filler[:start] + base64.b64encode(b"..gate..").decode().strip("=") + filler
        assert wanted & _windows(*_decoded(leaking)), leaking


@pytest.mark.parametrize("make", [with_secret, with_uid, without_key])
def test_repr(make: Make) -> None:
    """The repr of pseudonyms shows where the key is from, and neither key nor cluster ID."""
    pseudonyms = make("cluster-of-mine")
    assert repr(pseudonyms) == f"Pseudonyms(source={pseudonyms.source.value})"
    assert pseudonyms.source in PseudonymSource


def _windows(*texts: bytes) -> set[bytes]:
    """Return every four bytes in a row."""
    return {text[start : start + 4] for text in texts for start in range(len(text) - 3)}


def _decoded(made: str) -> Iterator[bytes]:
    """Yield what an ID may be hex or base64 of, from any character on."""
    characters = made.replace("-", "")
    for start in (0, 1):
        digits = characters[start : start + (len(characters) - start) // 2 * 2]
        with suppress(ValueError):
            yield bytes.fromhex(digits)
    for start in range(4):
        whole = characters[start : start + (len(characters) - start) // 4 * 4]
        yield base64.b64decode(whole)


def _joined(texts: tuple[str, ...]) -> Iterator[bytes]:
    for count in range(1, len(texts) + 1):
        for chosen in itertools.permutations(texts, count):
            for separator in ("", "/", "-", ":", "\0", "\n"):
                yield separator.join(chosen).encode()


def _hashes(text: str | bytes) -> Iterator[str]:
    data = text.encode() if isinstance(text, str) else text
    for name in ("md5", "sha1", "sha256", "sha512", "blake2b", "blake2s"):
        digest = hashlib.new(name, data).hexdigest()
        yield from (digest[:32], digest[-32:])
    yield hashlib.blake2b(data, digest_size=16).hexdigest()
    yield hashlib.blake2b(data, digest_size=16, person=b"spartakus-node").hexdigest()
