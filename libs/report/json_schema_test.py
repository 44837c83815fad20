"""`report.schema.json` is fresh, and says the same as the decoder."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from report import InvalidReport, Report, decode, encode
from report.json_schema import json_schema_text
from tests.conformance.vectors import accepted, document, rejected
from tests.reports import FORBIDDEN_CHARACTERS, reports

COMMITTED = Path(__file__).with_name("report.schema.json").read_text(encoding="utf-8")
SCHEMA = json.loads(COMMITTED)
VALIDATOR = Draft202012Validator(SCHEMA)

BEYOND_JSON_SCHEMA = {"byte_order_mark", "deep_nesting", "invalid_utf8", "lone_surrogate"}
"""Vectors that are rejected for what JSON Schema cannot say; `report.json_schema` lists it."""
REJECTED = {name: vector for name, vector in rejected().items() if name not in BEYOND_JSON_SCHEMA}
STRANGE_TEXTS = (
    *("", " ", "a", "a\n", "a\u2028", "\x7f", "é", "日本", "v1.0", "a/b", "a/b/c", "A.b/c", "-a"),
    *("a" * 63, "a" * 64, "a" * 128, "a" * 129, "é" * 512, "é" * 513, "🎉" * 513, "x" * 4097),
    *("a" * 253 + "/b", "a" * 254 + "/b", "1512086400", "\u0661", *FORBIDDEN_CHARACTERS),
)
STRANGE_NUMBERS = (1, -1, 2**53, 2**53 + 1, 1.5)
STRANGE_VALUES = (None, True, [], [1], {}, {"id": "a"}, *STRANGE_NUMBERS, *STRANGE_TEXTS)


def schema_accepts(body: bytes) -> bool:
    """Whether `body` is JSON of the schema. A NaN, which Python reads, is not JSON."""
    try:
        value = json.loads(body, parse_constant=_refuse)
    except ValueError:
        return False
    return VALIDATOR.is_valid(value)


def decoder_accepts(body: bytes) -> bool:
    """Whether `decode` accepts `body`."""
    try:
        decode(body)
    except InvalidReport:
        return False
    return True


def test_freshness() -> None:
    """The committed file is what `./pants run tools:schema` writes."""
    assert json_schema_text() == COMMITTED


def test_dialect() -> None:
    """The schema is valid by the rules of draft 2020-12, which it names."""
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("name", accepted())
def test_accepted_vectors(name: str) -> None:
    """The schema accepts every accepted vector."""
    assert schema_accepts(document(accepted()[name]))


@pytest.mark.parametrize("name", REJECTED)
def test_rejected_vectors(name: str) -> None:
    """The schema rejects every rejected vector, except those that JSON Schema cannot tell."""
    assert not schema_accepts(document(REJECTED[name]))


def test_vectors_beyond_json_schema() -> None:
    """The vectors that JSON Schema cannot tell are few, and all there."""
    assert rejected().keys() >= BEYOND_JSON_SCHEMA


@given(reports())
def test_valid_reports(report: Report) -> None:
    """The schema accepts every report that the contract allows."""
    assert schema_accepts(encode(report))


@given(reports(), st.data())
def test_changed_reports(report: Report, data: st.DataObject) -> None:
    """Of a report with one value replaced or one field gone, schema and decoder say the same."""
    fields = json.loads(encode(report))
    holder = data.draw(st.sampled_from(_containers(fields)))
    key = data.draw(
        st.sampled_from(list(holder) if isinstance(holder, dict) else [*range(len(holder))])
    )
    if data.draw(st.booleans()):
        holder[key] = data.draw(st.sampled_from(STRANGE_VALUES))
    else:
        del holder[key]
    body = json.dumps(fields).encode()
    printable = str(fields.get("version", "")).isprintable()  # which JSON Schema cannot say
    assert decoder_accepts(body) == (schema_accepts(body) and printable)


def _containers(value: object) -> list[dict[str, object] | list[object]]:
    """Return every object and list in `value` that is not empty."""
    if isinstance(value, dict):
        return [*([value] if value else []), *(c for v in value.values() for c in _containers(v))]
    if isinstance(value, list):
        return [*([value] if value else []), *(c for v in value for c in _containers(v))]
    return []


def _refuse(name: str) -> None:
    raise ValueError(name)
