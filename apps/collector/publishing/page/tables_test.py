"""Which rows a table has, and in which order."""

from msgspec.structs import replace

from census import Release
from census.questions import QUESTIONS
from census.release import Answers, Cell
from collector.publishing.page.tables import GROUPS, MORE, MOST_ROWS, STYLES, Table, tables
from collector.publishing.testing import exact_release, release


def cell(answer: str, share: float, margin: float = 0.01) -> Cell:
    return Cell(
        answer=answer,
        clusters=1000 * share,
        share=share,
        low=max(share - margin, 0),
        high=min(share + margin, 1),
    )


def release_of_one(question: str, *cells: Cell) -> Release:
    answers = Answers(question=question, title="A question", cells=cells)
    return replace(release(5_000), clusters=1000.0, answers=(answers,))


def table_of(question: str, *cells: Cell) -> Table:
    ((table,),) = tables([release_of_one(question, *cells)]).values()
    return table


def labels(table: Table) -> list[str]:
    return [row.label for row in table.rows]


def test_every_question_has_its_place() -> None:
    """Each question of the census has a section and an order; none is in two."""
    placed = [name for names in GROUPS.values() for name in names]
    assert sorted(placed) == sorted(STYLES)
    assert set(placed) == {each.name for each in QUESTIONS[1:]}


def test_a_question_that_is_not_known_is_shown_all_the_same() -> None:
    """A release of a later census loses nothing here."""
    (section,) = tables([release_of_one("colour", cell("red", 0.2), cell("blue", 0.7))]).items()
    assert section[0] == MORE
    assert labels(section[1][0]) == ["blue", "red"]


def test_versions_come_newest_first() -> None:
    """By number, not by letter, with what is left at the end."""
    cells = [cell("1.9", 0.3), cell("1.31", 0.1), cell("1.30", 0.4), cell("other", 0.2)]
    assert labels(table_of("kubernetes", *cells)) == ["1.31", "1.30", "1.9", "other"]


def test_steps_stay_in_their_order() -> None:
    """Sizes ascend, as the census lists them."""
    cells = [cell("1", 0.1), cell("2-3", 0.5), cell("4-7", 0.3), cell("unknown", 0.1)]
    assert labels(table_of("nodes", *cells)) == ["1", "2-3", "4-7", "not reported"]


def test_words_come_by_share() -> None:
    """The largest first."""
    cells = [cell("aks", 0.2), cell("eks", 0.5), cell("gke", 0.3)]
    assert labels(table_of("distribution", *cells)) == ["eks", "gke", "aks"]


def test_a_long_tail_is_folded() -> None:
    """The smallest answers join `other`, with their shares and the squares of their margins."""
    many = [cell(f"word {number}", 0.01 * (20 - number)) for number in range(15)]
    table = table_of("osImage", *many, cell("other", 0.05, margin=0.02))
    assert len(table.rows) == MOST_ROWS + 1
    rest = table.rows[-1]
    assert rest.is_rest
    assert rest.share == "26%"  # 5% + 8% + 7% + 6%
    assert rest.margin == "± 3"  # sqrt(2² + 3 · 1²) points


def test_bars_are_drawn_to_the_longest() -> None:
    """No bar and no interval ends behind the end of the row."""
    table = table_of("distribution", cell("eks", 0.39), cell("gke", 0.1), cell("other", 0.3, 0.3))
    for row in table.rows:
        assert float(row.width) <= 100
        assert float(row.low) + float(row.spread) <= 100.01
    eks, _, rest = table.rows
    assert (eks.width, eks.low, eks.spread) == ("65.00", "63.33", "3.33")
    assert float(rest.low) + float(rest.spread) == 100


def test_what_does_not_stand_out_is_not_drawn() -> None:
    """A question of which only `other` is left has no rows."""
    assert table_of("osImage", cell("other", 1.0)).rows == ()


def test_exact_figures_show_what_is_no_public_word() -> None:
    """There `other` is an answer, and nothing is folded into it."""
    release = replace(release_of_one("osImage", cell("other", 1.0, 0.0)), guarantee=None)
    ((table,),) = tables([release]).values()
    assert labels(table) == ["other"]


def test_exact_figures_have_no_margins() -> None:
    """There is nothing that they could be off by."""
    shown = tables([exact_release(100)])
    rows = [row for each in shown.values() for table in each for row in table.rows]
    assert rows
    assert {row.margin for row in rows} == {""}
