"""A report as columns, derived from the structs of the report library.

The structs are the only place where a field's shape is written: the schemas of Parquet and of
BigQuery derive from here.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec
import msgspec.inspect as shapes

from report import Report


class Kind(enum.Enum):
    """What a column holds."""

    TEXT = enum.auto()
    INTEGER = enum.auto()
    STRUCT = enum.auto()


@dataclass(frozen=True)
class Column:
    """A column, named as on the wire.

    `required`: every row has a value. `repeated`: the value is a list of the kind. `fields` are
    the columns inside, of a STRUCT only.
    """

    name: str
    kind: Kind
    required: bool = False
    repeated: bool = False
    fields: "tuple[Column, ...]" = ()


_REQUIRED: Final[Mapping[str, bool]] = {
    # A collector stamps every report that it takes.
    "timestamp": True,
    # Columns that are added to a table of the original's: its rows have none of it.
    "workloads.namespaces": False,
    "workloads.namespaces.count": False,
    "workloads.kinds.kind": False,
}
"""Where a column is required and the field of the struct is not, or the other way round."""


def columns_of(struct: type[msgspec.Struct], *, within: str = "") -> tuple[Column, ...]:
    """Return the columns that reports of `struct` have, in the order of the wire.

    `within` is the path of the struct, with its dot at the end. Raises `TypeError` for a field
    that no column can hold.
    """
    info = shapes.type_info(struct)
    if not isinstance(info, shapes.StructType):
        raise TypeError(f"{struct} is not a struct")
    return tuple(_column(each, within) for each in info.fields)


def _column(field: shapes.Field, within: str) -> Column:
    path = f"{within}{field.encode_name}"
    shape, repeated = _element(_plain(field.type))
    required = _REQUIRED.get(path, field.required) and not repeated
    fields: tuple[Column, ...] = ()
    match shape:
        case shapes.StrType():
            kind = Kind.TEXT
        case shapes.IntType():
            kind = Kind.INTEGER
        case shapes.StructType(cls=struct):
            kind = Kind.STRUCT
            fields = columns_of(struct, within=f"{path}.")
        case _:
            raise TypeError(f"no column can hold {path}: {shape}")
    return Column(field.encode_name, kind, required, repeated, fields)


def _plain(shape: shapes.Type) -> shapes.Type:
    """Return a shape without its notes, and without being optional."""
    if isinstance(shape, shapes.Metadata):
        return _plain(shape.type)
    if isinstance(shape, shapes.UnionType):
        [shape] = [each for each in shape.types if not isinstance(each, shapes.NoneType)]
        return _plain(shape)
    return shape


def _element(shape: shapes.Type) -> tuple[shapes.Type, bool]:
    """Return what is in a list, and whether it is one."""
    if isinstance(shape, shapes.VarTupleType):
        return _plain(shape.item_type), True
    return shape, False


REPORT_COLUMNS: Final = columns_of(Report)
"""The columns of a report, in the order of the wire."""
