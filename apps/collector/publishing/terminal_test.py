"""A release in a terminal."""

import re
from datetime import date

import msgspec
import pytest

from census import Release
from census.comparison import VOTERS
from collector.publishing.page import tables
from collector.publishing.terminal import render
from collector.publishing.testing import exact_release, release

ESCAPE = "\x1b"


def text_of(made: Release, *, width: int = 80, is_terminal: bool = False) -> str:
    return render(made, "", next_due=None, width=width, is_terminal=is_terminal)


def test_rows() -> None:
    """Every answer has its share and margin, and sections are those of the page."""
    text = text_of(release(3000))
    assert text.startswith("November 2026: about 2,9")
    assert re.search(r"^  containerd 1\.7 +5[0-9]\.[0-9]%  ± 1\.[0-9]$", text, re.MULTILINE)
    sections = ["Kubernetes", "Where clusters run", "What nodes run", "Hardware"]
    assert [line for line in text.splitlines() if line in sections] == sections
    assert text.endswith(" owners\nchose to report.\n")
    assert not [line for line in text.splitlines() if line.endswith(" ")]


def test_no_terminal() -> None:
    """What is not a terminal gets neither escapes nor bars."""
    text = text_of(release(3000))
    assert ESCAPE not in text
    assert "█" not in text


def test_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal gets colours and bars; without colour where NO_COLOR says so, and no escape at all
    where it is dumb.
    """
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert f"{ESCAPE}[36;49m█" in text_of(release(3000), is_terminal=True)
    monkeypatch.setenv("NO_COLOR", "1")
    plain = text_of(release(3000), is_terminal=True)
    assert "█" in plain
    assert not re.search(rf"{ESCAPE}\[[0-9;]*[34][0-9]m", plain)
    monkeypatch.setenv("TERM", "dumb")
    assert ESCAPE not in text_of(release(3000), is_terminal=True)


@pytest.mark.parametrize("width", [1, 2, 10, 20, 30, 47, 48, 70, 120, 500])
def test_width(width: int) -> None:
    """No line is wider than the terminal, and from 20 columns on no share is lost."""
    text = text_of(release(3000), width=width)
    assert max(map(len, text.splitlines())) <= width
    wide = text_of(release(3000), width=200)
    if width >= 20:
        assert re.findall(r"[0-9.]+%", text) == re.findall(r"[0-9.]+%", wide)


def test_too_few() -> None:
    """A release of too few clusters says so instead of showing noise."""
    text = text_of(release(20))
    assert "Too few clusters took part" in text
    assert "%" not in text.partition("Whoever")[0]


def test_exact() -> None:
    """Exact figures have no margin, and the warning is the first line."""
    text = render(exact_release(30), "Do not publish", next_due=None, width=80, is_terminal=False)
    assert text.startswith("Do not publish\nNovember 2026: 30 clusters\n")
    assert "±" not in text


def test_nobody() -> None:
    """Exact figures of no cluster are one line, and speak of no noise."""
    text = text_of(exact_release(0))
    assert text.startswith("November 2026: 0 clusters\nNo cluster was heard from on two days")
    assert "noise" not in text
    assert "Kubernetes" not in text


def test_next_release() -> None:
    """The last line says when the next release is due, where that is known."""
    text = render(release(3000), "", next_due=date(2026, 12, 4), width=80, is_terminal=False)
    assert text.endswith("\nThe next release is due on 4 December 2026.\n")


def test_hostile_texts() -> None:
    """No text of a release is a command to a terminal, or markup."""
    made = release(3000)
    evil = f"{ESCAPE}[2J{ESCAPE}]0;x\x07\u202e[red]:boom:"
    answers = tuple(
        msgspec.structs.replace(
            each,
            title=evil,
            question=evil,
            cells=tuple(msgspec.structs.replace(cell, answer=evil) for cell in each.cells),
        )
        for each in made.answers[:1]
    )
    text = text_of(msgspec.structs.replace(made, answers=answers, statement=evil), width=200)
    assert not [each for each in text if not (each.isprintable() or each == "\n")]
    assert r"\x1b[2J\x1b]0;x\x07\u202e[red]:boom:" in text


def test_the_same_voters() -> None:
    """The page, the terminal and a comparison agree whose votes a question counts."""
    units = {name: style.unit.name.lower() for name, style in tables.STYLES.items()}
    assert {name: unit for name, unit in units.items() if unit != "clusters"} == VOTERS
