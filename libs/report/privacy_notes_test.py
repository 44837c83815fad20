"""Every field of a report has a privacy note."""

from typing import Annotated

import msgspec
import pytest
from msgspec import Meta, Struct

from report import NamespaceCount, Node, Report, WorkloadKind
from report.privacy_notes import privacy_notes

_BELOW = {"capacity": ("capacity[].resource", "capacity[].value")}


class Unnoted(Struct):
    """A struct with a new field whose note was forgotten."""

    hostname: str | None = None


class Described(Struct):
    """A struct with a field that says what it is, and not what was done to it."""

    hostname: Annotated[str, Meta(description="Name of the host.", extra={"purpose": "None."})]


class Counted(Struct):
    """A struct with a field of a kind that no note is read from."""

    count: Annotated[
        dict[str, int],
        Meta(description="d", extra={"purpose": "p", "treatment": "t", "guess": "g"}),
    ]


def test_every_field() -> None:
    """There is a note for each field of each struct, in the order of the wire."""
    paths = [note.path for note in privacy_notes()]
    assert len(paths) == len(set(paths))
    assert [path for path in paths if path.isalpha()] == list(Report.__struct_encode_fields__)
    assert [path.removeprefix("nodes[].") for path in paths if path.startswith("nodes[].")] == [
        path for field in Node.__struct_encode_fields__ for path in (field, *_BELOW.get(field, ()))
    ]
    assert [path for path in paths if path.startswith("workloads.")] == [
        "workloads.namespaces",
        *(f"workloads.namespaces.{name}" for name in NamespaceCount.__struct_encode_fields__),
        "workloads.kinds",
        *(f"workloads.kinds[].{name}" for name in WorkloadKind.__struct_encode_fields__),
    ]


def test_no_part_is_empty() -> None:
    """Each note says what the field is, why it is sent, what was done to it and who could guess."""
    for note in privacy_notes():
        for part in (note.meaning, note.purpose, note.treatment, note.guess):
            assert part[0].isupper(), note.path
            assert part.endswith("."), note.path


@pytest.mark.parametrize("struct", [Unnoted, Described])
def test_field_without_note(struct: type[msgspec.Struct]) -> None:
    """A field without a whole note is an error that names it."""
    with pytest.raises(LookupError, match="hostname: the field has no privacy note"):
        privacy_notes(struct)


def test_field_of_unknown_kind() -> None:
    """A field of a kind that might hide more fields is an error that names it."""
    with pytest.raises(LookupError, match="count: no privacy note is read from a DictType"):
        privacy_notes(Counted)
