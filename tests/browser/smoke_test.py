"""A smoke test of the page, where Chromium is installed; page_test.py, which is slow, has more."""

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # no types

from tests.browser.visits import CHROMIUM, PHONE, censuses, running_browser, serving, visiting


@pytest.mark.skipif(
    CHROMIUM is None,
    reason="chromium is not installed, so no browser opens the page. Install Debian's, and run"
    " ./pants test --force tests/browser:: for this smoke test,"
    """ and ./pants --tag='["slow"]' test --force tests/browser:: for all of them""",
)
def test_the_page_opens() -> None:
    """A phone shows twelve releases without a complaint, and axe has none either."""
    with (
        serving(censuses()["twelve"]) as address,
        running_browser() as browser,
        visiting(browser, address, width=PHONE) as visit,
    ):
        assert visit.complaints == []
        assert visit.width() == PHONE
        result = Axe().run(visit.page)
        assert result.violations_count == 0, result.generate_report()
