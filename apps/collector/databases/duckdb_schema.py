"""The tables of a DuckDB file, and how reports get into them."""

import json
from typing import Final, TypeAlias

FORMAT_VERSION: Final = 1

Shape: TypeAlias = "str | list[dict[str, Shape]]"

_TEXT: Final = "VARCHAR"
_CAPACITY: Final[Shape] = [{"resource": _TEXT, "value": _TEXT}]
_NODE: Final[dict[str, Shape]] = {
    "id": _TEXT,
    "operatingSystem": _TEXT,
    "osImage": _TEXT,
    "kernelVersion": _TEXT,
    "architecture": _TEXT,
    "containerRuntimeVersion": _TEXT,
    "kubeletVersion": _TEXT,
    "cloudProvider": _TEXT,
    "capacity": _CAPACITY,
}
REPORT: Final[dict[str, Shape]] = {
    "version": _TEXT,
    "timestamp": _TEXT,
    "clusterID": _TEXT,
    "masterVersion": _TEXT,
    "nodes": [_NODE],
    "extensions": [{"name": _TEXT, "value": _TEXT}],
}
"""A report as columns: names and order of the wire, lists of structs where it nests."""

SHAPE: Final = json.dumps(REPORT)
"""The same, as DuckDB's `from_json` takes it."""

REQUIRED: Final = frozenset({"version", "timestamp", "clusterID"})


def _type_of(shape: Shape) -> str:
    if isinstance(shape, str):
        return shape
    fields = ", ".join(f'"{name}" {_type_of(inner)}' for name, inner in shape[0].items())
    return f"STRUCT({fields})[]"


def _columns() -> str:
    return ", ".join(
        f'"{name}" {_type_of(shape)}{" NOT NULL" if name in REQUIRED else ""}'
        for name, shape in REPORT.items()
    )


SCHEMA: Final = f"""
CREATE TABLE reports ({_columns()}, "reportKey" VARCHAR NOT NULL, "receivedAt" TIMESTAMP NOT NULL);
CREATE TABLE watermarks (spool_id VARCHAR PRIMARY KEY, last_id BIGINT NOT NULL);
CREATE TABLE format (version INTEGER NOT NULL);
"""

INSERT_REPORTS: Final = """
INSERT INTO reports BY NAME
SELECT unnest(report), report_key AS "reportKey",
    make_timestamp(received_at * 1000000) AS "receivedAt"
FROM (SELECT
    unnest(?::VARCHAR[]) AS report_key,
    unnest(?::BIGINT[]) AS received_at,
    from_json(unnest(?::VARCHAR[]), ?) AS report
)
"""
"""Takes three lists of one length (keys, hours of receipt in UNIX seconds, reports) and `SHAPE`."""

_ARE_MISSING: Final = """
WHERE (report_key, make_timestamp(received_at * 1000000)) NOT IN
    (SELECT ("reportKey", "receivedAt") FROM reports)
"""
MERGE_REPORTS: Final = INSERT_REPORTS + _ARE_MISSING
"""The same, for reports that are not there."""
