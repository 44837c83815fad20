"""From releases to all that is answered about them: made once, whenever a release is added."""

import gzip
import hashlib
import pkgutil
from collections.abc import Callable, Sequence
from types import MappingProxyType
from typing import Final

from census import Release, encode
from census.table import to_csv
from collector.publishing.site import (
    ICON,
    LATEST,
    PAGE,
    STYLES,
    TABLE,
    Body,
    Representation,
    Site,
)

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'"
)
_PACKAGE: Final = "collector.publishing.page"
_HASH_BYTES: Final = 16
_SOON: Final = "public, max-age=300"
_FOR_EVER: Final = "public, max-age=31536000, immutable"
_SNIFF: Final = ("X-Content-Type-Options", "nosniff")


def build(releases: Sequence[Release], render: Callable[[Sequence[Release]], bytes]) -> Site:
    """Return all that is answered about `releases`, the oldest first; `render` makes the page."""
    policies = (
        ("Content-Security-Policy", CONTENT_SECURITY_POLICY),
        ("Referrer-Policy", "no-referrer"),
    )
    encoded = {each.name: encode(each) for each in releases}
    table = to_csv((each.name, each) for each in releases)
    site = {
        PAGE: _represent(render(releases), "text/html; charset=utf-8", _SOON, *policies),
        STYLES: _represent(_file("page.css"), "text/css; charset=utf-8", _SOON),
        ICON: _represent(_file("icon.svg"), "image/svg+xml", _SOON, *policies),
        TABLE: _represent(table, "text/csv; charset=utf-8", _SOON),
        **{
            f"{LATEST}/{name}": _represent(data, "application/json", _FOR_EVER)
            for name, data in encoded.items()
        },
    }
    if releases:
        latest = encoded[releases[-1].name]
        site[LATEST] = _represent(latest, "application/json", _SOON)
    return MappingProxyType(site)


def _file(name: str) -> bytes:
    return pkgutil.get_data(_PACKAGE, name) or b""


def _represent(
    content: bytes, content_type: str, cache_control: str, *headers: tuple[str, str]
) -> Representation:
    # Nothing but the bytes may decide about these, so the time is not in them.
    compressed = gzip.compress(content, mtime=0)
    return Representation(
        content_type=content_type,
        headers=(
            ("Cache-Control", cache_control),
            ("Vary", "Accept-Encoding"),
            _SNIFF,
            *headers,
        ),
        plain=_body(content),
        compressed=_body(compressed),
    )


def _body(content: bytes) -> Body:
    return Body(content, f'"{hashlib.blake2b(content, digest_size=_HASH_BYTES).hexdigest()}"')
