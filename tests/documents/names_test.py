"""The names in the documents are those of the built programs. Slow: it asks them."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.documents.documents import NAMES, document, text_of
from tests.documents.programs import FLAG, METRIC, VARIABLE, flags_of, help_of, variables_of
from tests.documents.shell import commands
from tests.documents.surroundings import running_session

_COLLECTOR: Final = "collector"
_VOLUNTEER: Final = "volunteer"
_MEANT: Final[Mapping[str, tuple[str, ...]]] = {
    "README.md": (_COLLECTOR, _VOLUNTEER, "tools:demo"),
    "CONTRIBUTING.md": (),
    "docs/credentials.md": (_VOLUNTEER,),
    "docs/glossary.md": (_VOLUNTEER,),
    "docs/migrating.md": (_COLLECTOR, _VOLUNTEER),
    "docs/operating.md": (_COLLECTOR,),
    "docs/performance.md": (_COLLECTOR, _VOLUNTEER, "tools:bench"),
    "docs/privacy.md": (_VOLUNTEER,),
    "docs/protocol.md": (),
    "docs/publishing.md": (_COLLECTOR, "tools:fleet"),
    "docs/queries.md": (_COLLECTOR,),
    "docs/statistics.md": (_COLLECTOR, _VOLUNTEER),
    "docs/volunteer.md": (_VOLUNTEER,),
}
"""Whose flags a document speaks of."""

_FOREIGN: Final[Mapping[tuple[str, str], str]] = {
    ("CONTRIBUTING.md", "--docker-build-args"): "Pants: pants_test.py checks",
    ("docs/operating.md", "--health-cmd"): "Docker",
    ("docs/performance.md", "--rate"): "py-spy",
    ("docs/performance.md", "--format"): "py-spy",
    ("docs/performance.md", "--native"): "py-spy",
}
"""Flags of other programs, and which. Commands are checked elsewhere."""


def flags_in(name: str) -> set[str]:
    """Return the flags that a document names outside of commands that are run.

    `./pants` commands are left to `pants_test.py`.
    """
    found = document(name)
    blocks = [block.text for block in found.blocks if not commands(block)]
    spans = [span for span in found.code_spans if not span.startswith("./pants ")]
    return {flag for text in (*blocks, *spans) for flag in FLAG.findall(text)}


@pytest.mark.parametrize("name", NAMES)
def test_flags(name: str) -> None:
    """Every flag that a document names is one of the programs that it speaks of."""
    named = flags_in(name)
    foreign = {flag for document_name, flag in _FOREIGN if document_name == name}
    assert foreign <= named
    assert named - foreign <= {flag for program in _MEANT[name] for flag in flags_of(program)}


def test_flags_are_found() -> None:
    """Flags are found in text, tables and blocks: the test above has something to check."""
    assert {"--period", "--extensions"} <= flags_in("README.md")
    assert "--spool-limit" in flags_in("docs/operating.md")
    assert {"--cluster-id", "--v"} <= flags_in("docs/migrating.md")


def test_variables() -> None:
    """Every SPARTAKUS_ variable that a document names is read by one of the programs."""
    named = {variable for name in NAMES for variable in VARIABLE.findall(text_of(name))}
    assert named
    assert named <= variables_of(_COLLECTOR) | variables_of(_VOLUNTEER)


def test_exit_statuses() -> None:
    """The volunteer's exit statuses in its document are those of its help, all of them."""
    helped = help_of(_VOLUNTEER).partition("Exit statuses:\n")[2].partition("\n\n")[0]
    said = dict(re.findall(r"^ +(\d+)  (.+)$", helped, re.MULTILINE))
    rows = re.findall(r"^\| (\d+) \| (.+) \|$", text_of("docs/volunteer.md"), re.MULTILINE)
    assert len(said) > 8
    assert dict(rows) == said


def test_metrics(tmp_path: Path) -> None:
    """Every metric that a document names is served by a collector that has just started."""
    named = {metric for name in NAMES for metric in METRIC.findall(text_of(name))}
    assert len(named) > 5
    with running_session(tmp_path, unpacked=tmp_path / "pex") as session:
        session.start("dist/collector.pex --data-dir data")
        status, body = session.request("GET", "/metrics", port=session.admin_port)
    assert status == 200
    families = list(text_string_to_metric_families(body))
    samples = {sample.name for family in families for sample in family.samples}
    # A histogram is named as a whole.
    assert named <= samples | {family.name for family in families}
