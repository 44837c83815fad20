"""What the documents lead to is there."""

import re
from pathlib import Path
from typing import Final

import pytest

from tests.documents.documents import NAMES, ROOT, document
from tests.documents.markdown import parse

_ELSEWHERE: Final = re.compile(r"[a-z]+:")
_FOLDERS: Final = ("apps", "docs", "libs", "tests", "third_party", "tools")
_PATH: Final = re.compile(rf"(?:{'|'.join(_FOLDERS)})/[\w./*-]*")
_ANY_NAME: Final = "NAME"


def broken(folder: Path, link: str) -> bool:
    """Whether a link, in a document in `folder`, leads nowhere."""
    file, _, anchor = link.partition("#")
    target = folder / file
    if not anchor:
        return not target.exists()
    return anchor not in parse(target.read_text(encoding="utf-8")).anchors


@pytest.mark.parametrize("name", NAMES)
def test_links(name: str) -> None:
    """Every link within the repository leads to a file, and to a heading where it names one."""
    folder = (ROOT / name).parent
    links = [link for link in document(name).links if not _ELSEWHERE.match(link)]
    assert [link for link in links if broken(folder, link)] == []


@pytest.mark.parametrize("name", NAMES)
def test_paths(name: str) -> None:
    """Every path that is written as code is there; `NAME` and `*` stand for any name."""
    paths = [span for span in document(name).code_spans if _PATH.fullmatch(span)]
    patterns = [path.replace(_ANY_NAME, "*").rstrip("/") for path in paths]
    assert [pattern for pattern in patterns if not list(ROOT.glob(pattern))] == []


def test_paths_are_found() -> None:
    """Paths are told from other code: the test above has something to check."""
    spans = document("README.md").code_spans
    assert {"libs/report", "apps/collector"} <= {span for span in spans if _PATH.fullmatch(span)}


def test_broken(tmp_path: Path) -> None:
    """A link is broken without its file, and without its heading."""
    (tmp_path / "a.md").write_text("# One more\n")
    links = ["a.md", "a.md#one-more", "b.md", "a.md#two"]
    assert [link for link in links if broken(tmp_path, link)] == ["b.md", "a.md#two"]
