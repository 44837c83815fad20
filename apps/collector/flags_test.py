"""Every flag of every command with the worst values of its type: one line and 2, never a traceback.

What is accepted meets a data directory that cannot be, so that nothing is started.
"""

import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collector import main
from command_line.flags import flags_of, names_of, variable_of

_WORST: Final = (
    *("-1", "0", "1", "65536", "4294967296", "9" * 30, "9" * 5_000, "1_000", "0x10", "１２"),  # noqa: RUF001 - wide
    *("inf", "-inf", "nan", "1e20", "1e-9", "0.0000000001", ".5", "5.", "+5", "1,5", "--", "-"),
    *("true", "None", "::", "0.0.0.0/0", "10.0.0.0/33", "a" * 300, "unix:", "unix:/", "unix:a/"),
    *("unix:" + "a" * 200, "tcp://1.2.3.4:80", "http://[", "http://user:pw@host", "duckdb://x"),
    *("bigquery://a.b", "bigquery://", "0d", "99999999d", "400", "../..", "~", "?", "#", "%00"),
    *("a\nb", "\x1b[2J", "\x00".replace("\x00", "\x01"), "\udcff", "\u202e", "🦆", "'", '"', "\\"),
)
_HELP: Final = {"--help", "-h", "--version", "--print-databases"}


class Flag(NamedTuple):
    """A flag of a command, and the variable that stands for it, if any."""

    command: str
    name: str
    variable: str | None


def declared() -> list[Flag]:
    """Return every flag of every command that takes a value."""
    return [
        Flag(command, names_of(field, flag)[-1], variable_of(field, flag))
        for command in main.SUMMARIES
        for field, flag in flags_of(main.load(command).flags).items()
        if flag.metavar is not None and not flag.is_argument
    ]


_FLAGS: Final = declared()
_VALUES: Final = st.one_of(
    st.sampled_from(_WORST),
    st.floats().map(str),
    st.integers().map(str),
    st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=40),
)


class Outcome(NamedTuple):
    """How a command ended, and what it said of that."""

    status: int
    errors: str


@pytest.fixture(autouse=True)
def _surroundings() -> Iterator[None]:
    """Keep what a command changes of the process: variables, the log, the mask of new files."""
    root = logging.getLogger()
    variables, handlers, mask = dict(os.environ), root.handlers[:], os.umask(0o077)
    yield
    os.environ.clear()
    os.environ.update(variables)
    root.handlers[:] = handlers
    os.umask(mask)


def run(flag: Flag, words: list[str], folder: Path, capfd: pytest.CaptureFixture[str]) -> Outcome:
    """Run the flag's command with `words`, on a data directory that is a file."""
    file = folder / "file"
    file.touch()
    # The default directory cannot be either.
    os.environ["XDG_STATE_HOME"] = str(file)
    needed = {"copy": ["--to", "stdout"]}
    status = main.main([flag.command, *needed.get(flag.command, []), *words])
    return Outcome(status, capfd.readouterr().err)


def test_flags_are_found() -> None:
    """The tests below have something to try."""
    assert len(_FLAGS) > 30
    assert {each.command for each in _FLAGS} >= {"serve", "export", "forget", "manifest", "status"}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(flag=st.sampled_from(_FLAGS), value=_VALUES, as_variable=st.booleans())
def test_a_value_however_bad_is_one_line(
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    flag: Flag,
    value: str,
    as_variable: bool,  # noqa: FBT001 - hypothesis hands it over
) -> None:
    """A flag, or its variable, of any value: the command says in one line what is wrong."""
    if flag.name == "--data-dir":
        value = f"{tmp_path}/file/{value}"
    if as_variable and flag.variable:
        os.environ[flag.variable] = value
        words = []
    else:
        words = [f"{flag.name}={value}"]
    try:
        outcome = run(flag, words, tmp_path, capfd)
    finally:
        os.environ.pop(flag.variable or "", None)
    assert outcome.status in {0, 1, 2}
    assert outcome.errors.count("\n") == (outcome.status != 0), outcome
    assert outcome.errors.rstrip("\n").isprintable()


@pytest.mark.parametrize("flag", _FLAGS, ids=lambda flag: f"{flag.command} {flag.name}")
def test_a_flag_without_its_value(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], flag: Flag
) -> None:
    """A flag at the end of the line, without a value, is a usage error that names it."""
    status, errors = run(flag, [flag.name], tmp_path, capfd)
    assert status == 2
    assert flag.name in errors
    assert errors.count("\n") == 1


@pytest.mark.parametrize("blank", ["", " "])
@pytest.mark.parametrize("flag", _FLAGS, ids=lambda flag: f"{flag.command} {flag.name}")
def test_a_blank_value_is_none(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], flag: Flag, blank: str
) -> None:
    """A flag, or a variable, that is blank counts as not given."""
    without = run(flag, [], tmp_path, capfd)
    found = run(flag, [f"{flag.name}={blank}"], tmp_path, capfd)
    missing = f"collector: {flag.name}: is missing: "
    assert found == without or (found.status == 2 and found.errors.startswith(missing))
    if flag.variable:
        os.environ[flag.variable] = blank
        assert run(flag, [], tmp_path, capfd) == without


@pytest.mark.parametrize(
    ("flag", "value"),
    [
        *(("--request-deadline", each) for each in ("inf", "nan", "0", "1e3", "3601")),
        *(("--shutdown-delay", each) for each in ("inf", "-1", "1e20")),
        *(("--shutdown-grace", each) for each in ("1e20", "nan", "86401")),
        *(("--port", each) for each in ("70000", "-1", "http", "8080.0", "1_000")),
        *(("--connection-limit", each) for each in ("0", "1e3", "10000000")),
        *(("--host", each) for each in ("xn--é..b", "a" * 64, "a..b")),
        *(("--listen", each) for each in ("0.0.0.0:80", "unix:", f"unix:/{'a' * 107}")),
        *(("--log-level", each) for each in ("loud", "DEBUG1")),
        ("--log-format", "xml"),
        ("--retention", "400"),
        ("--publish", "daily"),
        *(("--publish-epsilon", each) for each in ("0", "-1", "inf", "21")),
        *(
            (flag, each)
            for flag in ("--publish-since", "--publish-missed")
            for each in ("2026", "2026-13", "9999-12", "1999-12-31", "yesterday")
        ),
        ("--trusted-proxies", "everybody"),
        ("--database", "mysql://x"),
    ],
)
def test_a_value_that_cannot_be_is_a_usage_error(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], flag: str, value: str
) -> None:
    """The line names the flag, and the status is 2."""
    status, errors = run(Flag("serve", flag, None), [flag, value], tmp_path, capfd)
    assert status == 2
    assert flag in errors
    assert errors.count("\n") == 1


@pytest.mark.parametrize("warehouse", ["stdout", "https://collector.example.com/api/v1"])
def test_what_is_passed_on_cannot_be_counted(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], warehouse: str
) -> None:
    """Publishing from a warehouse that keeps nothing is a usage error that names both flags."""
    words = ["--publish", "monthly", "--database", warehouse]
    status, errors = run(Flag("serve", "--publish", None), words, tmp_path, capfd)
    assert status == 2
    assert errors.startswith("collector: --publish: ")
    assert f"--database {warehouse} " in errors
    assert errors.count("\n") == 1


@pytest.mark.parametrize(
    ("publish", "too_short", "enough"),
    [("weekly", 13, 14), ("monthly", 39, 40), ("quarterly", 99, 100), ("exact", 39, 40)],
)
def test_what_is_deleted_cannot_be_counted(
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    publish: str,
    too_short: int,
    enough: int,
) -> None:
    """A retention that deletes reports before their period is counted is a usage error."""
    flag = Flag("serve", "--retention", None)
    words = ["--publish", publish, "--retention"]
    status, errors = run(flag, [*words, f"{too_short}d"], tmp_path, capfd)
    assert status == 2
    assert errors.startswith(f"collector: --retention: {too_short}d deletes reports before")
    assert f"{enough}d or more with --publish {publish}" in errors
    assert run(flag, [*words, f"{enough}d"], tmp_path, capfd).status == 1


def test_the_last_of_a_repeated_flag_counts(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A flag given twice has its second value, as in any program; a blank one is none at all."""
    flag = Flag("serve", "--port", None)
    assert run(flag, ["--port", "x", "--port", "1"], tmp_path, capfd).status == 1
    assert run(flag, ["--port", "1", "--port", "x"], tmp_path, capfd).status == 2
    assert run(flag, ["--port", "x", "--port", ""], tmp_path, capfd).status == 1
