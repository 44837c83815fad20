"""What is said of a file of texts."""

import subprocess
import sys
from pathlib import Path

import pytest

from tools.vocabulary.survey import NotATextOfANode, shares, survey

_LINES = [
    "# kubectl get nodes -o wide\n",
    "\n",
    "kernelVersion\t5.15.0-91-generic\n",
    "kernelVersion\t6.8.12-acme\tseen twice\n",
    "kernelVersion\tacme\r\n",
    "osImage\tacme\n",
    "osImage\tother\n",
    "providerID\taws:///a/b\n",
    "providerID\tacme://b\n",
    "resource\tcpu\n",
    "resource\tacme.example/cpu\n",
]


def test_survey() -> None:
    """Each text is said to come out whole, cut, or not at all, with what does come out."""
    assert [(answer.outcome, answer.sent) for answer in survey(_LINES)] == [
        ("whole", "5.15.0-91-generic"),
        ("cut", "6.8.12"),
        ("withheld", None),
        ("withheld", "other"),
        ("whole", "other"),
        ("whole", "aws"),
        ("withheld", "unknown"),
        ("whole", "cpu"),
        ("withheld", None),
    ]


def test_shares() -> None:
    """The share of each field that is there is said, in the order of the fields."""
    assert [*shares(survey(_LINES))] == [
        "osImage: 2 texts, 50.0% whole, 0.0% cut, 50.0% withheld",
        "kernelVersion: 3 texts, 33.3% whole, 33.3% cut, 33.3% withheld",
        "providerID: 2 texts, 50.0% whole, 0.0% cut, 50.0% withheld",
        "resource: 2 texts, 50.0% whole, 0.0% cut, 50.0% withheld",
    ]


@pytest.mark.parametrize("line", ["5.15.0-91-generic", "kernel\t5.15.0", "\t5.15.0"])
def test_another_kind_of_file(line: str) -> None:
    """A line that is not a field and a text is an error that names the line and the fields."""
    with pytest.raises(NotATextOfANode, match=r"line 2: expected FIELD, a TAB .* kernelVersion"):
        [*survey(["osImage\tAlpine Linux edge", line])]


def run(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run the program."""
    return subprocess.run(
        [sys.executable, "-m", "tools.vocabulary", *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )


def test_program(tmp_path: Path) -> None:
    """The program prints what does not come out whole, then the shares; `--all` prints all."""
    file = tmp_path / "texts.tsv"
    file.write_text("".join(_LINES), encoding="utf-8")
    short, long = run(str(file)), run("--all", str(file))
    assert short.stdout.startswith("cut\tkernelVersion\t6.8.12-acme\t6.8.12\nwithheld\t")
    assert "whole\tresource\tcpu\tcpu\n" in long.stdout
    assert len(long.stdout.splitlines()) == len(short.stdout.splitlines()) + 4
    assert short.returncode == long.returncode == 0
    assert short.stdout == run("-", stdin="".join(_LINES)).stdout


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "no texts\n"),
        ("# none\n", "no texts\n"),
        ("\ufeffresource\tcpu\r\n", "resource: 1 texts"),
    ],
)
def test_program_unusual_file(tmp_path: Path, content: str, said: str) -> None:
    """A file without texts is said to be one; a byte order mark and Windows' lines do no harm."""
    file = tmp_path / "texts.tsv"
    file.write_bytes(content.encode())
    outcome = run(str(file))
    assert outcome.stdout.startswith(said)
    assert outcome.returncode == 0


def test_program_reader_gone(tmp_path: Path) -> None:
    """Where nobody reads to the end, the program exits without a word."""
    file = tmp_path / "texts.tsv"
    file.write_text("resource\tacme\n" * 50_000, encoding="utf-8")
    command = [sys.executable, "-m", "tools.vocabulary", str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
        assert program.stdout is not None
        assert program.stderr is not None
        assert program.stdout.readline() == b"withheld\tresource\tacme\t\n"
        program.stdout.close()
        assert program.stderr.read() == b""
        assert program.wait() == 0


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "No such file or directory"), (b"\xff", "is not UTF-8"), (b"acme", "line 1: expected")],
)
def test_program_error(tmp_path: Path, content: bytes | None, said: str) -> None:
    """What is wrong with the file is said in one line, and the exit status is 2."""
    file = tmp_path / "texts.tsv"
    if content is not None:
        file.write_bytes(content)
    outcome = run(str(file))
    assert outcome.returncode == 2
    assert outcome.stdout == ""
    (line,) = outcome.stderr.splitlines()
    assert line.startswith(f"{file}: {said}")
