"""Behaviour of the log."""

import json
import logging
import threading
from collections.abc import Iterator

import pytest

from collector.telemetry.logs import configure_logs, get_log
from collector.testing import DEADLINE_SECONDS
from collector.values import LogFormat, LogLevel, LogSettings


@pytest.fixture(autouse=True)
def _keep_handlers() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    threading.excepthook = threading.__excepthook__


def logged(settings: LogSettings, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Return the lines that come of an event of each level, one with a break in it."""
    configure_logs(settings)
    log = get_log()
    log.debug("detail")
    log.info("serving", port=8080)
    log.warning("two\nlines", reason='a "b"')
    logging.getLogger("library").error("failed")
    return capsys.readouterr().err.splitlines()


def test_an_event_is_a_json_object(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a terminal a line is JSON, of our own events and of libraries'."""
    events = [json.loads(line) for line in logged(LogSettings(), capsys)]
    assert [each["event"] for each in events] == ["serving", "two\nlines", "failed"]
    assert (events[0]["level"], events[0]["port"]) == ("info", 8080)


def test_an_event_is_logfmt(capsys: pytest.CaptureFixture[str]) -> None:
    """In logfmt a line is pairs, time and level first, and stays one line."""
    lines = logged(LogSettings(form=LogFormat.LOGFMT), capsys)
    assert len(lines) == 3
    assert lines[0].startswith("timestamp=2")
    assert lines[0].endswith(" level=info event=serving port=8080")
    assert 'event=two\\nlines reason="a \\"b\\""' in lines[1]


def test_a_thread_that_fails_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """The line says where, and not what the error says; there is no traceback."""

    def fails() -> None:
        raise KeyError("c-1 of acme")

    configure_logs(LogSettings())
    thread = threading.Thread(target=fails, name="watch")
    thread.start()
    thread.join(DEADLINE_SECONDS)
    [line] = capsys.readouterr().err.splitlines()
    event = json.loads(line)
    assert event["event"].startswith("a defect of the program: KeyError in logs_test.py, line ")
    assert event["thread"] == "watch"


def test_an_event_is_for_a_console(capsys: pytest.CaptureFixture[str]) -> None:
    """On a console it is text, without colours where there is no terminal."""
    lines = logged(LogSettings(form=LogFormat.CONSOLE), capsys)
    assert "serving" in lines[0]
    assert "port=8080" in lines[0]
    assert "\x1b" not in "".join(lines)


@pytest.mark.parametrize(
    ("level", "count"),
    [(LogLevel.DEBUG, 4), (LogLevel.INFO, 3), (LogLevel.WARNING, 2), (LogLevel.ERROR, 1)],
)
def test_a_level_is_the_least(
    capsys: pytest.CaptureFixture[str], level: LogLevel, count: int
) -> None:
    """Events below the level are not logged."""
    assert len(logged(LogSettings(level=level), capsys)) == count
