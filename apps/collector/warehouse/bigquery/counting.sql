-- The keys of census.reading, read from a table's reports by BigQuery, with the units of each.
-- Integers of 64 bits hold all of it: what is above every answer is cut off on the way.

CREATE TEMP FUNCTION cut(text STRING) AS (IFNULL(LEFT(text, ${text_read}), ''));

CREATE TEMP FUNCTION whole_and_fraction(size STRING) AS (
  CAST(
    CONCAT(
      REGEXP_EXTRACT(size, r'^[0-9]+'),
      RPAD(IFNULL(REGEXP_EXTRACT(size, r'\.([0-9]+)'), ''), 3, '0')
    ) AS INT64
  )
);

CREATE TEMP FUNCTION suffix_of(size STRING) AS (
  IFNULL(REGEXP_EXTRACT(size, r'[A-Za-z][i0-9]?$'), '')
);

CREATE TEMP FUNCTION scaled(number INT64, multiplier INT64, divisor INT64) AS (
  IF(number > DIV(${largest}, multiplier), ${largest}, DIV(number * multiplier, divisor))
);

CREATE TEMP FUNCTION thousandths(text STRING) AS (
  IF(
    REGEXP_CONTAINS(text, r'^(?:${size})$'),
    scaled(
      whole_and_fraction(text),
      CASE suffix_of(text) ${multipliers} END,
      CASE suffix_of(text) ${divisors} ELSE 1 END
    ),
    NULL
  )
);

CREATE TEMP FUNCTION whole(size STRING, unit INT64) AS (
  LEAST(DIV(thousandths(size), unit), ${most})
);

CREATE TEMP FUNCTION rest(size STRING, unit INT64) AS (MOD(thousandths(size), unit));

CREATE TEMP FUNCTION in_all(wholes INT64, rests INT64, unit INT64) AS (
  CAST(LEAST(wholes + DIV(rests, unit), ${most}) AS STRING)
);

CREATE TEMP FUNCTION first_minor(version STRING) AS (
  CAST(REGEXP_EXTRACT(cut(version), r'^${first_minor}') AS INT64)
);

CREATE TEMP FUNCTION the_one(least_text STRING, greatest_text STRING, no_text STRING) AS (
  CASE
    WHEN least_text IS NULL THEN no_text
    WHEN least_text = greatest_text THEN least_text
    ELSE '${several}'
  END
);

CREATE TEMP FUNCTION provider_of(text STRING) AS (IFNULL(NULLIF(cut(text), ''), '${unknown}'));

CREATE TEMP FUNCTION accelerator_vendor(name STRING) AS (
  IF(
    STRPOS(name, '/') > 1
    AND NOT ENDS_WITH(SPLIT(name, '/')[OFFSET(0)], 'kubernetes.io')
    AND REGEXP_CONTAINS(SPLIT(name, '{')[OFFSET(0)], r'${computes}'),
    SPLIT(name, '/')[OFFSET(0)],
    NULL
  )
);

WITH reports AS (
  ${each_once}
),
hours AS (
  SELECT clusterID, receivedAt, COUNT(*) AS parts
  FROM reports
  GROUP BY clusterID, receivedAt
),
voters AS (
  SELECT clusterID, MAX(receivedAt) AS latest, MAX_BY(parts, receivedAt) AS parts
  FROM hours
  GROUP BY clusterID
  HAVING DATE(MIN(receivedAt), 'UTC') <> DATE(MAX(receivedAt), 'UTC')
),
latest AS (
  SELECT
    reports.masterVersion,
    reports.distribution,
    reports.nodes,
    reports.workloads,
    voters.parts,
    (
      SELECT kind.perNamespace
      FROM UNNEST(reports.workloads.kinds) AS kind WITH OFFSET AS place
      WHERE kind.kind = 'pods'
      ORDER BY place
      LIMIT 1
    ) AS pods
  FROM reports
  JOIN voters ON reports.clusterID = voters.clusterID AND reports.receivedAt = voters.latest
),
votes AS (
  SELECT
    latest.masterVersion,
    latest.distribution,
    latest.nodes,
    latest.workloads.namespaces.`count` AS namespaces,
    latest.pods,
    latest.parts,
    IFNULL(ARRAY_LENGTH(latest.nodes), 0) AS node_count,
    ARRAY(
      SELECT IFNULL((
        SELECT cut(listed.value)
        FROM UNNEST(node.capacity) AS listed WITH OFFSET AS place
        WHERE listed.resource = 'cpu'
        ORDER BY place
        LIMIT 1
      ), '')
      FROM UNNEST(latest.nodes) AS node
    ) AS cpus,
    ARRAY(
      SELECT IFNULL((
        SELECT cut(listed.value)
        FROM UNNEST(node.capacity) AS listed WITH OFFSET AS place
        WHERE listed.resource = 'memory'
        ORDER BY place
        LIMIT 1
      ), '')
      FROM UNNEST(latest.nodes) AS node
    ) AS memories,
    (SELECT COUNT(*) FROM UNNEST(latest.nodes) AS node, UNNEST(node.capacity)) AS capacities,
    ARRAY(
      SELECT accelerator_vendor(cut(listed.resource))
      FROM UNNEST(latest.nodes) AS node, UNNEST(node.capacity) AS listed
      WHERE
        thousandths(cut(listed.value)) > 0
        AND accelerator_vendor(cut(listed.resource)) IS NOT NULL
    ) AS vendors,
    (
      SELECT IFNULL(SUM(LEAST(namespaces, ${most})), 0)
      FROM UNNEST(latest.pods) AS namespaces WITH OFFSET AS place
      WHERE place < ${places}
    ) AS namespaces_in_all
  FROM latest
),
keys AS (
  SELECT
    votes.parts,
    ARRAY(
      SELECT AS STRUCT said.question, IFNULL(said.key, '') AS key, 1 AS weight, 1 AS total
      FROM UNNEST(
        ARRAY<STRUCT<question STRING, key STRING>>[
          ('clusters', 'clusters'),
          ('kubernetes', cut(votes.masterVersion)),
          ('skew', (
            SELECT
              CONCAT(
                CAST(first_minor(votes.masterVersion) AS STRING),
                ' ',
                CAST(MIN(first_minor(node.kubeletVersion)) AS STRING)
              )
            FROM UNNEST(votes.nodes) AS node
          )),
          ('distribution', cut(votes.distribution)),
          ('provider', (
            SELECT
              the_one(
                MIN(provider_of(node.cloudProvider)),
                MAX(provider_of(node.cloudProvider)),
                ''
              )
            FROM UNNEST(votes.nodes) AS node
          )),
          ('nodes', CAST(NULLIF(votes.node_count, 0) AS STRING)),
          ('controlPlaneNodes', (
            SELECT
              IF(
                COUNTIF(node.role <> '') > 0,
                CAST(COUNTIF(node.role = 'control-plane') AS STRING),
                ''
              )
            FROM UNNEST(votes.nodes) AS node
          )),
          ('cpuPerCluster', (
            SELECT in_all(SUM(whole(cpu, ${cpu_unit})), SUM(rest(cpu, ${cpu_unit})), ${cpu_unit})
            FROM UNNEST(votes.cpus) AS cpu
          )),
          ('memoryPerCluster', (
            SELECT
              in_all(
                SUM(whole(memory, ${memory_unit})),
                SUM(rest(memory, ${memory_unit})),
                ${memory_unit}
              )
            FROM UNNEST(votes.memories) AS memory
          )),
          ('accelerators', (
            SELECT the_one(MIN(vendor), MAX(vendor), IF(votes.capacities > 0, '${none}', ''))
            FROM UNNEST(votes.vendors) AS vendor
          )),
          ('namespaces', CAST(LEAST(votes.namespaces, ${most}) AS STRING))
        ]
      ) AS said
    ) AS of_report,
    ARRAY(
      SELECT AS STRUCT said.question, said.key, 1 AS weight, votes.node_count AS total
      FROM
        UNNEST(votes.nodes) AS node,
        UNNEST(
          ARRAY<STRUCT<question STRING, key STRING>>[
            ('operatingSystem', cut(node.operatingSystem)),
            ('osImage', cut(node.osImage)),
            ('kernel', cut(node.kernelVersion)),
            ('architecture', cut(node.architecture)),
            ('containerRuntime', cut(node.containerRuntimeVersion))
          ]
        ) AS said
    ) AS of_nodes,
    ARRAY(
      SELECT AS STRUCT
        'cpuPerNode' AS question, cpu AS key, 1 AS weight, votes.node_count AS total
      FROM UNNEST(votes.cpus) AS cpu
    ) AS of_cpus,
    ARRAY(
      SELECT AS STRUCT
        'memoryPerNode' AS question, memory AS key, 1 AS weight, votes.node_count AS total
      FROM UNNEST(votes.memories) AS memory
    ) AS of_memories,
    ARRAY(
      SELECT AS STRUCT
        'podsPerNamespace' AS question,
        CAST(place AS STRING) AS key,
        LEAST(namespaces, ${most}) AS weight,
        votes.namespaces_in_all AS total
      FROM UNNEST(votes.pods) AS namespaces WITH OFFSET AS place
      WHERE place < ${places} AND namespaces > 0
    ) AS of_pods,
    ARRAY(
      SELECT AS STRUCT said.question, '' AS key, 1 AS weight, 1 AS total
      FROM UNNEST(
        ARRAY<STRUCT<question STRING, parts INT64>>[
          ('operatingSystem', votes.node_count),
          ('osImage', votes.node_count),
          ('kernel', votes.node_count),
          ('architecture', votes.node_count),
          ('containerRuntime', votes.node_count),
          ('cpuPerNode', votes.node_count),
          ('memoryPerNode', votes.node_count),
          ('podsPerNamespace', votes.namespaces_in_all)
        ]
      ) AS said
      WHERE said.parts = 0
    ) AS of_nothing
  FROM votes
),
units AS (
  SELECT read.question, read.key, ${unit} * read.weight AS votes, read.total * keys.parts AS shares
  FROM
    keys,
    UNNEST(
      ARRAY_CONCAT(
        keys.of_report,
        keys.of_nodes,
        keys.of_cpus,
        keys.of_memories,
        keys.of_pods,
        keys.of_nothing
      )
    ) AS read
)
SELECT question, key, SUM(DIV(votes, shares)) AS units
FROM units
GROUP BY question, key
