"""A cluster that is busy, broken, silent or slow: what is tried again, and for how long."""

from contextlib import closing
from pathlib import Path
from typing import Final

import pytest

from tools.simulator import (
    ConnectionReset,
    EndlessContinue,
    Refusal,
    Rule,
    Silence,
    SlowBytes,
    SlowHead,
    internal_error,
    running_simulator,
    throttled,
    unavailable,
)
from volunteer.cluster.access import Kubeconfig
from volunteer.cluster.errors import ClusterBusy, ClusterSilent, ClusterTooSlow, ClusterUnreachable
from volunteer.cluster.kubernetes_api import KubernetesApi
from volunteer.cluster.listing import Limits, Listing
from volunteer.cluster.observation import observe
from volunteer.cluster.testing import ALONE, NODES, SEVEN, all_names, names_of, simulated
from volunteer.testing import AlwaysLongest, JumpingClock, free_port

_NO_HEAD: Final = (SlowHead(pause_seconds=0.01), EndlessContinue(pause_seconds=0.01))


@pytest.mark.parametrize("fault", [throttled(20), unavailable(20)])
def test_retry_after(tmp_path: Path, fault: Refusal) -> None:
    """Retry-After of a 429 or 503 is waited for in full, in mid-list too."""
    clock = JumpingClock()
    with simulated(tmp_path, Rule(path=NODES, first=2, fault=fault), clock=clock) as (listing, _):
        assert len(names_of(listing)) == 7
    assert clock.sleeps == [21.0]


def test_server_errors(tmp_path: Path) -> None:
    """A 500 is tried again with growing waits."""
    clock = JumpingClock()
    rule = Rule(path=NODES, times=4, fault=internal_error())
    with simulated(tmp_path, rule, clock=clock) as (listing, _):
        assert len(names_of(listing)) == 7
    assert clock.sleeps == [1, 2, 4, 8]


def test_lasting_server_errors(tmp_path: Path) -> None:
    """A server that stays busy is given up after five attempts."""
    rule = Rule(path=NODES, times=None, fault=internal_error())
    with (
        simulated(tmp_path, rule, clock=JumpingClock()) as (listing, simulator),
        pytest.raises(ClusterBusy, match=r"answered 500$"),
    ):
        names_of(listing)
    assert sum(request.path == NODES for request in simulator.requests) == 5


@pytest.mark.parametrize("fault", [internal_error(), ConnectionReset(after_bytes=0)])
def test_away_in_mid_list(tmp_path: Path, fault: Refusal | ConnectionReset) -> None:
    """A server that goes away in mid-list may stay away for most of the ten minutes."""
    expected = all_names(tmp_path)
    clock = JumpingClock()
    rule = Rule(path=NODES, first=2, times=20, fault=fault)
    with simulated(tmp_path, rule, clock=clock) as (listing, _):
        assert names_of(listing) == expected
    assert 400 < sum(clock.sleeps) < 600


def test_away_for_good_in_mid_list(tmp_path: Path) -> None:
    """One that does not come back in that time is given up."""
    clock = JumpingClock(now=0.0)
    rule = Rule(path=NODES, first=2, times=None, fault=internal_error())
    with (
        simulated(tmp_path, rule, clock=clock) as (listing, _),
        pytest.raises(ClusterBusy, match=r"answered 500$"),
    ):
        names_of(listing)
    assert 500 < clock.time <= 600


def test_impossible_retry_after(tmp_path: Path) -> None:
    """A server that asks for more time than one observation has is given up at once."""
    clock = JumpingClock()
    rule = Rule(path=NODES, fault=throttled(3_600))
    with simulated(tmp_path, rule, clock=clock) as (listing, _), pytest.raises(ClusterBusy):
        names_of(listing)
    assert clock.sleeps == []


@pytest.mark.parametrize("after_bytes", [0, 100])
def test_reset_in_mid_page(tmp_path: Path, after_bytes: int) -> None:
    """A connection that breaks within a page costs one more attempt and no node."""
    expected = all_names(tmp_path)
    rule = Rule(path=NODES, first=2, fault=ConnectionReset(after_bytes=after_bytes))
    with simulated(tmp_path, rule, clock=JumpingClock()) as (listing, _):
        assert names_of(listing) == expected


def test_silence(tmp_path: Path) -> None:
    """A server that accepts and never answers is given up after each call's time."""
    limits = Limits(call_seconds=0.2, attempts=2, longest_backoff=0.01)
    rule = Rule(path=NODES, times=None, fault=Silence())
    with (
        simulated(tmp_path, rule, limits=limits) as (listing, _),
        pytest.raises(ClusterSilent, match="no answer in time"),
    ):
        names_of(listing)


def test_slow_bytes(tmp_path: Path) -> None:
    """A server that sends a byte now and then cannot hold the volunteer."""
    limits = Limits(call_seconds=0.3, attempts=1)
    rule = Rule(path=NODES, times=None, fault=SlowBytes(bytes_at_a_time=1, pause_seconds=0.02))
    with simulated(tmp_path, rule, limits=limits) as (listing, _), pytest.raises(ClusterSilent):
        names_of(listing)


@pytest.mark.parametrize("fault", _NO_HEAD)
def test_answer_that_never_begins(tmp_path: Path, fault: SlowHead | EndlessContinue) -> None:
    """A server that keeps the head of its answer back cannot hold the volunteer."""
    limits = Limits(call_seconds=0.3, attempts=1)
    rule = Rule(path=NODES, times=None, fault=fault)
    with simulated(tmp_path, rule, limits=limits) as (listing, _), pytest.raises(ClusterSilent):
        names_of(listing)


def test_call_ends_with_the_look(tmp_path: Path) -> None:
    """No call goes on after the time for the whole observation is over."""
    limits = Limits(call_seconds=60.0, total_seconds=0.3)
    rule = Rule(path=NODES, times=None, fault=Silence())
    with simulated(tmp_path, rule, limits=limits) as (listing, _), pytest.raises(ClusterSilent):
        names_of(listing)


def test_default_limits() -> None:
    """A call takes at most a minute, an observation ten."""
    assert (Limits().call_seconds, Limits().total_seconds) == (60.0, 600.0)


def test_too_slow(tmp_path: Path) -> None:
    """An observation that has used up its time asks for no other page."""
    clock = JumpingClock()
    with simulated(tmp_path, clock=clock) as (listing, simulator):
        nodes = iter(observe(listing, with_uid=False).nodes)
        next(nodes)
        clock.time += 601.0
        with pytest.raises(ClusterTooSlow, match="more than 600 s"):
            list(nodes)
    assert len(simulator.requests) == 2


def test_nobody_there(tmp_path: Path) -> None:
    """A cluster that cannot be reached is named with the reason, after a few attempts."""
    url = f"http://127.0.0.1:{free_port()}"
    file = tmp_path / "kubeconfig"
    with running_simulator(SEVEN) as simulator:
        simulator.kubeconfig(file)
    file.write_text(file.read_text().replace(simulator.url, url))
    clock = JumpingClock()
    with closing(KubernetesApi(Kubeconfig(file), ALONE)) as api:
        listing = Listing(api, clock=clock.clock, random=AlwaysLongest(), limits=Limits())
        with pytest.raises(ClusterUnreachable) as refusal:
            observe(listing, with_uid=False)
    assert str(refusal.value) == f"cluster at {url}: connection refused"
    assert len(clock.sleeps) == 4
