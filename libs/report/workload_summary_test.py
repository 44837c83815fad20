"""Workloads as numbers: histograms, ages, and nothing that names anything."""

from collections.abc import Mapping, Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from report import (
    Identifying,
    NamespaceCount,
    WorkloadKind,
    WorkloadKindObservation,
    Workloads,
    WorkloadsObservation,
    decode,
    encode,
)
from report.schema import Report
from report.workload_summary import histogram, rounded, summarise
from tests.observations import workloads

NOW = 1_512_086_400.0
COUNTS = st.lists(st.integers(0, 2**40), max_size=30)


def summary_of(
    counts: Mapping[str, int],
    created: Sequence[float] = (),
    *,
    namespaces: Mapping[str, float | None] | None = None,
    kind: str = "pods",
) -> Workloads:
    """Summarise one kind, in namespaces that are by default those with a count."""
    named = dict.fromkeys(counts) if namespaces is None else namespaces
    seen = WorkloadKindObservation(
        kind=kind,
        counts={Identifying(name): count for name, count in counts.items() if count},
        created=created,
    )
    observation = WorkloadsObservation(
        namespaces={Identifying(name): moment for name, moment in named.items()}, kinds=[seen]
    )
    return summarise(observation, now=NOW)


def only_kind(summary: Workloads) -> WorkloadKind:
    """Return the one kind of a summary."""
    (kind,) = summary.kinds or ()
    return kind


def test_whole_summary() -> None:
    """Counts, histograms and ages are what a reader would count by hand."""
    summary = summary_of(
        {"a": 0, "b": 1, "c": 3, "d": 5},
        [NOW - 100, NOW - 200, NOW - 1_234],
        namespaces={"a": NOW - 7_919, "b": NOW - 10, "c": None, "d": NOW - 20},
    )
    assert summary == Workloads(
        namespaces=NamespaceCount(count=4, mean_age=2_600, median_age=20),
        kinds=(
            WorkloadKind(kind="pods", per_namespace=(1, 1, 1, 1), mean_age=510, median_age=200),
        ),
    )


def test_median_of_an_even_number() -> None:
    """The median of an even number of ages is halfway between the two in the middle."""
    assert only_kind(summary_of({"a": 4}, [NOW, NOW - 10, NOW - 20, NOW - 99])).median_age == 15


@pytest.mark.parametrize(
    ("count", "bucket"), [(0, 0), (1, 1), (2, 2), (3, 2), (4, 3), (7, 3), (8, 4), (2**20, 21)]
)
def test_bucket(count: int, bucket: int) -> None:
    """Element i of a histogram counts the namespaces with 2^(i-1) to 2^i-1 objects."""
    assert histogram([count]) == (0,) * bucket + (1,)


@given(COUNTS)
def test_sum_of_a_histogram(counts: list[int]) -> None:
    """The sum of a histogram is the number of namespaces, and it does not end in a zero."""
    buckets = histogram(counts)
    assert sum(buckets) == len(counts)
    assert not buckets or buckets[-1] > 0


@given(st.floats(0, 2.0**53))
def test_two_significant_digits(seconds: float) -> None:
    """All but the first two digits of an age are zeros, and it is off by a twentieth at most."""
    age = rounded(seconds)
    assert set(str(age)[2:]) <= {"0"}
    assert abs(age - seconds) <= max(0.5, 0.051 * seconds)


@given(workloads())
def test_wire(seen: WorkloadsObservation) -> None:
    """Whatever was seen, what is made of it breaks no rule of the wire, and every kind has each
    namespace in its histogram.
    """
    summary = summarise(seen, now=NOW)
    report = Report(version="v9", cluster_id="c", workloads=summary)
    assert decode(encode(report)) == report
    for kind in summary.kinds or ():
        assert sum(kind.per_namespace) == summary.namespaces.count


@given(st.dictionaries(st.text(), st.integers(0, 99)), st.lists(st.floats(0, 2e9)), st.randoms())
def test_names_and_order(counts: dict[str, int], created: list[float], random: Random) -> None:
    """Other names and another order of namespaces and objects give the same summary."""
    renamed = {f"{number}": count for number, count in enumerate(counts.values())}
    shuffled = dict(random.sample([*renamed.items()], len(renamed)))
    assert summary_of(shuffled, random.sample(created, len(created))) == summary_of(counts, created)


@given(st.lists(st.text("ghijklmnopqrstuvwxyz", min_size=8), min_size=1, unique=True))
def test_no_name(names: list[str]) -> None:
    """No name of a namespace is in what is sent."""
    summary = summary_of(dict.fromkeys(names, 3), [NOW], namespaces=dict.fromkeys(names, NOW))
    sent = encode(Report(version="v9", cluster_id="c", workloads=summary)).decode()
    assert not any(name in sent for name in names)


def test_future() -> None:
    """What was made after the report, by another clock, has the age 0."""
    kind = only_kind(summary_of({"a": 1}, [NOW + 3_600]))
    assert (kind.mean_age, kind.median_age) == (0, 0)


def test_nothing() -> None:
    """Without an object there is no age, and without a namespace nothing in a histogram."""
    assert summary_of({}) == Workloads(
        namespaces=NamespaceCount(count=0), kinds=(WorkloadKind(kind="pods", per_namespace=()),)
    )


def test_namespace_that_is_not_listed() -> None:
    """What is in a namespace that came after the list of namespaces counts for the ages alone."""
    kind = only_kind(summary_of({"late": 5}, [NOW - 5], namespaces={"a": NOW}))
    assert (kind.per_namespace, kind.mean_age) == ((1,), 5)


@pytest.mark.parametrize("kind", ["secrets", "widgets", "Pods"])
def test_unknown_kind(kind: str) -> None:
    """A kind that is no public word is left out."""
    assert summary_of({"a": 1}, kind=kind).kinds is None
