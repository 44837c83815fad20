"""What is known of each field of a report: read from the structs, where it stands beside the field.

`docs/privacy.md` holds these notes; a field without one makes `privacy_notes` fail.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from msgspec import Struct, inspect

from report.schema import Report


@dataclass(frozen=True)
class PrivacyNote:
    """One field. `path` is its wire name with those above it: `nodes[].osImage`.

    `meaning` says what it is, `purpose` why it is sent, `treatment` what was done to it, `guess`
    who could test which guess with which knowledge.
    """

    path: str
    meaning: str
    purpose: str
    treatment: str
    guess: str


def privacy_notes(struct: type[Struct] = Report) -> tuple[PrivacyNote, ...]:
    """Return the notes of every field of `struct`, and of the structs in it, in wire order.

    Raises `LookupError` for a field without a note.
    """
    kind = inspect.type_info(struct)
    return tuple(_notes_of(kind, ""))


def _notes_of(kind: inspect.Type, above: str) -> Iterator[PrivacyNote]:
    match kind:
        case inspect.Metadata(type=inner):
            yield from _notes_of(inner, above)
        case inspect.UnionType(types=alternatives):
            for alternative in alternatives:
                yield from _notes_of(alternative, above)
        case inspect.VarTupleType(item_type=item):
            yield from _notes_of(item, f"{above}[]")
        case inspect.StructType(fields=fields):
            for field in fields:
                path = f"{above}.{field.encode_name}".removeprefix(".")
                yield _note(path, field.type)
                yield from _notes_of(field.type, path)
        case inspect.StrType() | inspect.IntType() | inspect.NoneType():
            pass
        case _:
            raise LookupError(f"{above}: no privacy note is read from a {type(kind).__name__}")


def _note(path: str, kind: inspect.Type) -> PrivacyNote:
    match kind:
        case inspect.Metadata(
            extra={"purpose": str(purpose), "treatment": str(treatment), "guess": str(guess)},
            extra_json_schema={"description": str(meaning)},
        ):
            return PrivacyNote(path, meaning, purpose, treatment, guess)
        case _:
            raise LookupError(f"{path}: the field has no privacy note")
