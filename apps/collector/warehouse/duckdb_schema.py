"""The tables of a DuckDB file, how reports get into them, and how an older file is upgraded."""

import json
from typing import Final, TypeAlias

FORMAT_VERSION: Final = 2
"""Version 2 added the column `workloads`."""

Shape: TypeAlias = "str | dict[str, Shape] | list[Shape]"

_TEXT: Final = "VARCHAR"
_NUMBER: Final = "BIGINT"
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
_AGES: Final[dict[str, Shape]] = {"meanAge": _NUMBER, "medianAge": _NUMBER}
_WORKLOADS: Final[Shape] = {
    "namespaces": {"count": _NUMBER, **_AGES},
    "kinds": [{"kind": _TEXT, "perNamespace": [_NUMBER], **_AGES}],
}
REPORT: Final[dict[str, Shape]] = {
    "version": _TEXT,
    "timestamp": _TEXT,
    "clusterID": _TEXT,
    "masterVersion": _TEXT,
    "nodes": [_NODE],
    "extensions": [{"name": _TEXT, "value": _TEXT}],
    "workloads": _WORKLOADS,
}
"""A report as columns: names and order of the wire, structs and lists of them where it nests."""

SHAPE: Final = json.dumps(REPORT)
"""The same, as DuckDB's `from_json` takes it."""

REQUIRED: Final = frozenset({"version", "timestamp", "clusterID"})
_SINCE_VERSION_2: Final = frozenset({"workloads"})


def _type_of(shape: Shape) -> str:
    if isinstance(shape, str):
        return shape
    if isinstance(shape, list):
        return f"{_type_of(shape[0])}[]"
    fields = ", ".join(f'"{name}" {_type_of(inner)}' for name, inner in shape.items())
    return f"STRUCT({fields})"


def _columns_of_version_1() -> str:
    return ", ".join(
        f'"{name}" {_type_of(shape)}{" NOT NULL" if name in REQUIRED else ""}'
        for name, shape in REPORT.items()
        if name not in _SINCE_VERSION_2
    )


VERSION_1: Final = f"""
CREATE TABLE reports (
    {_columns_of_version_1()}, "reportKey" VARCHAR NOT NULL, "receivedAt" TIMESTAMP NOT NULL
);
CREATE TABLE watermarks (spool_id VARCHAR PRIMARY KEY, last_id BIGINT NOT NULL);
CREATE TABLE format (version INTEGER NOT NULL);
INSERT INTO format VALUES (1);
"""  # noqa: S608 - the names are ours
"""Makes a file as the first release did."""

UPGRADE: Final = (
    "BEGIN",
    f'ALTER TABLE reports ADD COLUMN "workloads" {_type_of(_WORKLOADS)}',
    "UPDATE format SET version = 2",
    "COMMIT",
)
"""Makes a file of version 1 one of version 2, whole or not at all.

A new file is made by way of version 1 as well, so that an upgraded one cannot differ from it.
"""

VIEW_OF_VERSION_1: Final = f"""
CREATE TEMP VIEW reports AS
SELECT *, NULL::{_type_of(_WORKLOADS)} AS "workloads" FROM {{reports}}
"""  # noqa: S608 - the types are ours, and the name is quoted where it is put in
"""Shows a connection the table of a file of version 1, which is `{reports}`, as if upgraded."""

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
