"""A browser, a collector that publishes, and what a visit to its page shows."""

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

from playwright.sync_api import Browser, Page, sync_playwright

from census import Release
from collector.publishing import store
from collector.publishing.testing import exact_release, release
from collector.testing import RunningCollector

CHROMIUM: Final = shutil.which("chromium")
PHONE: Final = 360
DESKTOP: Final = 1280
WIDTHS: Final = (PHONE, DESKTOP)
SCHEMES: Final = ("light", "dark")
_HEIGHT: Final = 900
_MONTHLY: Final = ("--publish", "monthly", "--public-address", "https://census.example.com")
_EXACT: Final = ("--publish", "exact")


class Census(NamedTuple):
    """What a collector has published, and how it is started."""

    releases: Sequence[Release]
    flags: Sequence[str] = _MONTHLY


def censuses() -> Mapping[str, Census]:
    """Return censuses of every size, by name."""
    return {
        "none": Census(()),
        "30": Census([release(30, month=10)]),
        "300": Census([release(300, month=10)]),
        "10000": Census([release(10_000, month=10)]),
        "twelve": Census([release(2_000 + 700 * month, month - 2) for month in range(1, 13)]),
        "exact": Census([exact_release(140, month) for month in (8, 9, 10)], _EXACT),
    }


@contextmanager
def serving(census: Census) -> Iterator[str]:
    """Run a collector that publishes `census`; give the address of its page."""
    with TemporaryDirectory(prefix="spartakus-") as folder:
        for each in census.releases:
            store.add(Path(folder) / store.RELEASES_FOLDER, each)
        with RunningCollector(Path(folder), *census.flags) as collector:
            yield f"http://127.0.0.1:{collector.port()}/"


@contextmanager
def running_browser() -> Iterator[Browser]:
    """Run Chromium without a window."""
    assert CHROMIUM is not None, "install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        yield browser
        browser.close()


class Visit:
    """A page that was opened, with all that the browser complained of."""

    def __init__(self, page: Page) -> None:
        self.page: Final = page
        self.complaints: Final[list[str]] = []
        self.requested: Final[list[str]] = []
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: self.complaints.append(dialog.message))
        page.on("requestfailed", lambda request: self.complaints.append(request.url))
        page.on("request", lambda request: self.requested.append(request.url))
        page.on(
            "response",
            lambda response: None if response.ok else self.complaints.append(response.url),
        )

    def width(self) -> int:
        """Return how many pixels wide the content is."""
        return int(self.page.evaluate("document.documentElement.scrollWidth"))


@contextmanager
def visiting(
    browser: Browser,
    address: str,
    *,
    width: int = DESKTOP,
    scheme: str = "light",
    has_scripts: bool = True,
) -> Iterator[Visit]:
    """Open a page in a window of its own."""
    with browser.new_context(
        viewport={"width": width, "height": _HEIGHT},
        color_scheme="dark" if scheme == "dark" else "light",
        java_script_enabled=has_scripts,
    ) as context:
        visit = Visit(context.new_page())
        visit.page.goto(address)
        yield visit


def keep_screenshot(page: Page, name: str) -> None:
    """Keep what a page looks like in `dist/screenshots` of the checkout, which git ignores."""
    folder = Path(os.environ.get("SPARTAKUS_CHECKOUT", ".")) / "dist" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=folder / f"{name}.png", full_page=True)
