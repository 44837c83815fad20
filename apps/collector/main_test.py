"""Behaviour of the command line."""

import array
import fcntl
import os
import signal
import subprocess
import sys
import termios
from pathlib import Path
from typing import IO

import pytest

from collector import main
from collector.settings import default_data_dir
from collector.testing import run_collector, wait_until
from release import VERSION


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


def test_warehouses_are_listed() -> None:
    """`--print-databases` names each form."""
    outcome = run("--print-databases")
    assert outcome.returncode == 0
    assert "parquet:///DIR" in outcome.stdout
    assert "stdout" in outcome.stdout


def test_a_wrong_flag_is_a_usage_error() -> None:
    """A flag that does not exist is named in one line, and the status is 2."""
    outcome = run("--colour", "blue")
    assert outcome.returncode == 2
    assert outcome.stderr == "collector: No such option: --colour (see collector serve --help)\n"


@pytest.mark.parametrize("words", [["vieuws"], ["collector", "vieuws"], [""], ["collector", "run"]])
def test_a_wrong_word_is_answered_with_those_there_are(words: list[str]) -> None:
    """A word that is not a command is named in one line with all commands, and the status is 2."""
    outcome = run(*words)
    assert outcome.returncode == 2
    assert outcome.stderr == (
        f"collector: There is no command {words[-1]!r}; there are {', '.join(main.SUMMARIES)}"
        " (see collector --help)\n"
    )


@pytest.mark.parametrize("word", main.SUMMARIES)
def test_each_command_explains_itself(word: str) -> None:
    """A command's word, also after the original's, and `--help` or `-h` say how it is used."""
    outcome = run("collector", word, "--help")
    assert outcome.returncode == 0
    assert f"collector {word} " in outcome.stdout
    assert outcome.stdout == run(word, "-h").stdout
    assert "<int" not in outcome.stdout
    assert "<float" not in outcome.stdout
    assert "<str>" not in outcome.stdout


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_lists_commands_and_the_flags_of_the_main_one(flag: str) -> None:
    """Without a command, help has the flags of serving, and every command with its summary."""
    outcome = run(flag)
    assert outcome.returncode == 0
    flags, _, rest = outcome.stdout.partition("\nCommands:\n")
    commands = rest.partition("\n\n")[0]
    assert "--data-dir DIRECTORY" in flags
    assert [line.split()[0] for line in commands.splitlines()] == list(main.SUMMARIES)
    for summary in main.SUMMARIES.values():
        assert summary in commands


def test_a_command_comes_before_its_flags(tmp_path: Path) -> None:
    """A command after flags is refused, and not taken for serving."""
    outcome = run("--data-dir", str(tmp_path / "data"), "export")
    assert outcome.returncode == 2
    assert "unexpected extra argument" in outcome.stderr
    assert not (tmp_path / "data").exists()


def test_serving_is_a_command_too(tmp_path: Path) -> None:
    """`serve` is what is done without a word."""
    file = tmp_path / "file"
    file.write_text("")
    outcomes = [
        run(*words, "--data-dir", str(file))
        for words in ([], ["serve"], ["collector"], ["collector", "serve"])
    ]
    assert {outcome.returncode for outcome in outcomes} == {1}
    assert len({outcome.stderr for outcome in outcomes}) == 1
    assert f"the data directory {file} cannot be used" in outcomes[0].stderr


def test_a_wrong_warehouse_is_one_line(tmp_path: Path) -> None:
    """An address that names no warehouse is refused before anything is made."""
    outcome = run("--data-dir", str(tmp_path / "data"), "--database", "mysql://x")
    assert outcome.returncode == 2
    assert outcome.stderr.startswith("collector: --database: must be one of ")
    assert outcome.stderr.count("\n") == 1
    assert not (tmp_path / "data").exists()


def run_into(output: IO[bytes] | None, *command: str) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        command,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=output,
        stderr=subprocess.PIPE,
        timeout=30,
        check=False,
    )


def test_output_that_nobody_reads_is_no_error() -> None:
    """When the reader of a pipe is gone, the program exits as others do, and prints nothing."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as output:
        outcome = run_into(output, sys.executable, "-m", main.__name__, "--help")
    assert (outcome.returncode, outcome.stderr) == (1, b"")


def test_output_that_is_closed_is_no_error() -> None:
    """Where there is no standard output nothing is printed, and nothing goes wrong."""
    program = f'exec "{sys.executable}" -m {main.__name__} --version >&-'
    outcome = run_into(None, "/bin/sh", "-c", program)
    assert (outcome.returncode, outcome.stderr) == (0, b"")


def test_output_that_cannot_be_written_is_one_line() -> None:
    """A full disk under the output is said."""
    with Path("/dev/full").open("wb") as output:
        outcome = run_into(output, sys.executable, "-m", main.__name__, "--help")
    assert outcome.returncode == 1
    assert outcome.stderr == b"collector: standard output: No space left on device\n"


@pytest.mark.parametrize(
    "words", ["forget --cluster-id -", "sql", "import", "export", "sql 'SELECT 1'", "drain"]
)
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_closed_stream_is_no_defect(tmp_path: Path, words: str, closed: str) -> None:
    """A command that is started without a stream that it needs says so where it can, and fails."""
    data_dir = tmp_path / "data"
    (data_dir / "reports").mkdir(mode=0o700, parents=True)
    data_dir.chmod(0o700)
    command = f'exec "{sys.executable}" -m {main.__name__} {words} --data-dir {data_dir} {closed}'
    outcome = subprocess.run(
        ["/bin/sh", "-c", command],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        input=None if "<" in closed else b"",
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert outcome.returncode in {0, 1}
    assert b"Traceback" not in outcome.stderr


def test_a_query_that_is_not_text_is_one_line(tmp_path: Path) -> None:
    """Bytes that are not UTF-8 are not a query."""
    outcome = run_collector("sql", "--data-dir", str(tmp_path), stdin=b"SELECT '\xff'")
    assert (outcome.returncode, outcome.stdout) == (1, b"")
    assert outcome.stderr == b"collector: the query on standard input is not UTF-8 text\n"


def test_ctrl_c_needs_no_words(tmp_path: Path) -> None:
    """A command that is interrupted exits with 130, as in a shell, and says nothing."""
    with subprocess.Popen(
        [sys.executable, "-m", main.__name__, "sql", "--data-dir", str(tmp_path)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        os.write(process.stdin.fileno(), b"SELECT")
        wait_until(lambda: unread_bytes(process.stdin) == 0)
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=30) == (b"", b"")
    assert process.returncode == 130


def unread_bytes(pipe: IO[bytes] | None) -> int:
    """Return how many bytes in a pipe nobody has read yet (ioctl_pipe(2))."""
    answer = array.array("i", [0])
    fcntl.ioctl(pipe or -1, termios.FIONREAD, answer)
    return answer[0]


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


def test_only_links_to_services_are_dropped() -> None:
    """What Kubernetes sets for a Service of our name goes; a port that somebody set stays."""
    environment = {
        "SPARTAKUS_PORT": "tcp://10.0.0.1:80",
        "SPARTAKUS_ADMIN_PORT": "9090",
        "SPARTAKUS_DATABASE": "http://collector",
        "OTHER_PORT": "tcp://10.0.0.2:80",
    }
    assert main.take_environment(environment) == {
        "SPARTAKUS_ADMIN_PORT": "9090",
        "SPARTAKUS_DATABASE": "http://collector",
        "OTHER_PORT": "tcp://10.0.0.2:80",
    }
