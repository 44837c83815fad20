"""The page of a running collector, as people and their browsers meet it. Slow: needs Chromium."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # no types
from msgspec.structs import replace
from playwright.sync_api import Browser, Route

from census import Release
from census.release import Answers
from tests.browser.visits import (
    DESKTOP,
    PHONE,
    SCHEMES,
    WIDTHS,
    Census,
    censuses,
    keep_screenshot,
    running_browser,
    serving,
    visiting,
)

CENSUSES = censuses()
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'; alert(1) //",
    "</table></main><h1>owned</h1>",
    "{{ 7 * 7 }}{% raw %}",
    "\u202eright to left\u2066",
    "w" * 200,
    "-->\x00<!--",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_browser() as running:
        yield running


@pytest.fixture(scope="module", params=list(CENSUSES))
def census(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    """Each census in turn: its name, and the address of its page."""
    name = str(request.param)
    with serving(CENSUSES[name]) as address:
        yield name, address


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The page of twelve releases."""
    with serving(CENSUSES["twelve"]) as served:
        yield served


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_is_whole_and_accessible(
    browser: Browser, census: tuple[str, str], width: int, scheme: str
) -> None:
    """Nothing fails, nothing is too wide, nothing is loaded from elsewhere, and axe is content."""
    name, address = census
    with visiting(browser, address, width=width, scheme=scheme) as visit:
        keep_screenshot(visit.page, f"{name}-{width}-{scheme}")
        assert visit.complaints == []
        assert {url.removeprefix(address) for url in visit.requested} == {
            *("", "census.css", "census.svg"),
        }
        assert visit.width() == width
        result = Axe().run(visit.page)
        assert result.violations_count == 0, result.generate_report()


def test_the_page_needs_no_scripts(browser: Browser, census: tuple[str, str]) -> None:
    """Without JavaScript every figure is there, in the same places."""
    _, address = census
    with (
        visiting(browser, address) as usual,
        visiting(browser, address, has_scripts=False) as without,
    ):
        assert without.page.inner_text("body") == usual.page.inner_text("body")
        assert without.page.locator("script").count() == 0
        assert without.page.locator("h1").is_visible()
        keep_screenshot(without.page, f"{census[0]}-without-scripts")


@pytest.mark.parametrize("width", WIDTHS)
def test_large_letters_fit(browser: Browser, address: str, width: int) -> None:
    """Who reads letters of twice the size does not have to scroll sideways (WCAG 1.4.4)."""
    with visiting(browser, address, width=width) as visit:
        visit.page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert visit.width() == width


def test_dark_is_dark(browser: Browser, address: str) -> None:
    """The colours follow what the reader's system asks for."""
    grounds = []
    for scheme in SCHEMES:
        with visiting(browser, address, scheme=scheme) as visit:
            grounds.append(visit.page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert grounds == ["rgb(255, 255, 255)", "rgb(17, 22, 29)"]


def test_the_keyboard_is_enough(browser: Browser, address: str) -> None:
    """The first stop skips to the results; every stop is visible, and tables open with a key."""
    with visiting(browser, address) as visit:
        page = visit.page
        page.keyboard.press("Tab")
        skip = page.locator("a.skip")
        box = skip.bounding_box()
        assert skip.evaluate("each => each === document.activeElement")
        assert box is not None
        assert box["x"] >= 0
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "results"
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
        outline = "getComputedStyle(document.activeElement).outlineStyle"
        assert page.evaluate(outline) == "solid"
        page.keyboard.press("Enter")
        assert page.locator("details[open] table").first.is_visible()


def test_the_page_can_be_printed(browser: Browser, address: str) -> None:
    """On paper the figures and bars stay, and what only a screen can do goes."""
    with visiting(browser, address) as visit:
        page = visit.page
        page.emulate_media(media="print")
        assert not page.locator("nav").is_visible()
        assert page.locator("article table").first.is_visible()
        assert page.locator("article .share").first.is_visible()
        keep_screenshot(page, "twelve-print")
        assert page.pdf().startswith(b"%PDF-")


def test_the_page_may_be_below_a_path(browser: Browser, address: str) -> None:
    """Behind a front that serves the collector at /census/ it has its styles, and its links lead to
    the data.
    """
    front = "https://example.com/census/"

    def forward(route: Route) -> None:
        route.fulfill(response=route.fetch(url=address + route.request.url.removeprefix(front)))

    with browser.new_context() as context:
        context.route(f"{front}**", forward)
        page = context.new_page()
        page.goto(front)
        assert page.evaluate("getComputedStyle(document.querySelector('a.skip')).position") == (
            "absolute"
        )
        assert page.evaluate("document.querySelector('.brand img').naturalWidth") > 0
        page.get_by_role("link", name="as JSON").click()
        assert page.url == f"{front}api/v1/statistics"
        assert "firstDay" in page.inner_text("body")


def test_a_question_has_an_address(browser: Browser, address: str) -> None:
    """Who clicks its heading has an address that leads there again."""
    with visiting(browser, address) as visit:
        visit.page.get_by_role("link", name="Kernel", exact=True).click()
        assert visit.page.url == f"{address}#question-kernel"
    with visiting(browser, f"{address}#question-kernel") as visit:
        box = visit.page.locator("#question-kernel").bounding_box()
        assert box is not None
        assert 0 <= box["y"] < 100


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_hostile_texts_leave_the_page_intact(browser: Browser, width: int) -> None:
    """Whatever the texts of a release are, they are shown as texts, and in their places."""
    plain = CENSUSES["10000"].releases[0]
    hostile = made_hostile(plain)
    with serving(Census([hostile])) as address, visiting(browser, address, width=width) as visit:
        page = visit.page
        keep_screenshot(page, f"hostile-{width}")
        assert visit.complaints == []
        assert visit.width() == width
        assert page.locator("script").count() == 0
        assert page.locator("img").count() == 1
        assert page.locator("h1").count() == 1
        assert page.locator("article").count() == len(plain.answers)
        shown = page.inner_text("body")
        for text in HOSTILE[:5]:
            assert text in shown


def made_hostile(plain: Release) -> Release:
    """Return a release whose every text is made to break a page."""

    def spoil(number: int, answers: Answers) -> Answers:
        texts = HOSTILE[number % len(HOSTILE) :] + HOSTILE
        cells = tuple(
            replace(cell, answer=f"{text} {place}")
            for place, (cell, text) in enumerate(zip(answers.cells, texts, strict=False))
        )
        return replace(answers, question=f"{texts[0]} {number}", title=f"{texts[1]}", cells=cells)

    answers = tuple(spoil(number, each) for number, each in enumerate(plain.answers))
    return replace(plain, statement=" ".join(HOSTILE), answers=answers)
