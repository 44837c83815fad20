-- The keys of census.reading, read from a folder's reports by DuckDB, with the units of each.

CREATE MACRO cut(text) AS coalesce(left(text, ${text_read}), '');

-- In two steps wherever there are many: in a lambda, DuckDB works out an argument again for each
-- of its uses.
CREATE MACRO size_in(text) AS
  regexp_extract(text, '^${size}$', ['whole', 'fraction', 'suffix']);

CREATE MACRO thousandths(size) AS
  CASE WHEN size.whole <> '' THEN
    (size.whole || rpad(size.fraction, 3, '0'))::HUGEINT
      * ${multipliers}[size.suffix] // ${divisors}[size.suffix]
  END;

CREATE MACRO amount(node, name) AS
  cut(list_filter(node.capacity, lambda each: each.resource = name)[1].value);

CREATE MACRO amounts(nodes, name) AS
  list_transform(nodes, lambda node: size_in(amount(node, name)));

-- `least` leaves NULL out.
CREATE MACRO digits(number) AS
  coalesce((CASE WHEN number > ${most} THEN ${most} ELSE number END)::VARCHAR, '');

CREATE MACRO in_all(nodes, name, unit) AS
  digits(
    list_sum(list_transform(amounts(nodes, name), lambda size: thousandths(size)))
      // (1000::HUGEINT * unit)
  );

CREATE MACRO first_minor(version) AS
  try_cast(regexp_extract(cut(version), '^${first_minor}', 1) AS INTEGER);

CREATE MACRO skew(version, nodes) AS
  coalesce(
    first_minor(version)
      || ' '
      || list_min(list_transform(nodes, lambda node: first_minor(node.kubeletVersion))),
    ''
  );

CREATE MACRO the_one(texts, no_text) AS
  CASE
    WHEN coalesce(len(texts), 0) = 0 THEN no_text
    WHEN list_min(texts) = list_max(texts) THEN texts[1]
    ELSE '${several}'
  END;

CREATE MACRO provider(nodes) AS
  the_one(
    list_transform(nodes, lambda node: coalesce(nullif(cut(node.cloudProvider), ''), '${unknown}')),
    ''
  );

CREATE MACRO control_plane_nodes(nodes) AS
  CASE WHEN len(list_filter(nodes, lambda node: node.role <> '')) > 0
    THEN len(list_filter(nodes, lambda node: node.role = 'control-plane'))::VARCHAR
    ELSE ''
  END;

CREATE MACRO vendor(name) AS
  CASE
    WHEN contains(name, '/')
      AND NOT ends_with(split_part(name, '/', 1), 'kubernetes.io')
      AND regexp_matches(split_part(name, '{', 1), '${computes}')
    THEN nullif(split_part(name, '/', 1), '')
  END;

-- Few resources have a slash: the others go first.
CREATE MACRO vendors(listed) AS
  list_filter(
    list_transform(
      list_filter(listed, lambda each: contains(each.resource, '/')),
      lambda each: CASE WHEN thousandths(size_in(cut(each.value))) > 0 THEN vendor(cut(each.resource)) END
    ),
    lambda each: each IS NOT NULL
  );

CREATE MACRO accelerators_in(listed) AS
  CASE WHEN coalesce(len(listed), 0) = 0 THEN '' ELSE the_one(vendors(listed), '${none}') END;

CREATE MACRO accelerators(nodes) AS
  accelerators_in(flatten(list_transform(nodes, lambda node: node.capacity)));

CREATE MACRO histogram_of_pods(kinds) AS
  list_transform(
    list_filter(kinds, lambda each: each.kind = 'pods')[1].perNamespace[1:${places}],
    lambda count: least(count, ${most})
  );

CREATE MACRO pods(histogram, parts) AS
  CASE WHEN coalesce(list_sum(histogram), 0) = 0
    THEN [{'question': 'podsPerNamespace', 'key': '', 'units': ${unit} // parts}]
    ELSE list_transform(
      histogram,
      lambda weight, place: {
        'question': 'podsPerNamespace',
        'key': (place - 1)::VARCHAR,
        'units': ${unit} * weight // (list_sum(histogram) * parts)::BIGINT
      }
    )
  END;

CREATE MACRO by_report(version, distribution, nodes, workloads, parts) AS
  list_transform(
    [
      {'question': 'clusters', 'key': 'clusters'},
      {'question': 'kubernetes', 'key': cut(version)},
      {'question': 'skew', 'key': skew(version, nodes)},
      {'question': 'distribution', 'key': cut(distribution)},
      {'question': 'provider', 'key': provider(nodes)},
      {'question': 'nodes', 'key': digits(nullif(len(nodes), 0))},
      {'question': 'controlPlaneNodes', 'key': control_plane_nodes(nodes)},
      {'question': 'cpuPerCluster', 'key': in_all(nodes, 'cpu', 1)},
      {'question': 'memoryPerCluster', 'key': in_all(nodes, 'memory', ${gib})},
      {'question': 'accelerators', 'key': accelerators(nodes)},
      {'question': 'namespaces', 'key': digits(workloads.namespaces.count)}
    ],
    lambda each: {'question': each.question, 'key': each.key, 'units': ${unit} // parts}
  );

CREATE MACRO by_node(nodes, parts) AS
  flatten(
    list_transform(
      nodes,
      lambda node: list_transform(
        [
          {'question': 'operatingSystem', 'key': cut(node.operatingSystem)},
          {'question': 'osImage', 'key': cut(node.osImage)},
          {'question': 'kernel', 'key': cut(node.kernelVersion)},
          {'question': 'architecture', 'key': cut(node.architecture)},
          {'question': 'containerRuntime', 'key': cut(node.containerRuntimeVersion)},
          {'question': 'cpuPerNode', 'key': amount(node, 'cpu')},
          {'question': 'memoryPerNode', 'key': amount(node, 'memory')}
        ],
        lambda each: {
          'question': each.question,
          'key': each.key,
          'units': ${unit} // (len(nodes) * parts)
        }
      )
    )
  );

CREATE MACRO keys(version, distribution, nodes, workloads, parts) AS
  by_report(version, distribution, nodes, workloads, parts)
    || by_node(CASE WHEN len(nodes) > 0 THEN nodes ELSE [NULL] END, parts)
    || pods(histogram_of_pods(workloads.kinds), parts);
