"""A drain that dies after its last message, as a process of its own."""

from pathlib import Path

import pytest

from collector.testing import RunningCollector, clusters_in, post_all

# Python imports a module of this name when it starts: https://docs.python.org/3/library/site.html
_DIES_AT_EXIT = """
import atexit, os, signal, sys
if "collector.drain.process" in sys.orig_argv:
    atexit.register(os.kill, os.getpid(), signal.SIGKILL)
"""


def test_the_exit_status_says_that_the_drain_died_after_its_last_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The status is 1 after SIGTERM, with one line, though every report is in the folder."""
    (tmp_path / "sitecustomize.py").write_text(_DIES_AT_EXIT)
    monkeypatch.syspath_prepend(tmp_path)
    data_dir = tmp_path / "data"
    with RunningCollector(data_dir) as collector:
        post_all(collector, "one", "two")
        assert collector.stop() == 1
    (died,) = [line for line in collector.log if line.get("level") == "error"]
    assert died["event"] == "the drain said that all is written, and then died"
    assert died["status"] == -9
    (text,) = [line["text"] for line in collector.log if "text" in line]
    assert text == (
        "collector: the drain died after it had said that all is written; see the log\n"
    )
    assert clusters_in(data_dir) == ["one", "two"]
