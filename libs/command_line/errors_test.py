"""Errors as a user sees them."""

import os

import pytest

from command_line.errors import ProgramError, UsageError, complain, defect_in_words


def test_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """An error is one line, in which what a terminal would obey is shown, not sent."""
    assert complain("polite", "a\nb\x1b[2J\udcff\u202e", 2) == 2
    assert capsys.readouterr().err == "polite: a b\\x1b[2J\\udcff\\u202e\n"


def test_statuses() -> None:
    """What a user did wrong has a status of its own."""
    assert (ProgramError.exit_status, UsageError.exit_status) == (1, 2)


def test_defect() -> None:
    """A defect is named by its kind and place: its text could hold a secret."""
    with pytest.raises(KeyError) as caught:
        _ = os.environ["A SECRET"]
    line = defect_in_words(caught.value)
    assert line.startswith("a defect of the program: KeyError in ")
    assert "A SECRET" not in line
