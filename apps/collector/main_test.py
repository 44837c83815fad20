"""Behaviour of the command line."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from collector import main
from collector.commands.data_dir import default_data_dir
from collector.version import VERSION


def run(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", main.__name__, *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_version_and_the_leading_word() -> None:
    """The word that the original begins with is accepted and dropped."""
    outcome = run("collector", "--version")
    assert (outcome.returncode, outcome.stdout) == (0, f"{VERSION}\n")


def test_databases_are_listed() -> None:
    """`--print-databases` names each form."""
    outcome = run("--print-databases")
    assert outcome.returncode == 0
    assert "parquet:///DIR" in outcome.stdout
    assert "stdout" in outcome.stdout


def test_a_wrong_flag_is_a_usage_error() -> None:
    """A flag that does not exist is named in one line, and the status is 2."""
    outcome = run("--colour", "blue")
    assert outcome.returncode == 2
    assert outcome.stderr == "collector: No such option: --colour (see collector --help)\n"


def test_a_wrong_word_is_a_usage_error() -> None:
    """A word that is no command is named in one line, and the status is 2."""
    outcome = run("vieuws")
    assert outcome.returncode == 2
    assert "vieuws" in outcome.stderr
    assert outcome.stderr.count("\n") == 1


@pytest.mark.parametrize("word", main.COMMANDS)
def test_each_command_explains_itself(word: str) -> None:
    """A command's word, also after the original's, and `--help` say how it is used."""
    outcome = run("collector", word, "--help")
    assert outcome.returncode == 0
    assert f"collector {word} " in outcome.stdout
    assert word in run("--help").stdout


@pytest.mark.parametrize("port", ["70000", "http"])
def test_a_wrong_port_is_a_usage_error(port: str) -> None:
    """A port that is none is named."""
    outcome = run("--port", port)
    assert outcome.returncode == 2
    assert "--port" in outcome.stderr


def test_a_wrong_database_is_one_line(tmp_path: Path) -> None:
    """An address that names no database is refused before anything is made."""
    outcome = run("--data-dir", str(tmp_path / "data"), "--database", "mysql://x")
    assert outcome.returncode == 1
    assert outcome.stderr.startswith("collector: --database must be one of ")
    assert outcome.stderr.count("\n") == 1
    assert not (tmp_path / "data").exists()


def test_flags_come_from_the_environment(tmp_path: Path) -> None:
    """What is not given as a flag is read from SPARTAKUS variables."""
    file = tmp_path / "file"
    file.write_text("")
    outcome = run("--v", "2", SPARTAKUS_DATA_DIR=str(file))
    assert outcome.returncode == 1
    assert f"the data directory {file} cannot be used" in outcome.stderr


def test_the_default_data_directory_is_state(tmp_path: Path) -> None:
    """XDG_STATE_HOME counts when it is absolute; else it is in the home directory."""
    assert default_data_dir({"XDG_STATE_HOME": str(tmp_path)}) == tmp_path / "spartakus-collector"
    relative = default_data_dir({"XDG_STATE_HOME": "state"})
    assert relative == Path.home() / ".local/state/spartakus-collector"
