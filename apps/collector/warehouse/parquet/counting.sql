-- What counting_day.sql counts with, in DuckDB, and who votes in the reports of the view `reports`.
--
-- Lambdas are small: DuckDB prepares one anew for every 2,048 rows, each regular expression in it
-- too, and an argument of a macro once more for each of its uses.

CREATE MACRO cut(text) AS coalesce(left(text, ${text_read}), '');

CREATE MACRO size_in(text) AS
  regexp_extract(text, '^${size}$', ['whole', 'fraction', 'suffix']);

CREATE MACRO thousandths(size) AS
  (nullif(size.whole, '') || rpad(size.fraction, 3, '0'))::BIGINT
    // ${divisors}[list_position(${suffixes}, size.suffix)]
    * ${multipliers}[list_position(${suffixes}, size.suffix)];

CREATE MACRO amount(node, name) AS
  cut(list_filter(node.capacity, lambda each: each.resource = name)[1].value);

CREATE MACRO sizes_in(texts) AS list_transform(texts, lambda text: size_in(text));

CREATE MACRO total(sizes) AS list_sum(list_transform(sizes, lambda size: thousandths(size)));

-- `least` leaves NULL out.
CREATE MACRO digits(number) AS
  coalesce((CASE WHEN number > ${most} THEN ${most} ELSE number END)::VARCHAR, '');

CREATE MACRO first_minor(version) AS
  try_cast(regexp_extract(cut(version), '^${first_minor}', 1) AS INTEGER);

CREATE MACRO the_one(texts, no_text) AS
  CASE
    WHEN coalesce(len(texts), 0) = 0 THEN no_text
    WHEN list_min(texts) = list_max(texts) THEN texts[1]
    ELSE '${several}'
  END;

CREATE MACRO control_plane_nodes(roles) AS
  CASE WHEN len(list_filter(roles, lambda role: role <> '')) > 0
    THEN len(list_filter(roles, lambda role: role = 'control-plane'))::VARCHAR
    ELSE ''
  END;

-- Few resources have a slash.
CREATE MACRO devices(nodes) AS
  list_transform(
    flatten(
      list_transform(
        nodes,
        lambda node: list_filter(node.capacity, lambda each: contains(each.resource, '/'))
      )
    ),
    lambda each: {'resource': cut(each.resource), 'size': size_in(cut(each.value))}
  );

CREATE MACRO vendor(name) AS
  CASE
    WHEN contains(name, '/')
      AND NOT ends_with(split_part(name, '/', 1), 'kubernetes.io')
      AND regexp_matches(split_part(name, '{', 1), '${computes}')
    THEN nullif(split_part(name, '/', 1), '')
  END;

CREATE MACRO vendors(devices) AS
  list_filter(
    list_transform(
      devices,
      lambda each: CASE WHEN thousandths(each.size) > 0 THEN vendor(each.resource) END
    ),
    lambda each: each IS NOT NULL
  );

CREATE MACRO histogram_of_pods(kinds) AS
  list_transform(
    list_filter(kinds, lambda each: each.kind = 'pods')[1].perNamespace[1:${places}],
    lambda count: least(count, ${most})
  );

CREATE MACRO pods(histogram, parts) AS
  CASE WHEN coalesce(list_sum(histogram), 0) = 0
    THEN [{'key': '', 'units': ${unit} // parts}]
    ELSE list_transform(
      histogram,
      lambda weight, place: {
        'key': (place - 1)::VARCHAR,
        'units': ${unit} * weight // (list_sum(histogram) * parts)::BIGINT
      }
    )
  END;

-- A cluster was heard from on two days where its first and its last report are of different ones.
CREATE TEMP TABLE voters AS
  FROM reports
  SELECT "clusterID", max("receivedAt") AS latest
  GROUP BY ALL
  HAVING date_trunc('day', min("receivedAt")) <> date_trunc('day', max("receivedAt"));
