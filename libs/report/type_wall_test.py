"""The type wall, before the program runs: mypy rejects what would let an observation out.

Each snippet is a file, all checked in one run; a snippet that is right is among them, so that the
wall cannot be a checker that rejects everything.
"""

import subprocess
import sys
from pathlib import Path

import pytest

import report

PREAMBLE = """
from report import Identifying, Node, NodeObservation, Observation, Report, Resource, encode
def send(report: Report) -> None: ...
def misuse(observation: Observation, node: NodeObservation, text: Identifying) -> None:
    {}
"""
RIGHT = 'send(Report(version="v", cluster_id="c", nodes=(Node(id="a", os_image="other"),)))'
WRONG = {
    "an observation sent": ("send(observation)", "arg-type"),
    "an observation encoded": ("encode(observation)", "arg-type"),
    "a node sent": ("send(node)", "arg-type"),
    "nodes seen as nodes of a report": (
        'Report(version="v", cluster_id="c", nodes=(node,))',
        "arg-type",
    ),
    "a text as a field": ("Node(id=text)", "arg-type"),
    "a text as an optional field": ('Node(id="a", os_image=text)', "arg-type"),
    "a text as a resource": ('Resource(text, "1")', "arg-type"),
    "a text as the cluster ID": ('Report(version="v", cluster_id=text)', "arg-type"),
    "a text joined": ('"".join([text])', "list-item"),
    "a text added": ('"name: " + text', "operator"),
    "a text passed off as str": ("name: str = text", "assignment"),
    "an observation extended": ("class Leaky(Observation): ...", "misc"),
    "a text extended": ("class Leaky(Identifying): ...", "misc"),
    "an attribute that is not there": ("node.__dict__['x'] = node.labels", "attr-defined"),
}


@pytest.fixture(scope="module")
def messages(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What mypy says of the snippets: `NUMBER.py:LINE: error: …  [code]`, RIGHT being 0."""
    folder = tmp_path_factory.mktemp("snippets")
    for number, snippet in enumerate([RIGHT, *(snippet for snippet, _ in WRONG.values())]):
        (folder / f"snippet{number}.py").write_text(PREAMBLE.format(snippet), encoding="utf-8")
    finished = subprocess.run(
        [
            *(sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--config-file="),
            *("--explicit-package-bases", "--cache-dir", str(folder / "cache")),
            *sorted(path.name for path in folder.glob("*.py")),
        ],
        cwd=folder,
        env={
            "PYTHONPATH": ":".join(sys.path),
            "MYPYPATH": f"{folder}:{Path(report.__file__).parents[1]}",
        },
        stdout=subprocess.PIPE,
        check=False,  # it complains of the snippets, that is the point
        text=True,
    )
    return finished.stdout.splitlines()


@pytest.mark.parametrize("number", range(1, len(WRONG) + 1), ids=WRONG)
def test_wrong(messages: list[str], number: int) -> None:
    """Passing a part of an observation where something public is due is an error of its kind."""
    _, code = [*WRONG.values()][number - 1]
    found = [line for line in messages if line.startswith(f"snippet{number}.py:")]
    assert len(found) == 1
    assert found[0].endswith(f"[{code}]")


def test_right(messages: list[str]) -> None:
    """A report passed where a report is due is no error, and nothing but the snippets is one."""
    assert len(messages) == len(WRONG)
    assert not any(line.startswith("snippet0.py:") for line in messages)
