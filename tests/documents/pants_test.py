"""The documents' build commands. Slow: needs SPARTAKUS_CHECKOUT, the repository to check."""

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from tests.documents.claims import ELSEWHERE, RunBy
from tests.documents.documents import NAMES, all_commands, document
from tests.documents.programs import FLAG, flags_of
from tests.documents.shell import Command

CHECKOUT: Final = Path(os.environ["SPARTAKUS_CHECKOUT"])
_PANTS: Final = "./pants"


@dataclass(frozen=True)
class BuildCommand:
    """`./pants OPTIONS AND GOALS TARGETS -- PASSED ON`."""

    options: frozenset[str]
    goals: tuple[str, ...]
    targets: tuple[str, ...]
    passed_on: tuple[str, ...]


def pants(*words: str) -> str:
    """Return what Pants prints. It runs beside the Pants that runs this test."""
    finished = subprocess.run(
        [_PANTS, "--no-pantsd", *words],
        cwd=CHECKOUT,
        env={**os.environ, "PANTS_CONCURRENT": "True"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


@cache
def pants_help() -> Any:  # noqa: ANN401 - a JSON document
    """Return what Pants says of its goals and options."""
    return json.loads(pants("help-all"))


def build_commands() -> Iterator[BuildCommand]:
    """Take apart all `./pants` commands, those within a line of text too."""
    spans = [Command(span) for name in NAMES for span in document(name).code_spans]
    for command in (*all_commands(), *spans):
        if command.text.startswith(f"{_PANTS} "):
            yield take_apart(command.words[1:])


def take_apart(words: tuple[str, ...]) -> BuildCommand:
    """Tell options, goals and targets apart."""
    end = words.index("--") if "--" in words else len(words)
    plain = [word for word in words[:end] if not word.startswith("-")]
    goals = tuple(word for word in plain if word in pants_help()["name_to_goal_info"])
    return BuildCommand(
        options=frozenset(word.partition("=")[0] for word in words[:end] if word.startswith("-")),
        goals=goals,
        targets=tuple(plain[len(goals) :]),
        passed_on=words[end + 1 :],
    )


def test_goals_and_options() -> None:
    """Every command has goals that Pants knows, and options that it knows for these goals."""
    scopes = pants_help()["scope_to_help_info"]
    found = list(build_commands())
    assert len(found) > 10
    for command in found:
        assert command.goals
        known = {
            flag
            for scope in ("", *command.goals)
            for level in ("basic", "advanced")
            for option in scopes[scope][level]
            for flag in (*option["unscoped_cmd_line_args"], *option["scoped_cmd_line_args"])
        }
        assert command.options <= known


def test_targets() -> None:
    """Every target and path of the commands is there."""
    targets = {target for command in build_commands() for target in command.targets}
    assert {"tools:demo", "libs/report::"} <= targets
    assert pants("list", *sorted(targets - {"::"}))


def test_arguments_for_tools() -> None:
    """Every flag that is passed on to a tool is one of the tool's."""
    passed_on = {
        (target, flag)
        for command in build_commands()
        if command.goals == ("run",)
        for target in command.targets
        for flag in FLAG.findall(" ".join(command.passed_on))
    }
    assert ("tools:demo", "--once") in passed_on
    assert [each for each in passed_on if each[1] not in flags_of(each[0])] == []


def test_docker_build_args() -> None:
    """The option that only a sentence names is one of Pants too."""
    options = pants_help()["scope_to_help_info"]["docker"]["basic"]
    assert "--docker-build-args" in {
        flag for option in options for flag in option["scoped_cmd_line_args"]
    }


def test_run_by() -> None:
    """Where a command is said to be run, it is."""
    for command, reason in ELSEWHERE.items():
        if isinstance(reason, RunBy):
            lines = (CHECKOUT / reason.file).read_text(encoding="utf-8")
            assert reason.line in lines, command
