"""The shape of `workloads`, the part of a report that is sent only when asked for."""

from typing import Annotated, Final, TypeAlias

from msgspec import Meta, Struct

from report.field_types import Count, RequiredText, Seconds, note

MAX_WORKLOAD_KINDS: Final = 32
MAX_HISTOGRAM_BUCKETS: Final = 64

Histogram: TypeAlias = Annotated[tuple[Count, ...], Meta(max_length=MAX_HISTOGRAM_BUCKETS)]

_AGES_ARE_ROUGH: Final = (
    "Anyone who knows when yours were made can tell that a row fits, within a few percent. Where "
    "there is only one object, mean and median are its age, and so tell roughly when it was made."
)


class NamespaceCount(
    Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False, rename="camel"
):
    """How many namespaces a cluster has, and how old they are."""

    count: Annotated[
        Count,
        note(
            "How many namespaces there are.",
            purpose="To know how finely clusters are divided.",
            treatment="A number; no name of any.",
            guess="Anyone who knows how many namespaces you have can tell that a row fits.",
        ),
    ]
    mean_age: Annotated[
        Seconds | None,
        note(
            "Mean age of the namespaces, in seconds.",
            purpose="To know how long clusters are divided as they are.",
            treatment="Rounded to two significant digits.",
            guess=_AGES_ARE_ROUGH,
        ),
    ] = None
    median_age: Annotated[
        Seconds | None,
        note(
            "Median age of the namespaces, in seconds.",
            purpose="As for the mean, which a few old ones change.",
            treatment="Rounded to two significant digits.",
            guess=_AGES_ARE_ROUGH,
        ),
    ] = None


class WorkloadKind(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False, rename="camel"):
    """How the objects of one kind are spread over the namespaces, and how old they are.

    Element 0 of `per_namespace` is the number of namespaces without any, element i of those with
    2^(i-1) to 2^i-1. Zeros at the end are cut; the sum is the number of namespaces.
    """

    kind: Annotated[
        RequiredText,
        note(
            "Kind of workload, as the API names it: `pods`, `deployments`.",
            purpose="To know which kinds are in use.",
            treatment="A word of a public list of ten; others are never listed. A collector "
            "leaves out other words on receipt.",
            guess="None: every report that has workloads names the same kinds, except those that "
            "a cluster does not serve.",
        ),
    ]
    per_namespace: Annotated[
        Histogram,
        note(
            "How many namespaces have none of the kind, one, 2 to 3, 4 to 7, and so on.",
            purpose="To know how many objects people put into a namespace.",
            treatment="Only these steps, by powers of two; not how many any namespace has, nor "
            "which one.",
            guess="Anyone who knows how many objects are in each of your namespaces can tell that "
            "a row fits; one very full namespace stands out, without its name.",
        ),
    ]
    mean_age: Annotated[
        Seconds | None,
        note(
            "Mean age of the objects of the kind, in seconds. Absent where there is none.",
            purpose="To know how old what runs is.",
            treatment="Rounded to two significant digits.",
            guess=_AGES_ARE_ROUGH,
        ),
    ] = None
    median_age: Annotated[
        Seconds | None,
        note(
            "Median age of the objects of the kind, in seconds. Absent where there is none.",
            purpose="As for the mean, which a few old ones change.",
            treatment="Rounded to two significant digits.",
            guess=_AGES_ARE_ROUGH,
        ),
    ] = None


WorkloadKinds: TypeAlias = Annotated[tuple[WorkloadKind, ...], Meta(max_length=MAX_WORKLOAD_KINDS)]


class Workloads(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False, rename="camel"):
    """Namespaces and the workloads in them: numbers only."""

    namespaces: Annotated[
        NamespaceCount,
        note(
            "The namespaces of the cluster, as numbers.",
            purpose="To know how clusters are divided.",
            treatment="Counted; see the fields of it.",
            guess="See `count`, `meanAge` and `medianAge`.",
        ),
    ]
    kinds: Annotated[
        WorkloadKinds | None,
        note(
            "The kinds of workloads that were counted.",
            purpose="To know what runs in clusters.",
            treatment="Always in the same order. A kind that the cluster does not serve is left "
            "out.",
            guess="See `kind`, `perNamespace`, `meanAge` and `medianAge`.",
        ),
    ] = None
