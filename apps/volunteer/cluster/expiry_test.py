"""A list of nodes that expires while it is read: gone on with, begun again, given up."""

from pathlib import Path

import pytest

from tools.simulator import ExpiredToken, Rule
from volunteer.cluster.errors import ClusterListExpired, ClusterListKeepsExpiring
from volunteer.cluster.listing import Listing
from volunteer.cluster.testing import NODES, all_names, names_of, simulated


def test_expired_with_token(tmp_path: Path) -> None:
    """A list that expired goes on with the fresh token, and no node comes twice."""
    expected = all_names(tmp_path)
    rule = Rule(path=NODES, first=2, fault=ExpiredToken(fresh=True))
    with simulated(tmp_path, rule) as (listing, _):
        assert names_of(listing) == expected


def test_expired_without_token(tmp_path: Path) -> None:
    """A list that expired without a fresh token is void, and a second observation is complete."""
    expected = all_names(tmp_path)
    rule = Rule(path=NODES, first=2, fault=ExpiredToken(fresh=False))
    with simulated(tmp_path, rule) as (listing, _):
        with pytest.raises(ClusterListExpired):
            names_of(listing)
        assert names_of(listing) == expected


@pytest.mark.parametrize("fresh", [True, False])
def test_keeps_expiring(tmp_path: Path, fresh: bool) -> None:  # noqa: FBT001 - pytest's way
    """A list that expires three times is given up."""
    rule = Rule(path=NODES, first=2, times=None, fault=ExpiredToken(fresh=fresh))
    with (
        simulated(tmp_path, rule) as (listing, _),
        pytest.raises(ClusterListKeepsExpiring, match="the list expired 3 times"),
    ):
        _names_in_the_end(listing)


def _names_in_the_end(listing: Listing) -> list[str]:
    while True:
        try:
            return names_of(listing)
        except ClusterListExpired:
            continue
