"""What a document in Markdown holds that can be checked. Pure: texts in, values out.

Markdown is CommonMark with GitHub's tables: https://github.github.com/gfm/.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

_PARSER: Final = MarkdownIt("commonmark").enable("table")
_NOT_IN_ANCHORS: Final = re.compile(r"[^\w\- ]")


@dataclass(frozen=True)
class CodeBlock:
    """A block of code with the language that its fence names: empty where there is none."""

    language: str
    text: str


@dataclass(frozen=True)
class Markdown:
    """A document, in its own order."""

    blocks: tuple[CodeBlock, ...]
    code_spans: tuple[str, ...]
    links: tuple[str, ...]
    """Where they lead, as written."""

    anchors: frozenset[str]
    """What a link may name after `#`: GitHub's names of the headings."""


def parse(text: str) -> Markdown:
    """Read a document."""
    tokens = _PARSER.parse(text)
    inline = list(_inline(tokens))
    return Markdown(
        blocks=tuple(
            CodeBlock(token.info.strip(), token.content)
            for token in tokens
            if token.type in {"fence", "code_block"}
        ),
        code_spans=tuple(token.content for token in inline if token.type == "code_inline"),
        links=tuple(str(token.attrs["href"]) for token in inline if token.type == "link_open"),
        anchors=frozenset(_anchors(tokens)),
    )


def _inline(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield from token.children or ()


def _anchors(tokens: list[Token]) -> Iterator[str]:
    for before, token in pairwise(tokens):
        if before.type == "heading_open":
            title = "".join(each.content for each in token.children or ())
            yield _NOT_IN_ANCHORS.sub("", title.lower()).replace(" ", "-")
