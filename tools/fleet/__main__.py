"""Makes a believable fleet: `./pants run tools:fleet -- --data-dir DIR`, or `--collector URL`."""

import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from collector.errors import CollectorError
from tools.fleet.keeping import NotKept, post, write
from tools.fleet.reports import fleet, past_reports, report_of
from tools.simulator.draws import Draws

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    *,
    clusters: Annotated[int, typer.Option(min=1, help="How many take part today.")] = 2000,
    months: Annotated[int, typer.Option(min=0, help="How many months before this one.")] = 6,
    seed: Annotated[int, typer.Option(help="Which fleet: the same gives the same.")] = 1,
    data_dir: Annotated[
        Path | None,
        typer.Option(
            help="Write what was reported until yesterday into this data directory, which no"
            " collector uses meanwhile."
        ),
    ] = None,
    collector: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Post today's reports to this collector."),
    ] = None,
) -> None:
    """Make a fleet of clusters, and let them report. Give a second run the same three numbers."""
    if data_dir is None and collector is None:
        raise typer.BadParameter("give --data-dir, --collector or both")
    today = datetime.now(UTC).date()
    began = time.monotonic()
    made = fleet(clusters, months=months, seed=seed, today=today)
    try:
        if data_dir is not None:
            spool_id = Draws("fleet", seed, clusters, months).hexadecimal(32)
            count = write(data_dir, spool_id, past_reports(made, months=months, today=today))
            _say(f"{count} reports written to {data_dir}", began)
        if collector is not None:
            now = int(time.time())
            there = (each for each in made if each.is_there(today))
            count = post(collector, (report_of(each, today, timestamp=now) for each in there))
            _say(f"{count} reports posted to {collector}", began)
    except (CollectorError, NotKept) as error:
        sys.exit(f"fleet: {error}")


def _say(what: str, began: float) -> None:
    print(f"{what}, {time.monotonic() - began:.1f} s after the start", flush=True)


if __name__ == "__main__":
    app()
