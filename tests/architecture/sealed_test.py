"""Who opens what was seen in a cluster."""

import ast
from pathlib import Path

MAY_REVEAL = {"libs/report/anonymisation.py", "libs/report/pseudonym.py"}


def test_only_the_anonymiser_reveals() -> None:
    """No module but the anonymiser and the pseudonyms calls `reveal`."""
    callers = {
        str(path)
        for folder in ("libs", "apps", "tools")
        for path in Path(folder).rglob("*.py")
        if not path.name.endswith(("_test.py", "testing.py"))
        if reveals(path.read_text(encoding="utf-8"))
    }
    assert callers == MAY_REVEAL


def reveals(source: str) -> bool:
    """Whether a module mentions an attribute called `reveal`, or the text that it opens."""
    return any(
        isinstance(node, ast.Attribute) and node.attr in {"reveal", "_text"}
        for node in ast.walk(ast.parse(source))
        if not (isinstance(node, ast.Attribute) and is_own(node))
    )


def is_own(node: ast.Attribute) -> bool:
    """Whether the attribute is one of `self`."""
    return isinstance(node.value, ast.Name) and node.value.id == "self"
