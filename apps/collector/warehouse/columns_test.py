"""Behaviour of `collector.warehouse.columns`."""

import msgspec
import pytest

from collector.warehouse.columns import REPORT_COLUMNS, Column, Kind, columns_of
from report import NamespaceCount, Node, Report, Resource, WorkloadKind, Workloads


def inside(*path: str) -> tuple[Column, ...]:
    """Return the columns at the end of a path of names."""
    columns = REPORT_COLUMNS
    for name in path:
        [columns] = [each.fields for each in columns if each.name == name]
    return columns


@pytest.mark.parametrize(
    ("path", "struct"),
    [
        ((), Report),
        (("nodes",), Node),
        (("nodes", "capacity"), Resource),
        (("workloads",), Workloads),
        (("workloads", "namespaces"), NamespaceCount),
        (("workloads", "kinds"), WorkloadKind),
    ],
)
def test_every_wire_field_is_a_column(path: tuple[str, ...], struct: type[msgspec.Struct]) -> None:
    """There is a column for each field, by wire name, in the order of the wire."""
    names = tuple(each.name for each in inside(*path))
    assert names == struct.__struct_encode_fields__


def test_what_every_report_has_is_required() -> None:
    """Only what each row of each table has is required: not what the original's rows lack."""
    required = {each.name for each in REPORT_COLUMNS if each.required}
    assert required == {"version", "timestamp", "clusterID"}
    assert [each.name for each in inside("nodes") if each.required] == ["id"]
    assert not any(each.required for each in inside("workloads", "namespaces"))
    assert not any(each.required for each in inside("workloads", "kinds"))


def test_lists_of_structs_and_of_numbers_are_repeated() -> None:
    """A list is a repeated column of what is in it."""
    assert Column("perNamespace", Kind.INTEGER, repeated=True) in inside("workloads", "kinds")
    [nodes] = [each for each in REPORT_COLUMNS if each.name == "nodes"]
    assert (nodes.kind, nodes.repeated, nodes.required) == (Kind.STRUCT, True, False)


def test_a_field_that_no_column_can_hold_is_named() -> None:
    """A struct with a field of another type is refused with the field's path."""

    class Odd(msgspec.Struct):
        ratio: float

    with pytest.raises(TypeError, match=r"no column can hold outer\.ratio"):
        columns_of(Odd, within="outer.")
