"""Reads what the census knows back from the collector's folder of Parquet files."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

Tally = tuple[tuple[str, int], ...]
"""Values and how many nodes have them, most frequent first."""

_LATEST: Final = """
    CREATE TEMP VIEW latest AS
    SELECT * FROM reports
    QUALIFY row_number() OVER (PARTITION BY clusterID ORDER BY receivedAt DESC) = 1
"""
_TOTALS: Final = """
    SELECT (SELECT count(*) FROM reports), count(*), coalesce(sum(len(nodes)), 0) FROM latest
"""
_MASTERS: Final = """
    SELECT coalesce(masterVersion, 'unknown') AS value, count(*) AS clusters
    FROM latest GROUP BY value ORDER BY clusters DESC, value
"""


@dataclass(frozen=True)
class Census:
    """What is known, counting the latest report of each cluster."""

    reports: int
    clusters: int
    nodes: int
    master_versions: Tally
    kubelet_versions: Tally
    providers: Tally
    os_images: Tally
    runtimes: Tally


def read_census(folder: Path) -> Census:
    """Return the census in a folder of reports, as anybody can read it with DuckDB."""
    with duckdb.connect() as connection:
        files = f"{folder}/*/*.parquet"
        connection.read_parquet(files, union_by_name=True).create_view("reports")
        connection.execute(_LATEST)
        [(reports, clusters, nodes)] = connection.execute(_TOTALS).fetchall()
        return Census(
            reports=reports,
            clusters=clusters,
            nodes=nodes,
            master_versions=tuple(connection.execute(_MASTERS).fetchall()),
            kubelet_versions=_tally(connection, "kubeletVersion"),
            providers=_tally(connection, "cloudProvider"),
            os_images=_tally(connection, "osImage"),
            runtimes=_tally(connection, "containerRuntimeVersion"),
        )


def _tally(connection: duckdb.DuckDBPyConnection, field: str) -> Tally:
    rows = connection.execute(
        f"""
        SELECT coalesce(node.{field}, 'unknown') AS value, count(*) AS nodes
        FROM (SELECT unnest(nodes) AS node FROM latest)
        GROUP BY value ORDER BY nodes DESC, value
        """  # noqa: S608 (the field is one of ours)
    ).fetchall()
    return tuple(rows)
