"""Reading documents in Markdown."""

from tests.documents.markdown import CodeBlock, parse


def test_blocks() -> None:
    """Fenced blocks come with their language, indented ones without."""
    found = parse("text\n\n```console\n$ ls\n```\n\n    indented --flag\n\n~~~ sh\nls\n~~~\n")
    assert found.blocks == (
        CodeBlock("console", "$ ls\n"),
        CodeBlock("", "indented --flag\n"),
        CodeBlock("sh", "ls\n"),
    )


def test_code_spans() -> None:
    """Spans of code are found in paragraphs, list items and cells of tables, and not in blocks."""
    found = parse("`one` and\n- `two`\n\n| a |\n|---|\n| `three` |\n\n```\n`four`\n```\n")
    assert found.code_spans == ("one", "two", "three")


def test_links() -> None:
    """Links are found where they lead, and not those that stand in code."""
    found = parse("[one](a.md), [two](b.md#c), `[three](d.md)`\n")
    assert found.links == ("a.md", "b.md#c")


def test_anchors() -> None:
    """A heading is named as GitHub does: lower case, hyphens for spaces, no punctuation."""
    assert parse("# What is `in` it?\n\n## On-one machine\n").anchors == {
        "what-is-in-it",
        "on-one-machine",
    }
