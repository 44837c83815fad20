"""The wire contract as JSON Schema (draft 2020-12), generated from the structs.

`report.schema.json` beside this file is its output; a test holds the two together.
"""

from typing import Any, Final

import msgspec

from report.schema import Report

BEYOND_JSON_SCHEMA: Final = (
    "The body is UTF-8 without a byte order mark, and one JSON document.",
    "No string escapes half of a surrogate pair.",
    "Values are nested at most about a thousand deep.",
    "Of a field given twice the last counts.",
    "A number is written without a fraction or an exponent.",
    "`version` holds printable characters only, as Unicode defines them.",
    "A report, encoded again without what is unknown, is at most 8 MiB.",
)
"""What a decoder enforces and JSON Schema cannot say."""


def json_schema() -> dict[str, Any]:
    """Return the schema of a report as it may be posted.

    Other than the struct, it takes any `timestamp`: what a client sends there is not kept unless
    it is UNIX seconds, and never refused.
    """
    schema = msgspec.json.schema(Report)
    timestamp = schema["$defs"]["Report"]["properties"]["timestamp"]
    schema["$defs"]["Report"]["properties"]["timestamp"] = {
        "description": timestamp["description"] + " Anything else is accepted, and not kept.",
        "examples": ["1512086400"],
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Spartakus report",
        "$comment": " ".join(("JSON Schema cannot say:", *BEYOND_JSON_SCHEMA)),
        **schema,
    }


def json_schema_text() -> str:
    """Return the schema as the text of `report.schema.json`."""
    compact = msgspec.json.encode(json_schema())
    return msgspec.json.format(compact, indent=2).decode() + "\n"
