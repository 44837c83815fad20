"""Load jobs: what they are called, how they come to their end, and what they load.

https://cloud.google.com/bigquery/docs/reference/rest/v2/Job
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tools.bigquery.messages import JSONObject
from tools.bigquery.parquet import read_parquet
from tools.bigquery.rows import fields_of, find_errors, without_unknown
from tools.bigquery.tables import Table


@dataclass
class Job:
    """A load job: its resource as the REST interface has it, and the file that it is to load."""

    resource: JSONObject
    data: bytes
    polls_left: int
    """How many more polls find it running."""

    error: JSONObject | None = None
    """What it ends in, whatever it is to load."""

    state: str = "PENDING"
    errors: list[JSONObject] = field(default_factory=list)
    output_rows: int = 0

    @property
    def load(self) -> JSONObject:
        """What it is to do."""
        configuration = self.resource["configuration"]
        load = configuration["load"] if isinstance(configuration, dict) else None
        if not isinstance(load, dict):
            raise ValueError("not a load job")  # noqa: TRY004 - of the request, no program's fault
        return load

    @property
    def is_parquet(self) -> bool:
        """Whether the file is one of Parquet, rather than lines of JSON."""
        return self.load.get("sourceFormat") == "PARQUET"

    @property
    def infers_lists(self) -> bool:
        """Whether Parquet's lists become repeated columns."""
        options = self.load.get("parquetOptions")
        return isinstance(options, dict) and options.get("enableListInference") is True

    @property
    def table_id(self) -> str:
        """The table that it fills, as `project.dataset.table`."""
        table = self.load["destinationTable"]
        names = ("projectId", "datasetId", "tableId")
        return ".".join(str(table[name]) for name in names) if isinstance(table, dict) else ""

    def describe(self) -> JSONObject:
        """Return the resource as it is now."""
        status: JSONObject = {"state": self.state}
        if self.errors:
            status |= {"errorResult": self.errors[0], "errors": [*self.errors]}
        statistics: JSONObject = {"creationTime": "1795417200000"}
        if self.state == "DONE" and not self.errors:
            statistics["load"] = {"outputRows": str(self.output_rows)}
        return {**self.resource, "kind": "bigquery#job", "status": status, "statistics": statistics}


@dataclass(frozen=True)
class BadRow:
    """A row that a table does not take: where it begins in its file, and why."""

    position: int
    message: str


def run(
    job: Job,
    table: Table,
    *,
    poison: Callable[[JSONObject], str | None],
    names_at_most: int,
) -> None:
    """Load what `job` is to load: all of it, or nothing.

    `poison` says why a row that fits the schema is bad all the same, if it is; of bad rows
    `names_at_most` are named.
    """
    mismatch = _schema_mismatch(job, table)
    if mismatch:
        job.errors = [_error("invalid", mismatch)]
        return
    ignore = job.load.get("ignoreUnknownValues") is True
    good: list[JSONObject] = []
    bad: list[BadRow] = []
    for position, row in _rows(job):
        known = without_unknown(row, table.fields) if ignore else row
        why = poison(row) or next(iter(find_errors(known, table.fields)), None)
        if why is None:
            good.append(known)
        else:
            bad.append(BadRow(position, why))
    if bad:
        job.errors = _row_errors(bad[:names_at_most])
        return
    table.rows.extend(good)
    job.output_rows = len(good)


def _rows(job: Job) -> Iterator[tuple[int, JSONObject]]:
    if job.is_parquet:
        yield from enumerate(read_parquet(job.data, infer_lists=job.infers_lists))
        return
    position = 0
    for line in job.data.splitlines(keepends=True):
        yield position, json.loads(line)
        position += len(line)


def _schema_mismatch(job: Job, table: Table) -> str:
    """Return why the job's schema is not the table's, empty where it is."""
    place = f"Provided Schema does not match Table {job.table_id}."
    known = {str(field["name"]): field for field in table.fields}
    schema = job.load.get("schema")
    if not isinstance(schema, dict):
        return _file_mismatch(job, known, place)
    for given in fields_of(schema):
        name = str(given["name"])
        if name not in known:
            return f"{place} Cannot add fields (field: {name})"
        for what in ("type", "mode"):
            before = known[name].get(what, "NULLABLE")
            after = given.get(what, "NULLABLE")
            if before != after:
                return f"{place} Field {name} has changed {what} from {before} to {after}"
    return ""


def _file_mismatch(job: Job, known: Mapping[str, JSONObject], place: str) -> str:
    """Return why a file without a schema does not fit: a Parquet file's columns are optional.

    https://github.com/googleapis/python-bigquery/issues/1981
    """
    if job.is_parquet:
        for name, field in known.items():
            if field.get("mode") == "REQUIRED":
                return f"{place} Field {name} has changed mode from REQUIRED to NULLABLE"
    return ""


def _row_errors(bad: Sequence[BadRow]) -> list[JSONObject]:
    """Return the errors of a job that found bad rows, in BigQuery's words."""
    count = len(bad)
    summary = f"giving up. Rows: {bad[-1].position}; errors: {count}"
    return [
        _error(
            "invalid",
            f"Error while reading data, error message: JSON table encountered too many errors,"
            f" {summary}. Please look into the errors[] collection for more details.",
        ),
        *(
            _error(
                "invalid",
                "Error while reading data, error message: JSON parsing error in row starting at"
                f" position {each.position}: {each.message}",
            )
            for each in bad
        ),
    ]


def _error(reason: str, message: str) -> JSONObject:
    return {"reason": reason, "location": "", "debugInfo": "", "message": message}
