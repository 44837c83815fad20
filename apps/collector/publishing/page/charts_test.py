"""Lines over releases: their places, their gaps and their words."""

from msgspec.structs import replace

from census import Release
from census.release import Answers, Cell
from collector.publishing.page import charts
from collector.publishing.testing import month_of, release

BASE = release(5_000)


def release_in(month: int, clusters: float, **shares: float) -> Release:
    period = month_of(month)
    cells = tuple(
        Cell(answer=answer, clusters=share, share=share, low=share, high=share)
        for answer, share in shares.items()
    )
    return replace(
        BASE,
        first_day=period.first.isoformat(),
        last_day=period.last.isoformat(),
        clusters=clusters,
        margin=50.0,
        answers=(Answers(question="kubernetes", title="", cells=cells),),
    )


RELEASES = [
    release_in(1, 1000, a=0.1, b=0.8),
    release_in(2, 2000, a=0.2),
    release_in(3, 4000, a=0.4, b=0.2),
]


def test_a_line_is_drawn_over_time() -> None:
    """From the left to the right by days, from the bottom up by share of the largest."""
    trend = charts.trend(RELEASES, "kubernetes", "a")
    assert trend is not None
    assert trend.parts == ("0.0,75.0 47.5,50.0 100.0,0.0",)
    assert trend.course == "10% in Jan 2026, 40.0% in Mar 2026"


def test_what_a_release_does_not_say_is_a_gap() -> None:
    """A line is broken there; a part of one release is a dot."""
    trend = charts.trend(RELEASES, "kubernetes", "b")
    assert trend is not None
    assert trend.parts == ("0.0,0.0 0.0,0.0", "100.0,75.0 100.0,75.0")


def test_one_release_has_no_line() -> None:
    """Nor has an answer that one release alone shows."""
    assert charts.of_clusters(RELEASES[:1]) is None
    assert charts.of_answers(RELEASES[:1], "kubernetes", ["a"]) is None
    assert charts.trend(RELEASES[:2], "kubernetes", "b") is None
    assert charts.trend(RELEASES, "kubernetes", "c") is None


def test_the_chart_of_clusters_has_its_margins() -> None:
    """As a band around the line, and in the table."""
    chart = charts.of_clusters(RELEASES)
    assert chart is not None
    (line,) = chart.lines
    assert line.values == ("1,000 ± 50", "2,000 ± 50", "4,000 ± 50")
    assert (chart.most, chart.half) == ("5,000", "2,500")
    assert chart.band.split()[0] == "0.0,79.0"
    assert len(chart.band.split()) == 2 * len(RELEASES)
    assert chart.periods == ("Jan 2026", "Feb 2026", "Mar 2026")


def test_a_chart_shows_the_largest_answers() -> None:
    """As many lines as can be told apart, the largest now, in the order of the table."""
    shares = {f"v{number}": 0.01 * number for number in range(9)}
    releases = [release_in(1, 1000, v1=0.08, v2=0.08), release_in(2, 1000, **shares)]
    chart = charts.of_answers(releases, "kubernetes", list(shares))
    assert chart is not None
    assert [line.name for line in chart.lines] == ["v3", "v4", "v5", "v6", "v7", "v8"]
    assert [line.number for line in chart.lines] == [1, 2, 3, 4, 5, 6]
    assert chart.most == "8%"
