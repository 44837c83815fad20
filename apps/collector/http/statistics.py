"""`/` and `/api/v1/statistics`: what is published, answered from bytes that are there already."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import falcon

from collector.errors import NothingPublished
from collector.publishing.site import LATEST, Representation, Site

_FOR_ANY_ORIGIN: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag",
}
_PREFLIGHT: Final = {
    "Access-Control-Allow-Methods": "GET, HEAD",
    "Access-Control-Allow-Headers": "If-None-Match",
    "Access-Control-Max-Age": "86400",
}
_GZIP: Final = frozenset({"gzip", "x-gzip"})
# RFC 9110, 12.4.2: qvalue = ( "0" [ "." 0*3("0") ] ), which says "not acceptable".
_REFUSED: Final = re.compile(r"\s*q=0(\.0{0,3})?\s*")


@dataclass(slots=True)
class Statistics:
    """The addresses of a site. Where publishing is off there are none."""

    load: Callable[[], Site] = dict
    release_schema: Mapping[str, Any] | None = None
    """The JSON Schema of a release, None where publishing is off."""

    _site: Site = field(init=False)

    def __post_init__(self) -> None:
        """Load the site."""
        self.reload()

    def reload(self) -> None:
        """Load the site anew. Called from any thread, while requests are answered from the old."""
        self._site = self.load()

    def on_get(self, request: falcon.Request, response: falcon.Response, name: str = "") -> None:
        """Answer with what is published there. Raises `NothingPublished`."""
        site = self._site
        found = site.get(request.path)
        if request.path.startswith(LATEST):
            response.set_headers(_FOR_ANY_ORIGIN)
        if found is None:
            response.set_header("Cache-Control", "no-cache")  # it may be published in a minute
            raise NothingPublished(_reason(site, name))
        _answer_with(found, request.env, response)

    on_head = on_get

    def on_options(self, request: falcon.Request, response: falcon.Response, **_: str) -> None:
        """Let a page of another origin ask with If-None-Match, of which its browser asks first.

        https://fetch.spec.whatwg.org/#http-cors-protocol
        """
        response.set_header("Allow", "GET, HEAD, OPTIONS")
        response.status = falcon.HTTP_204
        if request.path.startswith(LATEST):
            response.set_headers(_FOR_ANY_ORIGIN | _PREFLIGHT)


def _answer_with(
    found: Representation, environ: Mapping[str, Any], response: falcon.Response
) -> None:
    response.set_headers(found.headers)
    accepts_gzip = _accepts_gzip(environ.get("HTTP_ACCEPT_ENCODING", ""))
    body = found.compressed if accepts_gzip else found.plain
    response.set_header("ETag", body.etag)
    if _matches(environ.get("HTTP_IF_NONE_MATCH", ""), body.etag):
        response.status = falcon.HTTP_304
        return
    if accepts_gzip:
        response.set_header("Content-Encoding", "gzip")
    response.content_type = found.content_type
    response.data = body.content


def _reason(site: Site, name: str) -> str:
    if not site:
        return "this collector publishes no statistics; --publish turns that on"
    if name:
        return "there is no such release; /api/v1/statistics.csv lists all of them"
    return "there is no release yet; the page at / says when the next is due"


def _accepts_gzip(header: str) -> bool:
    """Whether Accept-Encoding names gzip (RFC 9110, 12.5.3)."""
    for each in header.lower().split(","):
        coding, _, weight = each.partition(";")
        if coding.strip() in _GZIP:
            return _REFUSED.fullmatch(weight) is None
    return False


def _matches(header: str, etag: str) -> bool:
    """Whether If-None-Match names `etag`, compared weakly (RFC 9110, 13.1.2)."""
    return bool(header) and (
        header.strip() == "*"
        or etag in {each.strip().removeprefix("W/") for each in header.split(",")}
    )
