"""`docs/privacy.md` tells the truth: of the fields, an example, what is never sent."""

import json
from pathlib import Path

from report import decode, encode
from report.disclosure import NEVER_SENT
from tests.privacy.walker import Typed, strange_strings
from tools.schema import with_fields

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs/privacy.md").read_text(encoding="utf-8")


def test_fields() -> None:
    """The section on fields is what the structs' own notes say: run `./pants run tools:schema`."""
    assert with_fields(DOCUMENT) == DOCUMENT


def test_example() -> None:
    """The example is a report that would be accepted, and each of its strings may be there."""
    example = json.loads(DOCUMENT.partition("```json\n")[2].partition("```")[0])
    body = json.dumps(example).encode()
    assert json.loads(encode(decode(body))) == example
    assert strange_strings(body, Typed("v2.0.0", example["clusterID"])) == []


def test_never_sent() -> None:
    """What the program says is never sent, the document says too."""
    for thing in NEVER_SENT:
        assert f"- {thing}\n" in DOCUMENT
