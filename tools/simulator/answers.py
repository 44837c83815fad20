"""From a request to the answer a healthy API server gives. Pure: no sockets, no clock."""

import gzip
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal, TypeAlias

from tools.simulator.cluster import Cluster
from tools.simulator.collection import Collection
from tools.simulator.continue_tokens import ContinueToken, MalformedToken
from tools.simulator.messages import Request, Response, compact_json, status_response

# k8s.io/apiserver compresses at level 1, and only answers larger than this.
GZIP_THRESHOLD_BYTES: Final = 128 * 1024
_GZIP_LEVEL: Final = 1
_UNSUPPORTED_PARAMETERS: Final = ("watch", "labelSelector", "fieldSelector")
_CACHED_PAGES: Final = 32

_EXPIRED_MESSAGE: Final = (
    "The provided continue parameter is too old to display a consistent list result. You can "
    "start a new list without the continue parameter, or use the continue token in this response "
    "to retrieve the remainder of the results. Continuing with the provided token results in an "
    "inconsistent list - objects that were created, modified, or deleted between the time the "
    "first chunk was returned and now may show up in the list."
)
_NOT_ACCEPTABLE_MESSAGE: Final = (
    "only the following media types are accepted: application/json, "
    "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
)
Shape: TypeAlias = Literal["whole", "partial"]


@dataclass(frozen=True, kw_only=True)
class Store:
    """The state of the API server's store.

    Continue tokens of an earlier `revision` are expired; `offers_successor` says whether the 410
    for one brings a token that goes on from the same place.
    """

    revision: int = 1_000_000
    offers_successor: bool = True

    def compacted(self, *, offers_successor: bool) -> "Store":
        """Return the store with every token given out so far expired."""
        return Store(revision=self.revision + 1, offers_successor=offers_successor)


class Answers:
    """Answers for one cluster; finished pages are kept, so that a benchmark measures its client."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._page = lru_cache(_CACHED_PAGES)(_page)
        self._compress = lru_cache(_CACHED_PAGES)(_compress)

    def answer(self, request: Request, store: Store) -> Response:
        """Answer one request from this state of the store."""
        if request.method != "GET":
            return status_response(
                code=405,
                reason="MethodNotAllowed",
                message="the server does not allow this method on the requested resource",
            )
        response = self._get(request, store)
        wants_gzip = "gzip" in request.headers.get("accept-encoding", "")
        if wants_gzip and len(response.body) > GZIP_THRESHOLD_BYTES:
            return Response(
                status=response.status,
                body=self._compress(response.body),
                headers={**response.headers, "Content-Encoding": "gzip", "Vary": "Accept-Encoding"},
            )
        return response

    def _get(self, request: Request, store: Store) -> Response:
        if request.path == "/version":
            return Response.from_json(self._cluster.version)
        if request.path in self._cluster.objects:
            return Response.from_json(self._cluster.objects[request.path])
        if request.path in self._cluster.collections:
            return self._list(self._cluster.collections[request.path], request, store)
        return status_response(
            code=404,
            reason="NotFound",
            message="the server could not find the requested resource",
        )

    def _list(self, collection: Collection, request: Request, store: Store) -> Response:
        """List one page, by the rules of `limit` and `continue` of the Kubernetes API concepts."""
        for parameter in _UNSUPPORTED_PARAMETERS:
            if request.query.get(parameter):
                return _bad_request(f"this simulator does not support {parameter}")
        shape = _accepted_shape(request.headers.get("accept", "*/*"))
        if shape is None or (shape == "whole" and collection.whole is None):
            return status_response(
                code=406, reason="NotAcceptable", message=_NOT_ACCEPTABLE_MESSAGE
            )
        limit_text = request.query.get("limit") or "0"
        if not limit_text.isdecimal():
            return _bad_request(f'strconv.ParseInt: parsing "{limit_text}": invalid syntax')
        offset = 0
        if token_text := request.query.get("continue"):
            try:
                token = ContinueToken.decode(token_text)
            except MalformedToken as error:
                return _bad_request(f"continue key is not valid: {error}")
            if token.revision < store.revision:
                return _expired(token, store)
            offset = token.offset
        limit = int(limit_text) or collection.size
        return Response.from_bytes(self._page(collection, shape, offset, limit, store.revision))


def _expired(token: ContinueToken, store: Store) -> Response:
    """Make the 410 for an expired token, with or without a token that goes on from there.

    Source: "Retrieving large results sets in chunks" in the Kubernetes API concepts.
    """
    successor = ContinueToken(revision=store.revision, offset=token.offset).encode()
    return status_response(
        code=410,
        reason="Expired",
        message=_EXPIRED_MESSAGE,
        continue_token=successor if store.offers_successor else None,
    )


def _bad_request(message: str) -> Response:
    return status_response(code=400, reason="BadRequest", message=message)


def _accepted_shape(accept: str) -> Shape | None:
    """Choose the first media type of an Accept header that this server can make."""
    for media_range in accept.split(","):
        media_type, *parameters = (part.strip() for part in media_range.split(";"))
        wanted = dict(parameter.partition("=")[::2] for parameter in parameters)
        if media_type not in {"application/json", "application/*", "*/*"}:
            continue
        if "as" not in wanted:
            return "whole"
        if (wanted["as"], wanted.get("g"), wanted.get("v")) == (
            "PartialObjectMetadataList",
            "meta.k8s.io",
            "v1",
        ):
            return "partial"
    return None


def _page(collection: Collection, shape: Shape, offset: int, limit: int, revision: int) -> bytes:
    """Encode one page of a list."""
    end = min(offset + limit, collection.size)
    metadata: dict[str, object] = {"resourceVersion": str(revision)}
    if end < collection.size:
        metadata["continue"] = ContinueToken(revision=revision, offset=end).encode()
        metadata["remainingItemCount"] = collection.size - end
    if shape == "whole" and collection.whole is not None:
        kind, api_version, item = f"{collection.kind}List", collection.api_version, collection.whole
    else:
        kind, api_version = "PartialObjectMetadataList", "meta.k8s.io/v1"
        item = collection.partial
    items = b",".join(map(item, range(offset, end)))
    head = compact_json({"kind": kind, "apiVersion": api_version, "metadata": metadata})
    return head[:-1] + b',"items":[' + items + b"]}\n"


def _compress(body: bytes) -> bytes:
    return gzip.compress(body, compresslevel=_GZIP_LEVEL, mtime=0)
