"""The codec of `report` against every vector."""

import json

import pytest

from report import InvalidReport, decode, encode
from tests.conformance.vectors import Accepted, Rejected, accepted, document, rejected

ACCEPTED = accepted()
REJECTED = rejected()


@pytest.mark.parametrize("vector", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_accepted(vector: Accepted) -> None:
    """An accepted document decodes, and what is encoded again is what the vector says is kept."""
    assert json.loads(encode(decode(document(vector)))) == vector.kept


@pytest.mark.parametrize("vector", REJECTED.values(), ids=REJECTED.keys())
def test_rejected(vector: Rejected) -> None:
    """A rejected document raises an error that names the path and the rule."""
    with pytest.raises(InvalidReport) as raised:
        decode(document(vector))
    assert (raised.value.path, vector.rule in raised.value.rule) == (vector.path, True), str(
        raised.value
    )


def test_there_are_vectors() -> None:
    """Vectors of both kinds were found, so that the tests above cannot pass by finding none."""
    assert len(ACCEPTED) > 10
    assert len(REJECTED) > 10
