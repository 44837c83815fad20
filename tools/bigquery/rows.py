"""Which rows a table takes: its schema, as load jobs apply it."""

from collections.abc import Sequence
from datetime import datetime

from tools.bigquery.messages import JSON, JSONObject


def find_errors(row: JSONObject, fields: Sequence[JSONObject]) -> list[str]:
    """Return what is wrong with `row`, in BigQuery's words; empty where nothing is."""
    return _record_errors(row, fields, within="")


def without_unknown(row: JSONObject, fields: Sequence[JSONObject]) -> JSONObject:
    """Return `row` without the columns that the table does not have (`ignoreUnknownValues`)."""
    known = _by_name(fields)
    return {
        name: _value_without_unknown(value, known[name.lower()])
        for name, value in row.items()
        if name.lower() in known
    }


def _value_without_unknown(value: JSON, field: JSONObject) -> JSON:
    inner = fields_of(field)
    if isinstance(value, dict):
        return without_unknown(value, inner)
    if isinstance(value, list):
        return [_value_without_unknown(each, field) for each in value]
    return value


def fields_of(parent: JSONObject) -> list[JSONObject]:
    """Return the fields of a schema or of a record."""
    fields = parent.get("fields", [])
    return [each for each in fields if isinstance(each, dict)] if isinstance(fields, list) else []


def _record_errors(record: JSONObject, fields: Sequence[JSONObject], *, within: str) -> list[str]:
    known = _by_name(fields)
    errors: list[str] = []
    for name, value in record.items():
        field = known.get(name.lower())
        if field is None:
            errors.append(f"No such field: {within}{name}.")
        else:
            errors += _value_errors(value, field, name=f"{within}{name}")
    given = {name.lower() for name, value in record.items() if value is not None}
    errors += [
        f"Missing required field: {within}{field['name']}."
        for name, field in known.items()
        if field.get("mode") == "REQUIRED" and name not in given
    ]
    return errors


def _value_errors(value: JSON, field: JSONObject, *, name: str) -> list[str]:
    if value is None:
        return []
    if field.get("mode") == "REPEATED":
        if not isinstance(value, list):
            return [f"Repeated field must be imported as a JSON array. Field: {name}."]
        return [error for each in value for error in _single_errors(each, field, name=name)]
    return _single_errors(value, field, name=name)


def _single_errors(value: JSON, field: JSONObject, *, name: str) -> list[str]:
    if isinstance(value, list):
        return [f"Array specified for non-repeated field: {name}."]
    if field.get("type") == "RECORD":
        if not isinstance(value, dict):
            return [f"This field: {name} is not a record."]
        return _record_errors(value, fields_of(field), within=f"{name}.")
    if isinstance(value, dict):
        return [f"This field: {name} is a record."]
    complaint = _complaint(value, str(field.get("type")))
    return [complaint] if complaint else []


def _complaint(value: JSON, kind: str) -> str:
    """Return why a single value is none of that type, empty where it is one."""
    if kind == "TIMESTAMP" and not _is_timestamp(value):
        return f"Could not parse '{value}' as a timestamp."
    if kind == "INTEGER" and not _is_integer(value):
        return f"Cannot convert value to integer (bad value): {value}"
    return ""


def _is_timestamp(value: JSON) -> bool:
    if isinstance(value, str):
        try:
            datetime.fromisoformat(value)
        except ValueError:
            return False
        return True
    return isinstance(value, int | float)


def _is_integer(value: JSON) -> bool:
    """Whether it is a number of 64 bits, or a text of one, as Google's JSON has them."""
    try:
        return not isinstance(value, bool) and -(2**63) <= int(str(value)) < 2**63
    except ValueError:
        return False


def _by_name(fields: Sequence[JSONObject]) -> dict[str, JSONObject]:
    return {str(field["name"]).lower(): field for field in fields}
