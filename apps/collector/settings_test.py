"""Behaviour of `collector.settings`."""

from pathlib import Path

import pytest

from collector.errors import InvalidWarehouseAddress
from collector.networks import parse_networks
from collector.settings import DEFAULT_POSTS_PER_MINUTE, Settings


def test_the_default_database_is_in_the_data_directory() -> None:
    """Without an address reports end up in a folder beside the spool."""
    assert Settings(data_dir=Path("/data")).warehouse.text == "parquet:///data/reports"


@pytest.mark.parametrize(
    ("rate_limit", "proxies", "expected"),
    [
        (None, "", None),
        (7, "", 7),
        (None, "10.0.0.0/8", DEFAULT_POSTS_PER_MINUTE),
        (7, "10.0.0.0/8", 7),
    ],
)
def test_a_rate_limit_is_asked_for(
    rate_limit: int | None, proxies: str, expected: int | None
) -> None:
    """There is a limit where a rate or trusted proxies are given, and none else."""
    networks = parse_networks(proxies)
    settings = Settings(data_dir=Path(), rate_limit=rate_limit, trusted_networks=networks)
    assert settings.posts_per_minute == expected


def test_a_database_that_cannot_be_is_refused_at_once() -> None:
    """A wrong address is an error before anything was made."""
    with pytest.raises(InvalidWarehouseAddress):
        Settings(data_dir=Path(), database="mysql://x")
