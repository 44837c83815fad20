"""A script says which request meets which fault."""

from hypothesis import given
from hypothesis import strategies as st

from tools.simulator.faults import Rule, Script, Silence, internal_error, unavailable

NODES = "/api/v1/nodes"


@given(first=st.integers(1, 20), times=st.integers(0, 20), nth=st.integers(1, 60))
def test_window(first: int, times: int, nth: int) -> None:
    """A rule holds for so many requests, from its first on."""
    rule = Rule(path=NODES, fault=Silence(), first=first, times=times)
    assert rule.meets(NODES, nth) == (nth in range(first, first + times))


@given(first=st.integers(1, 20), nth=st.integers(1, 60))
def test_for_ever(first: int, nth: int) -> None:
    """A rule without an end holds from its first request on."""
    rule = Rule(path=NODES, fault=Silence(), first=first, times=None)
    assert rule.meets(NODES, nth) == (nth >= first)


def test_other_path() -> None:
    """A rule leaves other paths alone."""
    assert Script(rules=(Rule(path=NODES, fault=Silence()),)).fault("/version", 1) is None


def test_earlier_rule_wins() -> None:
    """Of two rules for one request the earlier in the script wins."""
    script = Script(
        rules=(
            Rule(path=NODES, fault=internal_error()),
            Rule(path=NODES, fault=unavailable(), times=2),
        )
    )
    assert [script.fault(NODES, nth) for nth in (1, 2, 3)] == [
        internal_error(),
        unavailable(),
        None,
    ]
