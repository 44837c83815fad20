"""What comes out of texts that people have posted of their nodes."""

from collections import Counter
from pathlib import Path

import pytest

from tools.vocabulary.survey import CUT, WHOLE, WITHHELD, Surveyed, survey

KNOWN, HELD_OUT = "known.tsv", "held_out.tsv"
LEAST_USEFUL = 0.97


def lines(name: str) -> list[str]:
    """Return the lines of a file that hold a text."""
    content = Path(__file__).with_name(name).read_text(encoding="utf-8")
    return [line for line in content.splitlines() if not line.startswith("#")]


def answers(name: str) -> list[tuple[Surveyed, str]]:
    """Return what comes out of each text of a file, and what should."""
    expected = [line.split("\t")[2] for line in lines(name)]
    return list(zip(survey(lines(name)), expected, strict=True))


@pytest.mark.parametrize("name", [KNOWN, HELD_OUT])
def test_sent(name: str) -> None:
    """Of each text its public part is sent and nothing else."""
    sent = [
        (answer.text, "" if answer.outcome == WITHHELD else answer.sent, expected)
        for answer, expected in answers(name)
    ]
    assert [each for each in sent if each[1] != each[2]] == []


@pytest.mark.parametrize("name", [KNOWN, HELD_OUT])
@pytest.mark.parametrize(
    "field", ["kubeletVersion", "kernelVersion", "osImage", "containerRuntimeVersion"]
)
def test_useful(name: str, field: str) -> None:
    """Of the public texts at least 97 of a hundred come out whole, or cut where a commit begins."""
    found = [answer for answer, expected in answers(name) if answer.field == field and expected]
    counts = Counter(answer.outcome for answer in found)
    assert counts[WHOLE] + counts[CUT] >= LEAST_USEFUL * len(found)
    assert len(found) >= 75


def test_useful_providers() -> None:
    """Of all provider IDs of both files at least 97 of a hundred name their provider."""
    found = [
        answer
        for name in (KNOWN, HELD_OUT)
        for answer, _ in answers(name)
        if answer.field == "providerID"
    ]
    named = [answer for answer in found if answer.outcome != WITHHELD]
    assert len(named) >= LEAST_USEFUL * len(found)
    assert len(found) >= 400


def test_held_out() -> None:
    """No text is in both files: one measures what the other did not teach."""
    known, held_out = (
        {tuple(line.split("\t")[:2]) for line in lines(name)} for name in (KNOWN, HELD_OUT)
    )
    assert not known & held_out
