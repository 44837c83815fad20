"""Writes a month of reports as Parquet, in the warehouse's columns, faster than a drain could."""

import sys
from pathlib import Path
from typing import Final

import duckdb

from collector.records import DAY_SECONDS
from collector.warehouse.parquet import sql
from collector.warehouse.parquet.folder import FileName, day_name

CLUSTERS: Final = 1_000_000
DAYS: Final = 30
REPORTS_A_CLUSTER: Final = 10
_EVERY: Final = DAYS // REPORTS_A_CLUSTER
_STOP_ONE_IN: Final = 50
_SPOOL: Final = "bench"

_PICK: Final = """
CREATE MACRO pick(cluster, salt, choices) AS (hash(cluster, salt) % choices)::BIGINT
"""
# A cluster is a number; what it is like follows from it, and its version from the day too.
_REPORTS: Final = """
SELECT
  'v2' AS version,
  '0' AS timestamp,
  format('{{:08x}}-7a3c-4e3e-9d55-{{:012x}}', (cluster * 2654435761) % 4294967296, cluster)
    AS "clusterID",
  'v1.' || (24 + pick(cluster, 0, 9)) || '.' || ({day} // 5 + pick(cluster, 1, 3))
    AS "masterVersion",
  list_transform([0, 1], lambda node: {{
    'id': md5(node || '-' || cluster),
    'operatingSystem': 'linux',
    'osImage': ['Ubuntu 22.04.3 LTS', 'Ubuntu 24.04.1 LTS', 'Debian GNU/Linux 12 (bookworm)',
      'Amazon Linux 2023.5.20240722', 'Bottlerocket OS 1.20.3 (aws-k8s-1.29)',
      'Container-Optimized OS from Google', 'Talos (v1.7.5)'][1 + pick(cluster, 2, 7)],
    'kernelVersion': ['5.15.0-91-generic', '6.8.0-41-generic', '6.1.0-18-amd64',
      '6.1.102-108.177.amzn2023.x86_64'][1 + pick(cluster, 3, 4)],
    'architecture': CASE WHEN pick(cluster, node, 5) = 0 THEN 'arm64' ELSE 'amd64' END,
    'containerRuntimeVersion': 'containerd://1.7.' || pick(cluster, 4, 23),
    'kubeletVersion': 'v1.' || (24 + pick(cluster, 0, 9) - pick(cluster, 5, 2)) || '.1',
    'cloudProvider': ['aws', 'gce', 'azure', 'unknown'][1 + pick(cluster, 6, 4)],
    'capacity': [
      {{'resource': 'cpu', 'value': (1 << pick(cluster, 7, 7)::INTEGER)::VARCHAR}},
      {{'resource': 'ephemeral-storage', 'value': '98Gi'}},
      {{'resource': 'hugepages-1Gi', 'value': '0'}},
      {{'resource': 'hugepages-2Mi', 'value': '0'}},
      {{'resource': 'memory', 'value': (2 + pick(cluster, 8, 61)) || 'Gi'}},
      {{'resource': 'pods', 'value': '110'}}
    ],
    'role': CASE WHEN node = 0 THEN 'control-plane' ELSE 'worker' END
  }}) AS nodes,
  ['eks', 'gke', 'aks', 'k3s', 'openshift', 'other'][1 + pick(cluster, 9, 6)] AS distribution,
  make_timestamp(({day_seconds} + 3600 * pick(cluster, {day}, 24)) * 1000000) AS "receivedAt"
FROM (SELECT unnest(range({first}, {clusters}, {every})) AS cluster)
WHERE pick(cluster, 10, {stop_one_in}) > 0 OR pick(cluster, 11, {days}) >= {day}
"""


def write_month(
    reports: Path, *, first_day: int, clusters: int = CLUSTERS, days: int = DAYS
) -> int:
    """Write reports from `first_day` (days since 1970) on; return how many there are.

    Each cluster reports every third day.
    """
    written = 0
    with duckdb.connect(config={"memory_limit": "1500MB", "threads": 2}) as connection:
        connection.execute(_PICK)
        for day in range(days):
            folder = reports / day_name(first_day + day)
            folder.mkdir(parents=True)
            last = written + len(range(day % _EVERY, clusters, _EVERY))
            name = FileName(_SPOOL, written + 1, last, "0" * 8)
            query = _REPORTS.format(
                first=day % _EVERY,
                clusters=clusters,
                every=_EVERY,
                day=day,
                days=days,
                stop_one_in=_STOP_ONE_IN,
                day_seconds=(first_day + day) * DAY_SECONDS,
            )
            connection.execute(
                sql.copy(f'{sql.NO_REPORTS} UNION ALL BY NAME ({query} ORDER BY "clusterID")'),
                {"target": str(folder / str(name))},
            )
            written = last
    return written


def main() -> None:
    """Write a month: the folder, its first day and the number of clusters are the arguments."""
    folder, first_day, clusters = sys.argv[1:]
    write_month(Path(folder), first_day=int(first_day), clusters=int(clusters))


if __name__ == "__main__":
    main()
