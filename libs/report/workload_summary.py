"""Namespaces and workloads as numbers: no name of any is opened here, and none is left over."""

from collections import Counter
from collections.abc import Iterable, Mapping
from math import fsum
from typing import Final

from report import vocabulary
from report.observation import Identifying, WorkloadKindObservation, WorkloadsObservation
from report.workload_schema import NamespaceCount, WorkloadKind, Workloads

_SIGNIFICANT_DIGITS: Final = 2


def summarise(seen: WorkloadsObservation, *, now: float) -> Workloads:
    """Return what may be sent of the namespaces of a cluster and what is in them.

    `now` is UNIX seconds. The age of what was made after that, by another clock, is 0. Objects in
    a namespace that is not listed, because it came later, count for the ages only. Kinds are read
    once, in a stream, and those that are not public words are left out.
    """
    namespaces = seen.namespaces
    mean, median = _mean_and_median(
        (created for created in namespaces.values() if created is not None), now
    )
    kinds = tuple(
        _summarise_kind(kind, namespaces, now)
        for kind in seen.kinds
        if vocabulary.is_known_workload_kind(kind.kind)
    )
    return Workloads(
        namespaces=NamespaceCount(count=len(namespaces), mean_age=mean, median_age=median),
        kinds=kinds or None,
    )


def histogram(counts: Iterable[int]) -> tuple[int, ...]:
    """Return how many of `counts` are 0, 1, 2 to 3, 4 to 7, and so on, by powers of two."""
    buckets = Counter(count.bit_length() for count in counts)
    return tuple(buckets[bucket] for bucket in range(max(buckets, default=-1) + 1))


def rounded(seconds: float) -> int:
    """Return whole seconds, rounded to two significant digits."""
    whole = round(seconds)
    return round(whole, min(0, _SIGNIFICANT_DIGITS - len(str(whole))))


def _summarise_kind(
    seen: WorkloadKindObservation, namespaces: Mapping[Identifying, object], now: float
) -> WorkloadKind:
    mean, median = _mean_and_median(seen.created, now)
    return WorkloadKind(
        kind=seen.kind,
        per_namespace=histogram(seen.counts.get(name, 0) for name in namespaces),
        mean_age=mean,
        median_age=median,
    )


def _mean_and_median(created: Iterable[float], now: float) -> tuple[int | None, int | None]:
    """Return mean and median age, rounded, or twice None where there is nothing."""
    ages = sorted(max(0.0, now - moment) for moment in created)
    if not ages:
        return None, None
    mean = fsum(ages) / len(ages)
    median = (ages[(len(ages) - 1) // 2] + ages[len(ages) // 2]) / 2
    return rounded(mean), rounded(median)
