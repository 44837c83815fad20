"""The command line of `volunteer manifest`: what it takes, checked, and what it prints."""

import re
from collections.abc import Callable, Sequence
from random import Random
from typing import Annotated, Final, TypeAlias

import typer

from report.anonymisation import WORKLOADS
from volunteer.delivery.destinations import parse_destination
from volunteer.delivery.standard_output import write
from volunteer.errors import InvalidOption
from volunteer.manifest import documents
from volunteer.service import exit_status
from volunteer.settings import AUTO, parse_cluster_id, parse_include

_KEY_BYTES: Final = 32
_IMAGE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@-]*")

_Image: TypeAlias = Annotated[
    str, typer.Option(metavar="IMAGE", help="The volunteer's image, with its tag or digest.")
]
_Database: TypeAlias = Annotated[
    str, typer.Option(metavar="stdout|URL", help="Where reports go, as seen from the cluster.")
]
_ClusterId: TypeAlias = Annotated[
    str, typer.Option(metavar="UUID|auto", help="A random UUID, or `auto`: one of the key's.")
]
_Cron: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--cron/--deployment",
        help="Start once a day, which is recommended, or run all the time, asleep but for reports.",
    ),
]
_Include: TypeAlias = Annotated[
    str,
    typer.Option(
        metavar="workloads", help="Report these too, and allow it with a ClusterRole of its own."
    ),
]


def run(
    words: Sequence[str],
    *,
    program: str,
    random: Random,
    random_bytes: Callable[[int], bytes],
    output: int,
) -> int:
    """Print the manifest that `words` ask for to a file descriptor. Returns the exit status.

    Raises `InvalidOption`, and Typer's errors.
    """
    app = typer.Typer(add_completion=False, rich_markup_mode=None)

    @app.command(help="Print the YAML that installs the volunteer in a cluster, with a fresh key.")
    def command(
        *,
        image: _Image,
        database: _Database,
        cluster_id: _ClusterId = AUTO,
        include: _Include = "",
        cron: _Cron = True,
    ) -> int:
        check(image=image, database=database, cluster_id=cluster_id)
        text = documents.render(
            documents.Installation(
                kind=documents.Kind.CRON_JOB if cron else documents.Kind.DEPLOYMENT,
                image=image,
                database=database,
                cluster_id=cluster_id,
                key=random_bytes(_KEY_BYTES),
                daily_time=documents.DailyTime(
                    hour=random.randrange(24), minute=random.randrange(60)
                ),
                with_workloads=WORKLOADS in parse_include(include),
            )
        )
        return exit_status(write(output, text.encode("utf-8")))

    status: int = app(list(words), prog_name=program, standalone_mode=False)
    return status


def check(*, image: str, database: str, cluster_id: str) -> None:
    """Raise `InvalidOption` for the first value that would not work in the cluster."""
    if _IMAGE.fullmatch(image) is None:
        raise InvalidOption("--image", "must be an image's name, such as example.org/volunteer:2")
    parse_destination(database)
    parse_cluster_id(cluster_id)
