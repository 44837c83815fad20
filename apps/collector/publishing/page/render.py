"""From releases to the bytes of the page. A pure function: what it is given is all it can show."""

import pkgutil
from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import Final, NamedTuple

from jinja2 import Environment, StrictUndefined, Template
from msgspec import Struct

from census import Release
from census.words import OTHER, UNKNOWN
from collector.publishing.page import charts, tables, texts
from collector.values import Publish

_TEMPLATE: Final = "page.html.jinja"
_HEADLINES: Final = {
    "kubernetes": "Most common version",
    "distribution": "Most common distribution",
    "architecture": "Most common architecture",
}
"""Questions whose largest answer stands at the top, with what it is called there."""

_EXACT: Final = (
    "Exact figures, not private: this collector publishes for a closed circle. Anyone who knows all"
    " clusters but one learns that one's answers."
)
_NOISE: Final = (
    "Every count gets random noise before it is published, once and for ever, so that the figures"
    " hardly depend on whether any one cluster takes part, or on what it runs."
)
_PLACE_OF_ADDRESS: Final = "ADDRESS"


class About(Struct, frozen=True, kw_only=True):
    """What the page says besides its releases; nothing that a report could change."""

    publish: Publish
    """How often there is a release, or that figures are exact."""

    next_due: date | None = None
    """The day of the next release, where it is known."""

    address: str | None = None
    """The public address of the collector, where it is known."""


class Figure(NamedTuple):
    """A headline: one answer in large letters."""

    name: str
    value: str
    note: str


class Published(NamedTuple):
    """A release in the list of all."""

    name: str
    period: str


class Page(NamedTuple):
    """All that the template fills in."""

    title: str
    heading: str
    warning: str
    lead: str
    figures: tuple[Figure, ...]
    clusters: charts.Chart | None
    groups: dict[str, list[tables.Table]]
    is_exact: bool
    privacy: str
    next_release: str
    address: str
    releases: tuple[Published, ...]


def render(releases: Sequence[Release], about: About) -> bytes:
    """Return the page of `releases`, the oldest first, as UTF-8. There may be none yet."""
    page = _page(releases, about) if releases else _empty(about)
    return _template().render(page=page).encode()


@cache
def _template() -> Template:
    source = pkgutil.get_data(__package__, _TEMPLATE) or b""
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(source.decode())


def _empty(about: About) -> Page:
    due = f"are due on {texts.day(about.next_due)}" if about.next_due else "come after the period"
    return Page(
        title="A census of Kubernetes clusters",
        heading="No figures yet",
        warning=_EXACT if about.publish is Publish.EXACT else "",
        lead=f"Clusters are being counted. The first figures {due}; after that there are new ones"
        f" {_how_often(about)}.",
        figures=(),
        clusters=None,
        groups={},
        is_exact=about.publish is Publish.EXACT,
        privacy="" if about.publish is Publish.EXACT else _NOISE,
        next_release=f"Figures are computed once {_how_often(about)}, and never changed.",
        address=about.address or _PLACE_OF_ADDRESS,
        releases=(),
    )


def _page(releases: Sequence[Release], about: About) -> Page:
    latest = releases[-1]
    period = texts.period(latest)
    heading = f"Kubernetes clusters {'from' if ' to ' in period else 'in'} {period}"
    return Page(
        title=heading,
        heading=heading,
        warning=_EXACT if latest.guarantee is None else "",
        lead=_lead(latest),
        figures=_figures(latest),
        clusters=charts.of_clusters(releases),
        groups=tables.tables(releases),
        is_exact=latest.guarantee is None,
        privacy=_privacy(latest),
        next_release=_next(about),
        address=about.address or _PLACE_OF_ADDRESS,
        releases=tuple(Published(each.name, texts.period(each)) for each in reversed(releases)),
    )


def _lead(release: Release) -> str:
    if release.guarantee is None and not release.clusters:
        return texts.NOBODY
    count = f"{texts.number(release.clusters)} clusters"
    if release.guarantee is not None:
        count = f"About {count}, give or take {texts.number(release.margin)},"
    if not release.answers:
        return (
            f"{count} took part: too few for any figure to stand out of the noise that protects"
            " them. The census grows with every cluster that reports."
        )
    return (
        f"{count} took part. Their owners chose to: this is a census of volunteers, not of all"
        " clusters."
    )


def _figures(release: Release) -> tuple[Figure, ...]:
    if not (release.answers and release.clusters):
        return ()
    margin = "" if release.guarantee is None else f"± {texts.number(release.margin)}"
    figures = [Figure("Clusters", texts.number(release.clusters), margin)]
    for answers in release.answers:
        cells = [cell for cell in answers.cells if cell.answer not in {OTHER, UNKNOWN}]
        if answers.question in _HEADLINES and cells:
            top = max(cells, key=lambda cell: cell.share)
            share = texts.percent(top.share, texts.decimals(release))
            kind = tables.STYLES[answers.question].unit.name.lower()
            figures.append(Figure(_HEADLINES[answers.question], top.answer, f"{share} of {kind}"))
    return tuple(figures)


def _privacy(release: Release) -> str:
    guarantee = release.guarantee
    if guarantee is None:
        return release.statement
    deviation = texts.number(guarantee.standard_deviation)
    return (
        f"{_NOISE} Its standard deviation is {deviation} clusters; what does not stand out of it is"
        f' in "other". {release.statement} The budget of a year\'s {guarantee.releases_a_year}'
        f" releases, all questions together, is ε = {guarantee.epsilon:g} at δ ="
        f" {texts.small(guarantee.delta)} (differential privacy)."
    )


def _how_often(about: About) -> str:
    every = {Publish.WEEKLY: "each week", Publish.QUARTERLY: "each quarter"}
    return every.get(about.publish, "each month")


def _next(about: About) -> str:
    due = f" The next is due on {texts.day(about.next_due)}." if about.next_due else ""
    return f"A release is made {_how_often(about)}, once, and never changed.{due}"
