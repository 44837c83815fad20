"""Every command of the documents is accounted for."""

import shlex

import pytest

from tests.documents.claims import ELSEWHERE, STAND_INS, elsewhere, is_typed, stand_ins
from tests.documents.documents import NAMES, all_commands, commands_of


def test_there_are_commands() -> None:
    """Commands are found: the other tests have something to check."""
    assert len(commands_of("README.md")) > 5
    assert len(all_commands()) > 30


@pytest.mark.parametrize("name", NAMES)
def test_every_command_is_claimed(name: str) -> None:
    """A command is typed into a shell here, or the table says where it is run, or why not; not
    both.
    """
    unclaimed = [
        command.text
        for command in commands_of(name)
        if is_typed(command) == bool(elsewhere(command))
    ]
    assert unclaimed == []


def test_no_claim_is_left_over() -> None:
    """Every entry of the tables is a command that some document has."""
    commands = all_commands()
    assert {tuple(shlex.split(line)) for line in ELSEWHERE} <= {each.words for each in commands}
    assert set(STAND_INS) == {entry for each in commands for entry in stand_ins(each)}
