"""Structs without their constraints and notes: what decoding is compared with."""

from functools import reduce
from operator import or_
from typing import Any, Final

import msgspec
from msgspec import NODEFAULT, Struct, inspect

_LEAVES: Final = {inspect.StrType: str, inspect.IntType: int, inspect.NoneType: type(None)}


def without_constraints(struct: type[Struct]) -> type[Struct]:
    """Return a struct with the fields and settings of `struct`, and of the structs in it, that
    takes any text and any number.
    """
    config = struct.__struct_config__
    return msgspec.defstruct(
        f"Plain{struct.__name__}",
        [(each.name, _plain(each.type), _settings(each)) for each in _fields(struct)],
        frozen=config.frozen,
        omit_defaults=config.omit_defaults,
        gc=config.gc,
        kw_only=True,
    )


def _fields(struct: type[Struct]) -> tuple[inspect.Field, ...]:
    info = inspect.type_info(struct)
    return info.fields if isinstance(info, inspect.StructType) else ()


def _settings(field: inspect.Field) -> Any:  # noqa: ANN401 - as msgspec.field returns
    if field.default is NODEFAULT:
        return msgspec.field(name=field.encode_name)
    return msgspec.field(default=field.default, name=field.encode_name)


def _plain(shape: inspect.Type) -> Any:  # noqa: ANN401 - a type, or a form of several
    match shape:
        case inspect.Metadata(type=inner):
            return _plain(inner)
        case inspect.UnionType(types=alternatives):
            return reduce(or_, map(_plain, alternatives))
        case inspect.VarTupleType(item_type=item):
            return tuple[_plain(item), ...]  # type: ignore[misc]  # made of data
        case inspect.StructType(cls=struct):
            return without_constraints(struct)
        case _:
            return _LEAVES[type(shape)]
