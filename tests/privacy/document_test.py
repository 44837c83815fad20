"""`docs/privacy.md` tells the truth: of the fields, the code to read, what is never sent."""

import ast
import io
import json
import re
import tokenize
from pathlib import Path

from report import decode, encode
from report.anonymisation import NEVER_SENT
from tests.privacy.walker import Typed, strange_strings
from tools.schema import with_fields

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs/privacy.md").read_text(encoding="utf-8")
MOST_LINES_TO_READ = 150
MOST_LINES_FOR_WORKLOADS = 50

_NOT_CODE = {
    *(tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE),
    *(tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER),
}


def reading_list() -> dict[str, list[str]]:
    """Return what the document says to read: names by file."""
    rows = re.findall(r"^\| `(libs/[^`]+\.py)` \| ([^|]+) \|", DOCUMENT, re.MULTILINE)
    return {file: re.findall("`([^`]+)`", names) for file, names in rows}


def code_lines(source: str, names: list[str]) -> int:
    """Return how many lines of code these functions and classes have, docstrings left out."""
    tree = ast.parse(source)
    docstrings = {
        line
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        for line in _lines_of(node)
    }
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    code = {token.start[0] for token in tokens if token.type not in _NOT_CODE} - docstrings
    found = {
        node.name: len(code & _lines_of(node))
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
    }
    return sum(found[name] for name in names)


def _lines_of(node: ast.stmt) -> set[int]:
    return set(range(node.lineno, (node.end_lineno or node.lineno) + 1))


def test_fields() -> None:
    """The section on fields is what the structs' own notes say: run `./pants run tools:schema`."""
    assert with_fields(DOCUMENT) == DOCUMENT


def test_reading_list() -> None:
    """What the sceptic has to read exists, and is under 150 lines of code."""
    listed = reading_list()
    assert "anonymise" in listed["libs/report/anonymisation.py"]
    lines = sum(
        code_lines((ROOT / file).read_text(encoding="utf-8"), names)
        for file, names in listed.items()
    )
    assert 0 < lines < MOST_LINES_TO_READ


def test_reading_of_workloads() -> None:
    """What the sceptic has to read of workloads is the whole of one file, in under 50 lines."""
    file = "libs/report/workload_summary.py"
    source = (ROOT / file).read_text(encoding="utf-8")
    functions = [each.name for each in ast.parse(source).body if isinstance(each, ast.FunctionDef)]
    assert f"`{file}`, under {MOST_LINES_FOR_WORKLOADS} lines" in DOCUMENT
    assert 0 < code_lines(source, functions) < MOST_LINES_FOR_WORKLOADS


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
