"""The accounting is the papers'."""

from fractions import Fraction
from math import sqrt

import opendp.prelude as opendp
import pytest

from census.accounting import Budget, delta_of, rho_of


def test_a_year_keeps_its_budget() -> None:
    """All releases of a year together are (4, 1e-6)-private, and little of that is left over."""
    assert delta_of(float(Budget().rho_a_year), 4.0) <= 1e-6
    assert delta_of(float(Budget().rho_a_year) + 1e-4, 4.0) > 1e-6


@pytest.mark.parametrize("releases", [4, 12, 52])
def test_questions_and_releases_add_up(releases: int) -> None:
    """What the cells of all questions in all releases spend is the year's budget, exactly."""
    budget = Budget(releases_a_year=releases)
    spent = releases * 14 * Fraction(1, 2) / budget.variance(14)
    assert spent == budget.rho_a_year


def test_the_width_is_that_of_the_design() -> None:
    """With 14 questions each month, the noise has a standard deviation of about 16 clusters."""
    assert sqrt(Budget().variance(14)) == pytest.approx(16.4, abs=0.1)


@pytest.mark.parametrize(("epsilon", "delta"), [(0.0, 1e-6), (4.0, 0.0), (4.0, 1.0), (1e-3, 1e-9)])
def test_a_budget_that_allows_nothing_is_refused(epsilon: float, delta: float) -> None:
    """There is no width for it."""
    with pytest.raises(ValueError, match=r"positive|nothing to publish"):
        rho_of(epsilon, delta)


@pytest.mark.parametrize(("rho", "epsilon"), [(0.1, 1.0), (0.311, 4.0), (1.0, 6.0), (0.01, 0.5)])
def test_another_library_computes_the_same(rho: float, epsilon: float) -> None:
    """OpenDP's conversion of zCDP gives the same delta."""
    opendp.enable_features("contrib")
    space = opendp.vector_domain(opendp.atom_domain(T=int)), opendp.l2_distance(T=int)
    gaussian = space >> opendp.m.then_gaussian(scale=sqrt(1 / (2 * rho)))
    assert gaussian.map(1) == pytest.approx(rho)
    curve = opendp.c.make_zCDP_to_approxDP(gaussian).map(1)  # type: ignore[no-untyped-call]  # no types
    assert curve.delta(epsilon=epsilon) == pytest.approx(delta_of(rho, epsilon), rel=1e-3)
