"""What the page says of each kind of census."""

import re
from datetime import date

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from census import Release
from census.release import Answers, Cell
from collector.publishing.page.render import About, render
from collector.publishing.testing import exact_release, release
from collector.values import Publish

ABOUT = About(publish=Publish.MONTHLY)


def text_of(*releases: Release, about: About = ABOUT) -> str:
    """Return the page as one line of text, without its tags."""
    page = render(releases, about).decode()
    body = page[page.index("<body>") :]
    return re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", body))


def test_no_release_explains_itself() -> None:
    """Who comes too early learns when there will be figures, and how to take part."""
    text = text_of(about=replace(ABOUT, next_due=date(2026, 12, 4)))
    assert "No figures yet" in text
    assert "The first figures are due on 4 December 2026" in text
    assert "volunteer.pex manifest" in text


def test_too_few_clusters_explain_themselves() -> None:
    """There is no table and no share, but what is missing and why."""
    few = release(30)
    assert few.answers == ()
    text = text_of(few)
    assert re.search(r"About \d+ clusters, give or take 38, took part: too few for", text)
    assert "%" not in text.partition("About these figures")[0]
    assert b"<table" not in render([few], ABOUT)


def test_the_heading_says_which_days() -> None:
    """A month by its name, other periods from when to when."""
    month = release(5_000)
    week = replace(month, first_day="2026-11-23", last_day="2026-11-29")
    assert "Kubernetes clusters in November 2026" in text_of(month)
    assert "Kubernetes clusters from 23 to 29 November 2026" in text_of(week)


def test_exact_figures_say_so_first() -> None:
    """The first words of the page are that they are not private."""
    about = replace(ABOUT, publish=Publish.EXACT)
    for releases in ((), (exact_release(50),)):
        first = text_of(*releases, about=about).partition("results ")[2]
        assert first.lstrip().startswith("Exact figures, not private")
    assert "Exact figures" not in text_of(release(300))


def test_an_exact_census_of_none_is_no_noise() -> None:
    """It says that nobody was there, once."""
    about = replace(ABOUT, publish=Publish.EXACT)
    text = text_of(exact_release(0), about=about)
    assert "No cluster was heard from on two days of the period." in text
    assert "Share" not in text
    assert "noise" not in text


def test_the_guarantee_is_in_plain_words() -> None:
    """With the release's own statement, its noise and its budget."""
    latest = release(5_000)
    text = text_of(latest)
    assert latest.statement in text
    assert "Its standard deviation is 19 clusters" in text
    assert "ε = 4 at δ = 0.000001" in text


def test_those_who_want_to_join_find_one_command() -> None:
    """It names the collector where its address is known."""
    command = "volunteer.pex manifest --image IMAGE --database"
    assert f"{command} ADDRESS |" in text_of(release(300))
    known = replace(ABOUT, address="https://census.example.com")
    assert f"{command} https://census.example.com |" in text_of(release(300), about=known)


def test_every_release_is_linked() -> None:
    """The newest first."""
    page = render([exact_release(50, month) for month in (9, 10, 11)], ABOUT).decode()
    links = re.findall('href="api/v1/statistics/([^"]*)"', page)
    assert links == ["2026-11", "2026-10", "2026-09"]


def test_links_lead_on_wherever_the_page_is() -> None:
    """They are relative, so a front may serve the collector under a path of its own; those within
    the page lead to a place of it, and each place is there once.
    """
    for releases in ((), (release(5_000, 10), release(5_000, 11))):
        page = render(releases, ABOUT).decode()
        links = re.findall('(?:href|src)="([^"]*)"', page)
        assert not [link for link in links if link.startswith("/") or ":" in link]
        places = re.findall(' id="([^"]*)"', page)
        assert len(places) == len(set(places))
        assert {link[1:] for link in links if link.startswith("#")} <= set(places)


def test_a_question_can_be_linked() -> None:
    """Its heading is a link to itself, under the name that the data has."""
    page = render([release(5_000)], ABOUT).decode()
    assert '<h3 id="question-kernel"><a href="#question-kernel">Kernel</a></h3>' in page


def test_the_page_says_how_to_cite_it() -> None:
    """By its address, where that is known, and the name of the release."""
    known = replace(ABOUT, address="https://census.example.com")
    text = text_of(release(300), about=known)
    assert "name https://census.example.com and the release, such as “release 2026-11”" in text
    assert "name this address and the release" in text_of(release(300))


def test_the_page_holds_no_code() -> None:
    """No script, no inline style and no address of another host."""
    page = render([release(5_000, 10), release(5_000, 11)], ABOUT).decode()
    assert not re.search(r"<script|<style|\sstyle=|\son[a-z]+=|https?:|//", page)


def test_texts_are_texts() -> None:
    """Whatever a title, an answer or the statement holds, it is no element of the page."""
    plain = release(5_000)
    title = '"><b onclick=x>&'
    answers = tuple(replace(each, title=title) for each in plain.answers)
    page = render([replace(plain, answers=answers, statement="<i>")], ABOUT).decode()
    assert "<b " not in page
    assert "<i>" not in page
    assert page.count("&#34;&gt;&lt;b onclick=x&gt;&amp;</a></h3>") == len(answers)


TEXTS = st.text(max_size=20)
SHARES = st.floats(0, 1)
CELLS = st.builds(
    Cell,
    answer=TEXTS | st.sampled_from(["other", "unknown", "1.30", "4-7"]),
    clusters=st.floats(0, 1e9),
    share=SHARES,
    low=SHARES,
    high=SHARES,
)
ANSWERS = st.builds(
    Answers,
    question=TEXTS | st.sampled_from(["kubernetes", "skew", "osImage", "nodes"]),
    title=TEXTS,
    cells=st.lists(CELLS, max_size=20).map(tuple),
)
RELEASES = st.builds(
    lambda month, clusters, margin, answers: replace(
        release(30, month), clusters=clusters, margin=margin, answers=tuple(answers)
    ),
    st.integers(1, 30),
    st.floats(0, 1e9),
    st.floats(0, 1e9),
    st.lists(ANSWERS, max_size=4),
)


@given(releases=st.lists(RELEASES, max_size=3, unique_by=lambda each: each.first_day))
def test_any_release_makes_a_page(releases: list[Release]) -> None:
    """Whatever its numbers and texts are, there is one page, and it is whole."""
    page = render(sorted(releases, key=lambda each: each.first_day), ABOUT).decode()
    assert page.count("<main") == page.count("</html>") == 1
    assert page.count("<table") == page.count("</table>")
