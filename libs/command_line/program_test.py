"""A program of two commands."""

from collections.abc import Mapping

import pytest
from msgspec import Struct

from command_line.completion import completion
from command_line.errors import InvalidOption, UsageError
from command_line.flags import argument, flag, switch
from command_line.program import Command, Entry, Program, information


class _Greet(Struct, frozen=True, kw_only=True):
    name: str = argument(str, metavar="[NAME]", default="you", help="Who.")
    times: int = flag(int, metavar="N", default="1", help="How often.")
    loud: bool = switch("-l", "--loud", help="Louder.")


class _Fail(Struct, frozen=True, kw_only=True):
    status: int = flag(int, metavar="N", required=True, has_variable=False, help="The status.")


def _program(
    made: list[_Greet] | None = None, environment: Mapping[str, str] | None = None
) -> Program:
    def greet(flags: _Greet) -> None:
        """Say good day."""
        if made is not None:
            made.append(flags)

    def fail(flags: _Fail) -> int:
        return flags.status

    return Program(
        "polite",
        {
            "greet": Entry(
                lambda: Command(_Greet, greet, information("v1", lambda: "none\n")), "Greet."
            ),
            "fail": Entry(lambda: Command(_Fail, fail), "Fail."),
            "completion": Entry(lambda: completion("polite", ["polite"]), "Complete."),
        },
        default="greet",
        environment=environment or {},
    )


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], _Greet()),
        (["-l"], _Greet(loud=True)),
        (["greet", "--times=2", "me"], _Greet(name="me", times=2)),
        (["greet", "--times", "2", "--times", ""], _Greet(times=7)),
        (["greet", "", "--loud"], _Greet(times=7, loud=True)),
    ],
)
def test_flags(words: list[str], expected: _Greet) -> None:
    """A command gets what the words and the environment say, parsed; blank is not given."""
    made: list[_Greet] = []
    environment = {"SPARTAKUS_TIMES": "7"} if "" in words else {}
    assert _program(made, environment).run(words) == 0
    assert made == [expected]


def test_interrupted() -> None:
    """Ctrl-C while a command is loaded is no success: it is raised as anywhere else."""

    def load() -> Command:
        raise KeyboardInterrupt

    entries = {"slow": Entry(load, "Slow.")}
    program = Program("polite", entries, default="slow", environment={})
    with pytest.raises(KeyboardInterrupt):
        program.run(["slow"])


def test_status() -> None:
    """The status is what the command returns."""
    assert _program().run(["fail", "--status", "5"]) == 5


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["grete"], "There is no command 'grete'; there are greet, fail, completion"),
        (["--soft"], "No such option: --soft (see polite greet --help)"),
        (["fail", "--status"], "Option '--status' requires an argument"),
        (["greet", "a", "b"], "Got unexpected extra argument(s) (b) (see polite greet --help)"),
    ],
)
def test_wrong_words(words: list[str], line: str) -> None:
    """What cannot be is one line that says so and where help is."""
    with pytest.raises(UsageError) as error:
        _program().run(words)
    assert str(error.value).startswith(line)
    assert "\n" not in str(error.value)


def test_missing_flag() -> None:
    """A flag that is needed is named, with what it is."""
    with pytest.raises(InvalidOption, match=r"^--status: is missing: The status\.$"):
        _program().run(["fail"])


def test_help(capsys: pytest.CaptureFixture[str]) -> None:
    """Help has the flags of the default command with variable and default, and all commands."""
    assert _program().run(["--help"]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "Usage: polite [COMMAND] [FLAGS] " in printed
    assert "--times N How often. [env var: SPARTAKUS_TIMES; default: 1]" in printed
    assert "Commands: greet Greet. fail Fail. completion Complete." in printed
    assert "Without a command: greet." in printed


def test_information(capsys: pytest.CaptureFixture[str]) -> None:
    """A flag that prints something does, whatever else is given, and nothing else happens."""
    made: list[_Greet] = []
    assert _program(made).run(["--times=x", "--version"]) == 0
    assert _program(made).run(["--print-databases"]) == 0
    assert capsys.readouterr().out == "v1\nnone\n"
    assert made == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each shell gets a script that asks the program itself."""
    assert _program().run(["completion", shell]) == 0
    assert "_POLITE_COMPLETE" in capsys.readouterr().out


def test_loaded_when_asked_for() -> None:
    """A command that is not asked for is not loaded."""

    def load() -> Command:
        raise AssertionError

    entries = {
        "fail": Entry(lambda: Command(_Fail, lambda flags: int(flags.status)), ""),
        "other": Entry(load, ""),
    }
    program = Program("polite", entries, default="fail", environment={})
    assert program.run(["fail", "--status=3"]) == 3
