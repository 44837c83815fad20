"""What is answered derives from the releases."""

import gzip

from hypothesis import given
from hypothesis import strategies as st

from census import decode
from collector.publishing.page.render import About, render
from collector.publishing.representations import build
from collector.publishing.site import Site
from collector.publishing.testing import exact_release, release
from collector.values import Publish


def site_of(clusters: int, seed: int) -> Site:
    about = About(publish=Publish.MONTHLY)
    return build((release(clusters, seed=seed),), lambda releases: render(releases, about))


def test_equal_releases_give_equal_bytes() -> None:
    """Two censuses that differ, and whose releases are equal, cannot be told apart by any byte.

    Entity tags, lengths and compressed bytes are among them.
    """
    one = release(300, seed=1)
    other = decode(
        gzip.decompress(build((one,), lambda _: b"")["/api/v1/statistics"].compressed.content)
    )
    about = About(publish=Publish.MONTHLY)
    assert one is not other
    assert build((one,), lambda each: render(each, about)) == build(
        (other,), lambda each: render(each, about)
    )


def test_other_releases_have_other_entity_tags() -> None:
    """What changed with the noise has another tag; style and icon have not changed."""
    one, other = site_of(300, 1), site_of(300, 2)
    changed = {path for path in one if one[path].plain.etag != other[path].plain.etag}
    assert one.keys() - changed == {"/census.css", "/census.svg"}


@given(months=st.sets(st.integers(1, 40), max_size=4))
def test_each_release_has_its_address(months: set[int]) -> None:
    """The names are those of the months, and the latest is the last of them."""
    releases = [exact_release(50, month) for month in sorted(months)]
    site = build(releases, lambda _: b"")
    prefix = "/api/v1/statistics/"
    named = {path.removeprefix(prefix) for path in site if path.startswith(prefix)}
    assert named == {each.first_day[:7] for each in releases}
    if releases:
        assert decode(site["/api/v1/statistics"].plain.content) == releases[-1]
