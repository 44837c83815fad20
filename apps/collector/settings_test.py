"""Behaviour of `collector.settings`."""

from pathlib import Path

import pytest

from collector.settings import DEFAULT_POSTS_PER_MINUTE, Settings
from collector.values import LogLevel, networks
from command_line.errors import InvalidOption
from command_line.flags import parse_flags


def test_the_default_warehouse_is_in_the_data_directory() -> None:
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
    trusted = networks(proxies)
    settings = Settings(data_dir=Path(), rate_limit=rate_limit, trusted_networks=trusted)
    assert settings.posts_per_minute == expected


def test_a_warehouse_that_cannot_be_is_refused_at_once() -> None:
    """A wrong address is an error before anything was made."""
    with pytest.raises(InvalidOption, match=r"^SPARTAKUS_DATABASE: must be one of "):
        parse_flags(Settings, {"data_dir": "."}, {"SPARTAKUS_DATABASE": "mysql://x"})


@pytest.mark.parametrize("given", [{"verbose": True}, {"original_verbosity": "1"}])
def test_verbose_is_short_for_debug(given: dict[str, str | bool | None]) -> None:
    """Both flags count as the level debug, whatever the level."""
    settings = parse_flags(Settings, {"data_dir": ".", "log_level": "error", **given}, {})
    assert settings.log.level is LogLevel.DEBUG
