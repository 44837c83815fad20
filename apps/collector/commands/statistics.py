"""`collector statistics`: what the census says, in the terminal."""

import shutil
from typing import Final

import typer

from census import Period, Release, encode
from census.periods import name_of, parse
from census.table import to_csv
from collector.commands.streams import standard_output
from collector.commands.warehouses import ReadSettings
from collector.errors import CommandFailed
from collector.publishing.store import RELEASES_FOLDER, read
from command_line.errors import InvalidOption, InvalidValue
from command_line.flags import flag, switch
from command_line.program import Command

_EXACT: Final = "Exact figures, for you alone: do not publish them."
_PUBLISHED_EXACT: Final = "Exact figures, published without noise: they are not private."


def parse_period(text: str) -> Period:
    """Return the period of that name. Raises `InvalidValue`."""
    try:
        return parse(text)
    except ValueError as error:
        raise InvalidValue(
            f"must be a month, a week or a quarter, such as 2026-11, 2026-W47 or 2026-Q4: {error}"
        ) from error


class Statistics(ReadSettings, frozen=True, kw_only=True):
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

    Exit status 1: there is no such release, or it cannot be read.
    """
    if settings.as_json and settings.as_csv:
        raise InvalidOption("--csv", "and --json exclude each other")
    release = _stored(settings)
    with standard_output() as output:
        if settings.as_json:
            output.write(encode(release))
        elif settings.as_csv:
            output.write(to_csv([(release.name, release)]))
        else:
            # Only now: rich takes as long to start as all the rest.
            from collector.publishing.terminal import render

            text = render(
                release,
                _PUBLISHED_EXACT if release.guarantee is None else "",
                width=shutil.get_terminal_size().columns,
                is_terminal=output.isatty(),
            )
            output.write(text.encode("utf-8"))


def _stored(settings: Statistics) -> Release:
    folder = settings.existing_data_dir / RELEASES_FOLDER
    releases = read(folder, on_broken=lambda error: typer.echo(f"left out: {error}", err=True))
    wanted = settings.period
    if wanted is None and releases:
        return releases[-1]
    found = next((each for each in releases if each.period == wanted), None)
    if found is not None:
        return found
    names = ", ".join(each.name for each in releases)
    if wanted is not None and releases:
        raise CommandFailed(f"there is no release {name_of(wanted)} in {folder}; there are {names}")
    raise CommandFailed(
        f"there is no release in {folder} yet: `serve --publish` makes one some days after a period"
        " is over, and `status` says when the next is due; --exact shows today's figures"
    )


COMMAND: Final = Command(Statistics, statistics)
