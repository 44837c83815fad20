"""`collector statistics`: what the census says, in the terminal."""

import shutil
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from datetime import UTC, date, datetime, timedelta
from typing import Final

import typer

from census import Period, Release, encode, exact_release_of
from census.periods import name_of, parse
from census.table import to_csv
from collector.commands.shared import existing_folder, standard_output
from collector.errors import CommandFailed, FileUnusable
from collector.publishing.due import Due
from collector.publishing.store import RELEASES_FOLDER, read
from collector.settings import Settings, WarehouseSettings
from collector.warehouse.parquet import ParquetFolder
from command_line.errors import InvalidOption, InvalidValue, UsageError
from command_line.flags import flag, parse_flags, switch
from command_line.program import Command

_DAYS_BACK: Final = timedelta(days=30)
_EXACT: Final = "Exact figures, for you alone: do not publish them."
_PUBLISHED_EXACT: Final = "Exact figures, published without noise: they are not private."


def parse_period(text: str) -> Period:
    """Return the period of that name. Raises `InvalidValue`."""
    try:
        return parse(text)
    except ValueError as error:
        raise InvalidValue(
            f"must be a month, week or quarter, such as 2026-11, 2026-W47 or 2026-Q4, not {text!r}"
        ) from error


class Statistics(WarehouseSettings, frozen=True, kw_only=True):
    """Which figures, and how they are written."""

    period: Period | None = flag(
        parse_period,
        "--month",
        metavar="PERIOD",
        has_variable=False,
        help="The release of that month, such as 2026-11; 2026-W47 is a week, 2026-Q4 a quarter."
        " By default the latest.",
    )
    exact: bool = switch(
        has_variable=False,
        help="Exact figures from the reports themselves, for you alone: of PERIOD, over or not;"
        " by default of the last 31 days.",
    )
    as_json: bool = switch("--json", has_variable=False, help="The release, as it is published.")
    as_csv: bool = switch("--csv", has_variable=False, help="One row an answer.")


def statistics(settings: Statistics) -> None:
    """Show what the census says, whether the collector runs or not.

    Exit status 1: there is no such release, or what it takes cannot be read.
    """
    if settings.as_json and settings.as_csv:
        raise InvalidOption("--csv", "excludes --json")
    releases = () if settings.exact else _stored(settings)
    release = _exact(settings) if settings.exact else _chosen(settings, releases)
    with standard_output() as output:
        output.write(_written(release, settings, releases, is_terminal=output.isatty()))


def _written(
    release: Release, settings: Statistics, releases: Sequence[Release], *, is_terminal: bool
) -> bytes:
    if settings.exact and (settings.as_json or settings.as_csv):
        typer.echo(_EXACT, err=True)
    if settings.as_json:
        return encode(release)
    if settings.as_csv:
        name = _days(release) if settings.exact and not settings.period else release.name
        return to_csv([(name, release)])
    # Only now: rich takes as long to start as all the rest.
    from collector.publishing.terminal import render

    is_exact = release.guarantee is None
    warning = _EXACT if settings.exact else _PUBLISHED_EXACT if is_exact else ""
    width = shutil.get_terminal_size().columns
    due = None if settings.exact else _next_due(settings, releases)
    text = render(release, warning, next_due=due, width=width, is_terminal=is_terminal)
    return text.encode("utf-8")


def _exact(settings: Statistics) -> Release:
    today = datetime.fromtimestamp(time.time(), UTC).date()
    period = settings.period or Period(today - _DAYS_BACK, today)
    directory, address = settings.existing_data_dir, settings.warehouse
    if isinstance(address, ParquetFolder):
        existing_folder(settings)
    with closing(address.open_census(directory, settings.environment)) as census:
        counts = census.count(period)
        if census.bytes_billed:
            typer.echo(f"{census.bytes_billed} bytes were billed", err=True)
    return exact_release_of(counts, period)


def _days(release: Release) -> str:
    """Return a period that has no name, as ISO 8601 writes one."""
    return f"{release.first_day}/{release.last_day}"


def _stored(settings: Statistics) -> Sequence[Release]:
    broken: list[FileUnusable] = []
    releases = read(settings.existing_data_dir / RELEASES_FOLDER, on_broken=broken.append)
    if broken and not releases:
        raise broken[0]
    for error in broken:
        typer.echo(f"left out: {error}", err=True)
    return releases


def _chosen(settings: Statistics, releases: Sequence[Release]) -> Release:
    folder, wanted = settings.data_dir / RELEASES_FOLDER, settings.period
    if not releases:
        when = _first_due(settings)
        raise CommandFailed(
            f"there is no release in {folder} yet; {when}; --exact shows today's figures"
        )
    if wanted is None:
        return releases[-1]
    found = next((each for each in releases if each.period == wanted), None)
    if found is None:
        names = ", ".join(each.name for each in releases)
        raise CommandFailed(f"there is no release {name_of(wanted)} in {folder}; there are {names}")
    return found


def _first_due(settings: Statistics) -> str:
    due = _next_due(settings, ())
    if due is None:
        return "while a collector runs with --publish, this says when the first is due"
    return f"the first is due on {due.isoformat()}"


def _next_due(settings: Statistics, releases: Sequence[Release]) -> date | None:
    """Return what the running collector says, or else what its variables say; None for neither."""
    return _due_by_collector(settings) or _due_by_variables(settings, releases)


def _due_by_collector(settings: Statistics) -> date | None:
    # Only now: most of what this command does needs neither.
    from collector.telemetry.admin_client import AdminClient
    from collector.telemetry.admin_server import SOCKET_NAME

    with suppress(CommandFailed):
        samples = AdminClient(settings.data_dir / SOCKET_NAME).samples()
        if seconds := samples.count("spartakus_release_due_timestamp_seconds"):
            return datetime.fromtimestamp(seconds, UTC).date()
    return None


def _due_by_variables(settings: Statistics, releases: Sequence[Release]) -> date | None:
    # A variable or a file that is wrong is the collector's to complain of, and hides no figures.
    with suppress(UsageError, FileUnusable):
        plan = parse_flags(Settings, {}, settings.environment).publish_plan
        today = datetime.fromtimestamp(time.time(), UTC).date()
        if plan is not None:
            return Due(settings.data_dir / RELEASES_FOLDER, plan).next_day(releases, today)
    return None


COMMAND: Final = Command(Statistics, statistics)
