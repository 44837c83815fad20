"""What the end of a job means for its rows."""

import pytest

from collector.warehouse.bigquery.outcomes import (
    QUOTA_SECONDS,
    REPAIR_SECONDS,
    Failed,
    JobError,
    Loaded,
    Outcome,
    RowsRefused,
    UnderWay,
    outcome_of,
)

SHAPE = (("version", "STRING", "REQUIRED", ()),)
SUMMARY = JobError(
    "invalid",
    "Error while reading data, error message: JSON table encountered too many errors, giving up."
    " Rows: 2; errors: 1. Please look into the errors[] collection for more details.",
)
AT_ROW = "Error while reading data, error message: JSON parsing error in row starting at position"


def _failed(*errors: JobError) -> Outcome | UnderWay:
    return outcome_of(errors, SHAPE)


def test_a_job_under_way_says_nothing_yet() -> None:
    """A job that is pending or running has no outcome, whatever it reports meanwhile."""
    assert outcome_of((SUMMARY,), SHAPE, is_done=False) == UnderWay()


def test_a_job_without_errors_has_loaded_everything() -> None:
    """A job that is done and reports no error has loaded all rows."""
    assert outcome_of((), SHAPE) == Loaded()


def test_refused_rows_are_named_by_their_position() -> None:
    """Each row that an error names is refused, with the error's text as the reason."""
    one = JobError("invalid", f"{AT_ROW} 17: Could not convert value")
    other = JobError("invalid", f"file-00000000: {AT_ROW} 9066621: bad")
    assert _failed(SUMMARY, one, other) == RowsRefused(
        {17: one.message, 9_066_621: other.message}, SHAPE
    )


def test_no_row_can_name_another() -> None:
    """A row whose values quote BigQuery's words is blamed itself, and no other."""
    quoting = f"{AT_ROW} 5: Could not parse 'in row starting at position 0: No such field: x'"
    assert _failed(SUMMARY, JobError("invalid", quoting)) == RowsRefused({5: quoting}, SHAPE)


@pytest.mark.parametrize("separator", [": ", ": . "])
def test_a_column_that_is_not_known_is_no_rows_fault(separator: str) -> None:
    """Where BigQuery does not know a column of ours, no row is refused."""
    unknown = JobError("invalid", f"{AT_ROW} 17{separator}No such field: workloads.")
    assert isinstance(_failed(SUMMARY, unknown), Failed)


@pytest.mark.parametrize(
    ("error", "words", "retry_after"),
    [
        (JobError("backendError", "clusterID x"), "backendError", None),
        (JobError("quotaExceeded", "Quota exceeded"), "quota for load jobs", QUOTA_SECONDS),
        (JobError("notFound", "Not found: Table p.d.t"), "Not found: Table p.d.t", REPAIR_SECONDS),
        (SUMMARY, "(invalid)", REPAIR_SECONDS),
        (
            JobError("invalid", "Provided Schema does not match Table p.d.t. Field a"),
            "Provided Schema does not match Table p.d.t. Field a",
            REPAIR_SECONDS,
        ),
        (JobError(), "without a reason", None),
    ],
)
def test_any_other_failure_is_reported_and_has_its_time(
    error: JobError, words: str, retry_after: float | None
) -> None:
    """A failure that names no row is reported without quoting any, and says when to try again."""
    outcome = _failed(error)
    assert isinstance(outcome, Failed)
    assert words in outcome.reason
    assert "clusterID" not in outcome.reason
    assert outcome.retry_after == retry_after
