"""What the built programs say of themselves: their flags, variables and metrics."""

import os
import re
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from tests.documents.documents import ROOT

FLAG: Final = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
VARIABLE: Final = re.compile(r"\bSPARTAKUS_[A-Z_]+\b")
METRIC: Final = re.compile(r"\bspartakus_[a-z_]+\b")

_COLLECTOR: Final = (
    *("serve", "status", "sql", "export", "import", "copy", "forget", "drain", "dead-letters"),
    *("statistics", "views", "manifest", "completion"),
)
_HELPS: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    "collector": (("collector.pex",), *(("collector.pex", word) for word in _COLLECTOR)),
    "volunteer": (
        ("volunteer.pex",),
        *(
            ("volunteer.pex", word)
            for word in ("run", "preview", "compare", "manifest", "completion")
        ),
    ),
    "tools:demo": (("demo.pex",),),
    "tools:fleet": (("tools/fleet.pex",),),
    "tools:bom": (("bom.pex",),),
    "tools:lock": (("tools/lock.pex",),),
    "tools:bench": tuple(
        ("tools/bench.pex", each) for each in ("collector", "statistics", "volunteer")
    ),
}
"""Which commands of a program have a help of their own."""

_HIDDEN: Final = {"collector": ("--v",), "volunteer": ("--v",)}
"""The original's flags, which are taken and not shown."""


@cache
def help_of(program: str) -> str:
    """Return all that a program's `--help` says, of all its commands."""
    return "\n".join(_run(*words, "--help") for words in _HELPS[program])


def flags_of(program: str) -> set[str]:
    """Return a program's flags, the hidden ones too."""
    hidden = _HIDDEN.get(program, ())
    for flag in hidden:
        _run(*_HELPS[program][0], f"{flag}=1", "--version")
    entries = [entry.strip() for entry in help_of(program).splitlines()]
    # What an option is called ends with two blanks; its description may break flags in two.
    names = " ".join(entry.partition("  ")[0] for entry in entries if entry.startswith("-"))
    return {*FLAG.findall(names), *hidden}


def variables_of(program: str) -> set[str]:
    """Return the variables that a program reads."""
    return set(VARIABLE.findall(help_of(program)))


def _run(*words: str) -> str:
    finished = subprocess.run(
        [Path(words[0]).resolve(), *words[1:]],
        cwd=ROOT,
        env={**os.environ, "TYPER_USE_RICH": "0"},  # plain text, without frames
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout
