"""Pseudonyms hold: they stay while nothing changes, and change with everything."""

import itertools
import secrets
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from report import Identifying, NodeObservation, Pseudonyms
from report.pseudonym import (
    derive_cluster_id_from_secret,
    derive_cluster_id_from_uid,
)

IDENTITIES = st.tuples(st.text(), st.text(), st.text())  # name, machineID, systemUUID
SECRETS = st.binary(min_size=32, max_size=32)
CLUSTER_IDS = st.text(min_size=1)


Identity = tuple[str, str, str]
Make = Callable[[str], Pseudonyms]


def node(identity: Identity) -> NodeObservation:
    """Return a node of which only the identity matters."""
    name, machine_id, system_uuid = map(Identifying, identity)
    return NodeObservation(
        name=name,
        machine_id=machine_id,
        system_uuid=system_uuid,
    )


def with_secret(cluster_id: str) -> Pseudonyms:
    """Key with a secret."""
    return Pseudonyms.from_secret(b"s" * 32, cluster_id)


def with_uid(cluster_id: str) -> Pseudonyms:
    """Key with a UID."""
    return Pseudonyms.from_cluster_uid(Identifying("d7e4f1f0-9f3e-4f3e"), cluster_id)


def without_key(cluster_id: str) -> Pseudonyms:
    """Use no key."""
    return Pseudonyms.without_key(cluster_id, secrets.token_bytes)


EVERY_KEY = pytest.mark.parametrize("make", [with_secret, with_uid])


def test_known_answers() -> None:
    """These IDs were computed apart from this code, after its documentation: a change of any is
    another ID for every node of every cluster.
    """
    real = node(("ip-10-0-0-7", "ec2b1f2c", "EC2B1F2C-9F3E"))
    cluster_id = "2f9c93d3-156c-47aa-8802-578ffca9b50e"
    uid = Identifying("d7e4f1f0-9f3e-4f3e-8c1a-0123456789ab")
    secret = bytes(range(32))
    assert (
        Pseudonyms.from_secret(secret, cluster_id).node_id(real)
        == "24187b0dec21f8751f2fb2624fa015d7"
    )
    assert (
        Pseudonyms.from_cluster_uid(uid, cluster_id).node_id(real)
        == "034794a7834302ef8b1a70ceb8b43066"
    )
    assert derive_cluster_id_from_secret(secret) == "0fa142db-f608-8d3b-901e-a416a61f071c"
    assert derive_cluster_id_from_uid(uid) == "312eb8c4-e3f3-89b3-8bae-590838afa967"


@EVERY_KEY
@given(identity=IDENTITIES, cluster_id=CLUSTER_IDS)
def test_same_node_same_id(make: Make, identity: Identity, cluster_id: str) -> None:
    """The same node with the same key and cluster ID has the same ID, of 32 hex digits."""
    first = make(cluster_id).node_id(node(identity))
    assert first == make(cluster_id).node_id(node(identity))
    assert len(bytes.fromhex(first)) == 16


@EVERY_KEY
@given(identities=st.lists(IDENTITIES, min_size=2, max_size=2, unique=True))
def test_another_node_another_id(make: Make, identities: list[Identity]) -> None:
    """Nodes that differ in name, machineID or systemUUID have different IDs."""
    first, second = (make("c").node_id(node(identity)) for identity in identities)
    assert first != second


@EVERY_KEY
@given(identity=IDENTITIES, place=st.integers(0, 2))
def test_letter_case_counts(make: Make, identity: Identity, place: int) -> None:
    """Nodes that differ only in the case of letters have different IDs."""
    lower, upper = (_with_suffix(identity, place, letter) for letter in "aA")
    assert make("c").node_id(node(lower)) != make("c").node_id(node(upper))


@EVERY_KEY
@given(text=st.text(min_size=1, max_size=12))
def test_moving_characters(make: Make, text: str) -> None:
    """However the characters are divided between name, machineID and systemUUID, the ID differs."""
    divided = [
        (text[:first], text[first:second], text[second:])
        for first, second in itertools.combinations_with_replacement(range(len(text) + 1), 2)
    ]
    ids = {make("c").node_id(node(identity)) for identity in divided}
    assert len(ids) == len(divided)


@given(identity=IDENTITIES, keys=st.lists(SECRETS, min_size=2, max_size=2, unique=True))
def test_another_secret_another_id(identity: Identity, keys: list[bytes]) -> None:
    """The same node under another secret has another ID."""
    first, second = (Pseudonyms.from_secret(key, "c").node_id(node(identity)) for key in keys)
    assert first != second


@given(identity=IDENTITIES, uids=st.lists(st.text(min_size=1), min_size=2, max_size=2, unique=True))
def test_another_uid_another_id(identity: Identity, uids: list[str]) -> None:
    """The same node under another UID of `kube-system` has another ID."""
    first, second = (
        Pseudonyms.from_cluster_uid(Identifying(uid), "c").node_id(node(identity)) for uid in uids
    )
    assert first != second


@EVERY_KEY
@given(identity=IDENTITIES, cluster_ids=st.lists(CLUSTER_IDS, min_size=2, max_size=2, unique=True))
def test_another_cluster_id_another_id(
    make: Make, identity: Identity, cluster_ids: list[str]
) -> None:
    """The same node under another cluster ID has another ID."""
    first, second = (make(cluster_id).node_id(node(identity)) for cluster_id in cluster_ids)
    assert first != second


@given(identity=IDENTITIES)
def test_no_key_no_stable_id(identity: Identity) -> None:
    """With no key a node has a fresh ID in every report, whatever is known of it."""
    ids = {without_key("c").node_id(node(identity)) for _ in range(3)}
    assert len(ids) == 3
    assert all(len(bytes.fromhex(each)) == 16 for each in ids)


@EVERY_KEY
@given(name=st.text())
def test_name_alone_with_key(make: Make, name: str) -> None:
    """With a key, a node without machineID and systemUUID keeps its ID."""
    assert make("c").node_id(node((name, "", ""))) == make("c").node_id(node((name, "", "")))


def test_last_character_of_uid() -> None:
    """UIDs that differ in their last character give other IDs for cluster and node."""
    ids = {
        made
        for last in "0123456789abcdef"
        for uid in [Identifying("d7e4f1f0-9f3e-4f3e-8c1a-0123456789a" + last)]
        for made in (
            derive_cluster_id_from_uid(uid),
            Pseudonyms.from_cluster_uid(uid, "c").node_id(node(("n", "m", "s"))),
        )
    }
    assert len(ids) == 32


def test_last_byte_of_secret() -> None:
    """Secrets that differ in any one byte give other IDs for cluster and node."""
    secrets_alike = [
        bytes(32),
        *(bytes(1 if each == place else 0 for each in range(32)) for place in range(32)),
    ]
    ids = {
        made
        for secret in secrets_alike
        for made in (
            derive_cluster_id_from_secret(secret),
            Pseudonyms.from_secret(secret, "c").node_id(node(("n", "m", "s"))),
        )
    }
    assert len(ids) == 66


@given(secret=st.binary(max_size=64).filter(lambda secret: len(secret) != 32))
def test_length_of_secret(secret: bytes) -> None:
    """A secret of another length than 32 bytes is refused, and not shown."""
    with pytest.raises(ValueError, match=f"must be 32 bytes, not {len(secret)}$"):
        Pseudonyms.from_secret(secret, "c")


def test_empty_uid() -> None:
    """A UID without a character is refused: everybody knows it."""
    with pytest.raises(ValueError, match="must not be empty"):
        Pseudonyms.from_cluster_uid(Identifying(""), "c")


def _with_suffix(identity: Identity, place: int, suffix: str) -> Identity:
    name, machine_id, system_uuid = (
        text + suffix if index == place else text for index, text in enumerate(identity)
    )
    return name, machine_id, system_uuid
