"""Behaviour of `collector.http.admission`."""

import os
from pathlib import Path

import pytest
import structlog

from collector.errors import RateExceeded
from collector.http.admission import Admission, admit_all, make_admission
from collector.http.client_address import Forwarding
from collector.networks import parse_networks
from collector.settings import DEFAULT_POSTS_PER_MINUTE, Settings
from collector.telemetry.logs import get_log


def admission_of(settings: Settings) -> Admission:
    return make_admission(settings, clock=lambda: 0.0, random_bytes=os.urandom, log=get_log())


def test_without_settings_there_is_no_limit() -> None:
    """Neither a rate nor trusted proxies: everybody is admitted."""
    assert admission_of(Settings(data_dir=Path())) is admit_all


def test_trusted_proxies_bring_a_limit() -> None:
    """With trusted proxies clients can be told apart, and each has a limit of its own."""
    admit = admission_of(Settings(data_dir=Path(), trusted_networks=parse_networks("10.0.0.0/8")))
    for _ in range(DEFAULT_POSTS_PER_MINUTE):
        admit("10.0.0.1", Forwarding("192.0.2.1"))
    with pytest.raises(RateExceeded):
        admit("10.0.0.1", Forwarding("192.0.2.1"))
    admit("10.0.0.1", Forwarding("192.0.2.2"))


def test_a_proxy_that_is_not_trusted_is_one_warning_without_its_address() -> None:
    """The log says once that clients behind a proxy share a limit, and names none of them."""
    with structlog.testing.capture_logs() as log:
        admit = admission_of(Settings(data_dir=Path(), rate_limit=10))
        for _ in range(3):
            admit("10.0.0.1", Forwarding("192.0.2.1"))
    assert len(log) == 1
    assert "--trusted-proxies" in log[0]["event"]
    assert "10.0.0.1" not in str(log)
