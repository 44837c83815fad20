"""What a comparison takes."""

import re
from typing import Final

from command_line.errors import InvalidValue
from command_line.flags import flag, switch
from volunteer.delivery.destinations import Collector, parse_destination
from volunteer.settings import Settings, parse_cluster_id

_SCHEMES: Final = ("http://", "https://")
_STATISTICS_PATH: Final = "/api/v1/statistics"
_PERIOD: Final = re.compile(r"/[0-9]{4}-[0-9A-Z]{1,3}")


def parse_census(text: str) -> str:
    """Return the URL of the release that `--with` names: the latest one, or that of a period.

    The text is the address of a collector or of such a release. Raises `InvalidValue`.
    """
    if not text.lower().startswith(_SCHEMES):
        raise InvalidValue("must be https://HOST or http://HOST")
    base, _, period = text.partition(_STATISTICS_PATH)
    period = period.rstrip("/")
    if period and _PERIOD.fullmatch(period) is None:
        raise InvalidValue(f"must be a collector, or its {_STATISTICS_PATH}/2026-11 for one period")
    collector = parse_destination(base)
    assert isinstance(collector, Collector)  # noqa: S101 - the text has the scheme of one
    return f"{collector.url}/statistics{period}"


class CompareSettings(Settings, frozen=True, kw_only=True):
    """The flags of a run, and its own. The cluster ID may be missing: it is not sent."""

    cluster_id: str | None = flag(
        parse_cluster_id, metavar="UUID|auto", help="Not needed: nothing is sent."
    )
    census: str = flag(
        parse_census,
        "--with",
        metavar="URL",
        required=True,
        has_variable=False,
        help="The collector that publishes the census, or the address of one release.",
    )
    as_json: bool = switch("--json", help="Print the comparison as JSON.")
