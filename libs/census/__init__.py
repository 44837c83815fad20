"""What the census says: questions, votes, noise, and the release that is safe to publish."""

from census.accounting import Budget
from census.counting import Counts, Received, count, count_keys, count_received
from census.noise import RandomBits
from census.periods import Cadence, Period
from census.publishing import (
    AlreadyReleased,
    BudgetSpent,
    check_budget,
    exact_release_of,
    release_of,
)
from census.release import Release, decode, encode, json_schema

__all__ = [
    "AlreadyReleased",
    "Budget",
    "BudgetSpent",
    "Cadence",
    "Counts",
    "Period",
    "RandomBits",
    "Received",
    "Release",
    "check_budget",
    "count",
    "count_keys",
    "count_received",
    "decode",
    "encode",
    "exact_release_of",
    "json_schema",
    "release_of",
]
