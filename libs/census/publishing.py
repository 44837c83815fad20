"""From exact counts to a release: noise once, and everything else from the noisy numbers."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from math import sqrt
from statistics import NormalDist
from typing import Final

from census.accounting import Budget
from census.counting import Counts
from census.noise import RandomBits, discrete_gaussian
from census.periods import Period
from census.questions import CLUSTERS, QUESTIONS, UNIT, Question
from census.release import Answers, Cell, Guarantee, Release
from census.words import OTHER

_Z95: Final = NormalDist().inv_cdf(0.975)
# In one of so many questions, an answer that nobody gave is shown.
_FALSE_ANSWERS: Final = 0.05
_DIGITS: Final = 4
_YEAR: Final = timedelta(days=365)

_EXACT: Final = (
    "These figures are exact: anyone who knows all clusters but one learns that one's answers. They"
    " are of clusters whose owners chose to report."
)


class BudgetSpent(Exception):
    """The year's budget does not allow this release; it does for a period that begins on `next`."""

    def __init__(self, possible: date) -> None:
        super().__init__(
            f"this year's privacy budget is spent: the next release is possible for a period that"
            f" begins on {possible.isoformat()} or later"
        )
        self.next = possible


class AlreadyReleased(Exception):
    """Days of the period are in an earlier release, which never changes."""


def check_budget(period: Period, budget: Budget, earlier: Iterable[Release]) -> None:
    """Check that any 365 days' releases, by their first days, stay within the year's budget.

    What was spent is what the earlier releases say. An exact one says all that there is, so it
    spends nothing that could still be kept. Raises `BudgetSpent` and `AlreadyReleased`.
    """
    spent: list[tuple[date, Fraction]] = []
    for each in earlier:
        first = each.period.first
        if first <= period.last and period.first <= each.period.last:
            raise AlreadyReleased(
                f"days from {each.first_day} to {each.last_day} are released already, once for ever"
            )
        if each.guarantee is not None:
            spent.append((first, Fraction(each.guarantee.rho)))
    left = budget.rho_a_year - budget.rho_a_release
    if left < 0:
        raise ValueError("a release spends no more than a year may")
    later = sorted(day + _YEAR for day, _ in spent if day + _YEAR > period.first)
    possible = next(day for day in (period.first, *later) if _most_spent(day, spent) <= left)
    if possible > period.first:
        raise BudgetSpent(possible)


def _most_spent(day: date, spent: Sequence[tuple[date, Fraction]]) -> Fraction:
    """Return the most that is spent in any 365 days that `day` is one of."""
    begins = (day, *(each for each, _ in spent if day - _YEAR < each < day))
    return max(
        sum((rho for each, rho in spent if begin <= each < begin + _YEAR), Fraction())
        for begin in begins
    )


def release_of(
    counts: Counts,
    period: Period,
    budget: Budget,
    random_bits: RandomBits,
    questions: Sequence[Question] = QUESTIONS,
) -> Release:
    """Return the private release of exact counts. `check_budget` comes first.

    Each cell gets its noise, those that nobody chose too: which cells are shown says nothing else.
    """
    variance = budget.variance(len(questions))
    deviation = sqrt(variance)
    noisy = noisy_counts(counts, variance, random_bits, questions)
    clusters = max(noisy[CLUSTERS.name][CLUSTERS.answers[0]], 0.0)
    enough = clusters > _standing_out(len(questions)) * deviation
    return Release(
        first_day=period.first.isoformat(),
        last_day=period.last.isoformat(),
        statement=_statement(budget),
        guarantee=Guarantee(
            epsilon=budget.epsilon,
            delta=budget.delta,
            releases_a_year=budget.releases_a_year,
            rho=str(budget.rho_a_release),
            standard_deviation=round(deviation, _DIGITS),
        ),
        clusters=float(round(clusters)),
        margin=round(_Z95 * deviation, 1),
        answers=tuple(
            _answers(each, noisy[each.name], clusters, deviation) for each in questions[1:]
        )
        if enough
        else (),
    )


def exact_release_of(
    counts: Counts, period: Period, questions: Sequence[Question] = QUESTIONS
) -> Release:
    """Return the exact figures: for an operator alone, or a closed circle. They are not private."""
    clusters = counts[CLUSTERS.name].get(CLUSTERS.answers[0], 0) / UNIT
    exact = {name: _in_clusters(cells) for name, cells in counts.items()}
    return Release(
        first_day=period.first.isoformat(),
        last_day=period.last.isoformat(),
        statement=_EXACT,
        guarantee=None,
        clusters=clusters,
        margin=0.0,
        answers=tuple(_exact_answers(each, exact[each.name], clusters) for each in questions[1:]),
    )


def noisy_counts(
    counts: Counts, variance: Fraction, random_bits: RandomBits, questions: Iterable[Question]
) -> dict[str, dict[str, float]]:
    """Add noise of `variance` (clusters²) to each cell of each question; return clusters.

    The sums are integers. What is made a floating-point number has its noise already.
    """
    in_units = variance * UNIT * UNIT
    return {
        question.name: _in_clusters(
            {
                answer: counts[question.name].get(answer, 0)
                + discrete_gaussian(in_units, random_bits)
                for answer in question.answers
            }
        )
        for question in questions
    }


def _in_clusters(cells: Mapping[str, int]) -> dict[str, float]:
    return {answer: units / UNIT for answer, units in cells.items()}


def _standing_out(cells: int) -> float:
    """Return how many standard deviations noise alone reaches in any of `cells` in 1 of 20."""
    return NormalDist().inv_cdf(1 - _FALSE_ANSWERS / cells)


def _answers(
    question: Question, noisy: Mapping[str, float], clusters: float, deviation: float
) -> Answers:
    """Show what stands out of the noise; `other` is what is left of the clusters.

    The folded cells are not added up: thousands of cells hold the noise of thousands.
    """
    least = _standing_out(len(question.answers)) * deviation
    shown = {
        answer: noisy[answer]
        for answer in question.answers
        if answer != OTHER and noisy[answer] >= least
    }
    cells = [_cell(answer, value, clusters, deviation) for answer, value in shown.items()]
    rest = max(clusters - sum(shown.values()), 0.0)
    cells.append(_cell(OTHER, rest, clusters, deviation * sqrt(len(shown) + 1)))
    return Answers(question=question.name, title=question.title, cells=tuple(cells))


def _cell(answer: str, value: float, clusters: float, deviation: float) -> Cell:
    """Return a cell with the interval of its share: both value and clusters are noisy."""
    share = min(value / clusters, 1.0)
    margin = _Z95 * deviation * sqrt(1 + share * share) / clusters
    return Cell(
        answer=answer,
        clusters=round(value, 1),
        share=round(share, _DIGITS),
        low=round(max(share - margin, 0.0), _DIGITS),
        high=round(min(share + margin, 1.0), _DIGITS),
    )


def _exact_answers(question: Question, exact: Mapping[str, float], clusters: float) -> Answers:
    cells = [
        _cell(answer, exact[answer], clusters, 0.0)
        for answer in question.answers
        if exact.get(answer)
    ]
    return Answers(question=question.name, title=question.title, cells=tuple(cells))


def _statement(budget: Budget) -> str:
    right = NormalDist().cdf(sqrt(2 * budget.rho_a_year) / 2)
    return (
        "Whoever knows all other clusters, makes up as many as they like and sees all releases of a"
        f" year guesses right whether one cluster took part in at most {right * 100:.0f} of 100"
        " cases, where a coin is right in 50. The figures are of clusters whose owners chose to"
        " report."
    )
