-- Counts the keys of census.reading in the latest reports of those who were last heard from on one
-- day, those in the view `reports_of_day`. The keys are columns, one row a node, so that all
-- questions are counted in one pass over what is read of them.

WITH
last_heard AS (FROM voters WHERE latest::DATE = $day),
voters_of_day AS (
  FROM reports_of_day JOIN last_heard USING ("clusterID")
  SELECT "clusterID", latest, count(*) AS parts
  WHERE "receivedAt" = latest
  GROUP BY ALL
),
texts AS (
  FROM reports_of_day JOIN voters_of_day USING ("clusterID")
  SELECT
    "masterVersion",
    distribution,
    workloads,
    parts,
    nodes,
    list_transform(nodes, lambda node: first_minor(node.kubeletVersion)) AS minors,
    list_transform(
      nodes, lambda node: coalesce(nullif(cut(node.cloudProvider), ''), '${unknown}')
    ) AS providers,
    list_transform(nodes, lambda node: node.role) AS roles,
    list_transform(nodes, lambda node: amount(node, 'cpu')) AS cpus,
    list_transform(nodes, lambda node: amount(node, 'memory')) AS memories,
    list_sum(list_transform(nodes, lambda node: len(node.capacity))) AS capacities,
    devices(nodes) AS devices,
    histogram_of_pods(workloads.kinds) AS histogram
  WHERE "receivedAt" = latest
),
sizes AS (
  FROM texts
  SELECT
    *,
    greatest(len(nodes), 1) AS node_count,
    list_min(minors) AS oldest,
    sizes_in(cpus) AS cpu_sizes,
    sizes_in(memories) AS memory_sizes,
    vendors(devices) AS vendors
),
totals AS (
  FROM sizes
  SELECT
    *,
    total(cpu_sizes) // 1000 AS all_cpus,
    total(memory_sizes) // (1000::HUGEINT * ${gib}) AS all_memory
),
-- A row a node. The shorter of the lists go on with NULL, which adds nothing: a report has its
-- vote in its first row, and a row has a node's part of a vote, and a part of the histogram.
votes AS (
  FROM totals
  SELECT
    'clusters' AS clusters,
    cut("masterVersion") AS kubernetes,
    coalesce(first_minor("masterVersion") || ' ' || oldest, '') AS skew,
    cut(distribution) AS distribution,
    the_one(providers, '') AS provider,
    digits(nullif(len(nodes), 0)) AS nodes,
    control_plane_nodes(roles) AS "controlPlaneNodes",
    digits(all_cpus) AS "cpuPerCluster",
    digits(all_memory) AS "memoryPerCluster",
    CASE WHEN capacities > 0 THEN the_one(vendors, '${none}') ELSE '' END AS accelerators,
    digits(workloads.namespaces.count) AS namespaces,
    unnest([${unit} // parts]) AS of_report,
    unnest(nodes) AS node,
    unnest(cpus) AS cpu,
    unnest(memories) AS memory,
    unnest(repeat([${unit} // (node_count * parts)], node_count)) AS of_node,
    unnest(pods(histogram, parts)) AS pods
),
keys AS (
  FROM votes
  SELECT
    * EXCLUDE (node, cpu, memory, pods),
    cut(node.operatingSystem) AS "operatingSystem",
    cut(node.osImage) AS "osImage",
    cut(node.kernelVersion) AS kernel,
    cut(node.architecture) AS architecture,
    cut(node.containerRuntimeVersion) AS "containerRuntime",
    coalesce(cpu, '') AS "cpuPerNode",
    coalesce(memory, '') AS "memoryPerNode",
    pods.key AS "podsPerNamespace",
    pods.units AS of_pods
),
counted AS (
  FROM keys
  SELECT
    * EXCLUDE (of_report, of_node, of_pods),
    CASE
      WHEN "podsPerNamespace" IS NOT NULL THEN sum(of_pods)
      WHEN coalesce(
        "operatingSystem",
        "osImage",
        kernel,
        architecture,
        "containerRuntime",
        "cpuPerNode",
        "memoryPerNode"
      ) IS NOT NULL THEN sum(of_node)
      ELSE sum(of_report)
    END::HUGEINT AS units
  GROUP BY GROUPING SETS (
    clusters,
    kubernetes,
    skew,
    distribution,
    provider,
    nodes,
    "controlPlaneNodes",
    "cpuPerCluster",
    "memoryPerCluster",
    accelerators,
    namespaces,
    "operatingSystem",
    "osImage",
    kernel,
    architecture,
    "containerRuntime",
    "cpuPerNode",
    "memoryPerNode",
    "podsPerNamespace"
  )
)
FROM (UNPIVOT counted ON COLUMNS(* EXCLUDE units) INTO NAME question VALUE key)
SELECT question, key, units
WHERE units > 0
