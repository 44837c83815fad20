"""Which commands of the documents are not run as they stand, and why.

All others are: see `run_test.py`. An entry that no document needs any more fails a test.
"""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tests.documents.shell import Command

OUR_PROGRAMS: Final = frozenset({"collector.pex", "volunteer.pex"})
"""Run as they stand, from PATH or from `dist`."""

RUN_TOO: Final = frozenset({"curl", "tee"})
"""Run as they stand, from PATH."""


@dataclass(frozen=True)
class RunBy:
    """The command is run by a file of the repository, in which `line` stands."""

    file: str
    line: str


@dataclass(frozen=True)
class NotRun:
    """Nothing runs the command; its flags and targets are checked."""

    why: str


_CI: Final = ".ci/run"
_PART_OF_ALL: Final = NotRun("a part of `./pants test ::`, which is run")
_LOCKS: Final = NotRun("asks a package index, and changes third_party")
_CONTAINERS: Final = RunBy(_CI, """--tag='["container"]' test --force ::""")
_DEMO: Final = RunBy(_CI, "./pants run tools:demo -- --once")

_FLEET: Final = RunBy(_CI, "./pants run tools:fleet -- --clusters 2000 --months 6 --data-dir")

ELSEWHERE: Final[Mapping[str, RunBy | NotRun]] = {
    "./pants run tools:demo": _DEMO,
    "./pants run tools:demo -- --once": _DEMO,
    "./pants run tools:fleet -- --clusters 2000 --months 6 --data-dir ./fleet": _FLEET,
    "./pants test ::": RunBy(_CI, "./pants test ::"),
    "./pants test libs/report::": _PART_OF_ALL,
    "./pants test libs/report/codec_test.py -- -k timestamp": _PART_OF_ALL,
    "./pants test --force tests/browser::": _PART_OF_ALL,
    """./pants --tag='["slow"]' test --force tests/browser::""": RunBy(
        _CI, """SPARTAKUS_CHECKOUT="$PWD" ./pants --tag='["slow"]' test --force ::"""
    ),
    "./pants package ::": RunBy(_CI, "./pants package ::"),
    "./pants lint check ::": RunBy(_CI, "./pants --tag='[]' lint check ::"),
    "./pants fmt ::": NotRun("changes sources; `./pants lint ::` says whether there are any to"),
    "./pants run tools:bom": RunBy(_CI, "./pants run tools:bom"),
    "./pants run tools:vocabulary -- tests/vocabulary/held_out.tsv": RunBy(
        _CI, "./pants run tools:vocabulary -- tests/vocabulary/held_out.tsv"
    ),
    """./pants --tag='["container"]' package ::""": _CONTAINERS,
    """./pants --tag='["container"]' test --force ::""": _CONTAINERS,
    "./pants run tools:lock": _LOCKS,
    "./pants run tools:lock -- --upgrade": _LOCKS,
    "./pants run tools:lock -- volunteer": _LOCKS,
    "./pants run tools:bench -- collector": NotRun("takes minutes, and the machine for itself"),
    "./pants run tools:bench -- statistics": NotRun("takes minutes, and the machine for itself"),
    ".ci/run": NotRun("runs these tests"),
}
"""Whole commands."""

STAND_INS: Final[Mapping[str, str]] = {
    "docker run": "there may be no engine; tests/containers runs the images",
    "kubectl apply": "there is no cluster; the manifest is held against Kubernetes' schemas",
    "kubectl exec": "there is no cluster; what it starts in the pod is run here",
    "bq mk": "there is no BigQuery",
    "bq query": "there is no BigQuery; the statement that it gets is checked",
    "gcloud projects": "there is no Google Cloud; the member that it gets is checked",
}
"""First words of commands that are typed into a shell here, but to a program that only notes its
arguments. Why, and what is checked instead.
"""


def elsewhere(command: Command) -> RunBy | NotRun | None:
    """Return why a command is not run here at all, if it is not."""
    for line, reason in ELSEWHERE.items():
        if command.words == tuple(shlex.split(line)):
            return reason
    return None


def stand_ins(command: Command) -> set[str]:
    """Return the entries of `STAND_INS` that a command, or what it pipes into, falls under."""
    return {" ".join(words[:2]) for words in command.pipeline} & set(STAND_INS)


def is_typed(command: Command) -> bool:
    """Whether a command is typed into a shell here: all of its programs are run, or stood in for.

    So is one that only sets variables.
    """
    return all(
        words[0].rpartition("/")[2] in OUR_PROGRAMS | RUN_TOO or " ".join(words[:2]) in STAND_INS
        for words in command.pipeline
    )
