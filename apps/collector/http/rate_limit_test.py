"""Behaviour of `collector.http.rate_limit`."""

import itertools

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from collector.errors import RateExceeded
from collector.http.rate_limit import Forwarding, RateLimit
from collector.telemetry.logs import get_log
from collector.values import Network, networks

ONE = "192.0.2.1"
TWO = "192.0.2.2"
DAY = 86_400.0


class _Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def limit_of(
    posts: int,
    clock: _Clock,
    *,
    trusted: tuple[Network, ...] = (),
    most_clients: int = 100,
) -> RateLimit:
    salts = itertools.count()
    return RateLimit(
        posts,
        trusted,
        clock=clock,
        random_bytes=lambda size: next(salts).to_bytes(size, "big"),
        log=get_log(),
        most_clients=most_clients,
    )


def admitted(limit: RateLimit, client: str) -> bool:
    try:
        limit.admit(client)
    except RateExceeded:
        return False
    return True


def test_a_bucket_holds_a_minute_of_posts() -> None:
    """So many posts are admitted at once, and the next only as time passes."""
    clock = _Clock()
    limit = limit_of(3, clock)
    assert [admitted(limit, ONE) for _ in range(4)] == [True, True, True, False]
    clock.now += 20
    assert [admitted(limit, ONE) for _ in range(2)] == [True, False]


def test_clients_do_not_share_a_bucket() -> None:
    """One that posts too often takes nothing from another."""
    limit = limit_of(1, _Clock())
    assert [admitted(limit, each) for each in (ONE, ONE, TWO)] == [True, False, True]


def test_one_that_waits_as_told_is_admitted() -> None:
    """The seconds in the refusal are enough, and refusals do not make them more."""
    clock = _Clock()
    limit = limit_of(7, clock)
    while admitted(limit, ONE):
        pass
    with pytest.raises(RateExceeded) as refused:
        limit.admit(ONE)
    clock.now += refused.value.retry_after_seconds
    assert admitted(limit, ONE)


@given(
    posts=st.integers(min_value=1, max_value=600),
    pauses=st.lists(st.floats(min_value=0, max_value=30), min_size=1, max_size=200),
)
def test_no_more_than_the_rate(posts: int, pauses: list[float]) -> None:
    """Over any time a client gets its burst and its rate, and no more."""
    clock = _Clock()
    limit = limit_of(posts, clock)
    count = 0
    for pause in pauses:
        clock.now += pause
        count += admitted(limit, ONE)
    assert count <= posts + posts * sum(pauses) / 60 + 1


def test_ipv6_clients_are_networks() -> None:
    """Addresses of one /64 are one client, those of another a second."""
    limit = limit_of(1, _Clock())
    assert [admitted(limit, each) for each in ("2001:db8::1", "2001:db8::2")] == [True, False]
    assert admitted(limit, "2001:db8:0:1::1")


def test_no_more_clients_are_remembered_than_allowed() -> None:
    """The client that was quiet longest is forgotten, and not the one that keeps on posting."""
    limit = limit_of(1, _Clock(), most_clients=3)
    limit.admit(ONE)
    for each in range(10):
        limit.admit(f"198.51.100.{each}")
        assert not admitted(limit, ONE)
    assert len(limit) == 3


def test_a_day_later_nobody_is_known() -> None:
    """The salt is new each day, and what was counted under the old one is gone."""
    clock = _Clock()
    limit = limit_of(1, clock)
    limit.admit(ONE)
    clock.now += DAY
    limit.admit(TWO)
    assert len(limit) == 1


def test_clients_behind_a_trusted_proxy_do_not_share_a_bucket() -> None:
    """With trusted proxies clients can be distinguished, and each has a limit of its own."""
    limit = limit_of(1, _Clock(), trusted=networks("10.0.0.0/8"))
    limit.admit("10.0.0.1", Forwarding(ONE))
    with pytest.raises(RateExceeded):
        limit.admit("10.0.0.1", Forwarding(ONE))
    limit.admit("10.0.0.1", Forwarding(TWO))


def test_a_proxy_that_is_not_trusted_is_one_warning_without_its_address() -> None:
    """The log says once that clients behind a proxy share a limit, and names none of them."""
    with structlog.testing.capture_logs() as log:
        limit = limit_of(10, _Clock())
        for _ in range(3):
            limit.admit("10.0.0.1", Forwarding(ONE))
    assert len(log) == 1
    assert "--trusted-proxies" in log[0]["event"]
    assert "10.0.0.1" not in str(log)
