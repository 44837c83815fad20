"""Finding commands in blocks of code."""

import pytest

from tests.documents.markdown import CodeBlock
from tests.documents.shell import Command, commands


def texts(language: str, text: str) -> list[str]:
    """Return the texts of a block's commands."""
    return [command.text for command in commands(CodeBlock(language, text))]


def test_console() -> None:
    """In a console block commands stand behind a prompt, and other lines are output."""
    assert texts("console", "$ one\nits output\n$ two\n") == ["one", "two"]


@pytest.mark.parametrize("language", ["sh", "bash"])
def test_script(language: str) -> None:
    """In a script every line is a command but empty lines and comments."""
    assert texts(language, "# why\none\n\ntwo\n") == ["one", "two"]


def test_continued() -> None:
    """A backslash at the end takes the next line into the command."""
    assert texts("console", "$ one \\\n    two \\\n    three\nout\n") == ["one     two     three"]


def test_never_ends() -> None:
    """A command that the block breaks off is an error."""
    with pytest.raises(ValueError, match="continued"):
        commands(CodeBlock("console", "$ one \\\n"))


def test_without_language() -> None:
    """A block without a language holds commands where a line begins with one of our programs."""
    text = "dist/a.pex --b\nargs: [a.pex]\na.pex\n./pants test ::\na.pexy\n"
    assert texts("", text) == ["dist/a.pex --b", "a.pex", "./pants test ::"]


def test_other_languages() -> None:
    """A block in another language holds no commands."""
    assert texts("json", "$ one\na.pex\n") == []


def test_words() -> None:
    """Words are unquoted, and neither comments nor variables are among them."""
    command = Command("A=1 B='2 3' program 'a b'  --c  # why")
    assert command.words == ("program", "a b", "--c")
    assert command.program == "program"


def test_only_variables() -> None:
    """A command that only sets variables has no program."""
    assert Command('A="b c"').program == ""
    assert Command('A="b c"').pipeline == ()


def test_pipeline() -> None:
    """A pipe is taken apart where it stands between programs, and not in quotes."""
    assert Command("one 'a | b' | two -c").pipeline == (("one", "a | b"), ("two", "-c"))
