"""What the user asked a manifest for, checked. Each flag of `manifest` is declared here."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

from msgspec import Struct

from command_line.errors import InvalidValue
from command_line.flags import flag, switch
from volunteer.delivery.destinations import parse_destination
from volunteer.settings import AUTO, parse_cluster_id, parse_include

_IMAGE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@-]*")


def parse_image(text: str) -> str:
    """Return the name of an image. Raises `InvalidValue`."""
    if _IMAGE.fullmatch(text) is None:
        raise InvalidValue("must be an image's name, such as example.org/volunteer:2")
    return text


def _as_typed(parse: Callable[[str], object]) -> Callable[[str], str]:
    """Return what checks a text as `parse` does, and returns it as it is."""

    def checked(text: str) -> str:
        parse(text)
        return text

    return checked


class ManifestSettings(Struct, frozen=True, kw_only=True):
    """`database` and `cluster_id` are texts such as the program in the cluster takes.

    `keep` is a manifest that was printed before, whose Secret and schedule are kept.
    """

    image: str = flag(
        parse_image,
        metavar="IMAGE",
        required=True,
        has_variable=False,
        help="The volunteer's image, with its tag or digest.",
    )
    database: str = flag(
        _as_typed(parse_destination),
        metavar="stdout|URL",
        required=True,
        has_variable=False,
        help="Where reports go, as seen from the cluster.",
    )
    cluster_id: str = flag(
        _as_typed(parse_cluster_id),
        metavar="UUID|auto",
        default=AUTO,
        has_variable=False,
        help="A random UUID, or `auto`: one of the key's.",
    )
    include: frozenset[str] = flag(
        parse_include,
        metavar="workloads",
        default="",
        has_variable=False,
        help="Report these too, and allow it with a ClusterRole of its own.",
    )
    keep: Path | None = flag(
        Path,
        metavar="FILE",
        has_variable=False,
        help="A manifest printed before: keep its key and its schedule, so that the cluster stays"
        " the same in the census.",
    )
    as_deployment: bool = switch(
        "--deployment/--cron",
        has_variable=False,
        help="Run all the time, asleep but for reports, instead of as a job once a day.",
    )
