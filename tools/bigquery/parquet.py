"""Parquet files as rows."""

import json
import tempfile
from contextlib import closing
from pathlib import Path

import duckdb

from tools.bigquery.messages import JSON, JSONObject


def read_parquet(content: bytes, *, infer_lists: bool) -> list[JSONObject]:
    """Return the rows of a file, without what is null.

    Without `infer_lists` a list is empty, as BigQuery has it for a table with repeated columns:
    https://github.com/googleapis/python-bigquery/issues/2008
    """
    with tempfile.TemporaryDirectory() as folder, closing(duckdb.connect()) as connection:
        path = Path(folder, "file.parquet")
        path.write_bytes(content)
        query = "SELECT to_json(r) FROM read_parquet(?, hive_partitioning = false) AS r"
        rows = connection.execute(query, [str(path)]).fetchall()
    return [_record(json.loads(row[0]), infer_lists=infer_lists) for row in rows]


def _record(record: JSONObject, *, infer_lists: bool) -> JSONObject:
    return {
        name: _value(value, infer_lists=infer_lists)
        for name, value in record.items()
        if value is not None
    }


def _value(value: JSON, *, infer_lists: bool) -> JSON:
    if isinstance(value, dict):
        return _record(value, infer_lists=infer_lists)
    if isinstance(value, list):
        return [_value(each, infer_lists=infer_lists) for each in value] if infer_lists else []
    return value
