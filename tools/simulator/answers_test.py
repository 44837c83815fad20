"""A healthy API server's answers: pages, shapes, errors."""

import gzip
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.simulator.answers import GZIP_THRESHOLD_BYTES, Answers, Store
from tools.simulator.cluster import Cluster
from tools.simulator.messages import Request, Response

CLUSTER = Cluster.generate(nodes=33, seed=1)
ANSWERS = Answers(CLUSTER)
FRESH = Store()
NODES = "/api/v1/nodes"
PARTIAL = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"


def get(path: str, store: Store = FRESH, *, accept: str = "*/*", **query: str) -> Response:
    request = Request(method="GET", path=path, query=query, headers={"accept": accept})
    return ANSWERS.answer(request, store)


def document(response: Response, status: int = 200) -> dict[str, Any]:
    """Decode an answer after looking at its status and type."""
    assert response.status == status, response.body
    assert response.headers["Content-Type"] == "application/json"
    decoded: dict[str, Any] = json.loads(response.body)
    return decoded


def all_pages(path: str, *, limit: int, accept: str = "*/*") -> list[dict[str, Any]]:
    """List page by page, as a client does."""
    pages = [document(get(path, accept=accept, limit=str(limit)))]
    while token := pages[-1]["metadata"].get("continue"):
        pages.append(document(get(path, accept=accept, limit=str(limit), **{"continue": token})))
    return pages


def test_version() -> None:
    """`/version` tells the version of the API server."""
    assert document(get("/version"))["gitVersion"].startswith("v1.")


@given(limit=st.integers(1, 40))
def test_pages_join(limit: int) -> None:
    """Pages of any size hold each node once, in order, and each but the last is full."""
    pages = all_pages(NODES, limit=limit)
    names = [item["metadata"]["name"] for page in pages for item in page["items"]]
    assert names == sorted(set(names))
    assert len(names) == 33
    assert all(len(page["items"]) == limit for page in pages[:-1])


@given(limit=st.integers(1, 40))
def test_remaining(limit: int) -> None:
    """Each page but the last says how many items remain after it."""
    pages = all_pages(NODES, limit=limit)
    listed = 0
    for page in pages[:-1]:
        listed += len(page["items"])
        assert page["metadata"]["remainingItemCount"] == 33 - listed
    assert "remainingItemCount" not in pages[-1]["metadata"]


def test_no_limit() -> None:
    """Without a limit the whole list comes at once."""
    body = document(get(NODES))
    assert (body["kind"], body["apiVersion"], len(body["items"])) == ("NodeList", "v1", 33)


def test_kube_system() -> None:
    """The `kube-system` namespace has the same UID alone and in the list of namespaces."""
    alone = document(get("/api/v1/namespaces/kube-system"))
    listed = {
        item["metadata"]["name"]: item["metadata"]["uid"]
        for item in document(get("/api/v1/namespaces"))["items"]
    }
    assert (alone["kind"], alone["metadata"]["uid"]) == ("Namespace", listed["kube-system"])


@pytest.mark.parametrize("path", sorted(CLUSTER.collections))
def test_metadata_only(path: str) -> None:
    """Every kind can be listed as metadata only, in pages."""
    pages = all_pages(path, limit=7, accept=PARTIAL)
    items = [item for page in pages for item in page["items"]]
    assert {page["kind"] for page in pages} == {"PartialObjectMetadataList"}
    assert len(items) == CLUSTER.collections[path].size
    assert all(item.keys() == {"kind", "apiVersion", "metadata"} for item in items)
    assert all(item["metadata"]["creationTimestamp"].endswith("Z") for item in items)


def test_first_acceptable_shape() -> None:
    """The first media type that the server can make decides the shape."""
    both = f"application/vnd.kubernetes.protobuf, {PARTIAL}, application/json"
    assert document(get(NODES, accept=both))["kind"] == "PartialObjectMetadataList"


@pytest.mark.parametrize(
    ("path", "accept"),
    [
        (NODES, "application/vnd.kubernetes.protobuf"),
        (NODES, "application/json;as=Table;g=meta.k8s.io;v=v1"),
        ("/api/v1/pods", "application/json"),
    ],
)
def test_not_acceptable(path: str, accept: str) -> None:
    """A shape that the simulator does not have is refused with 406."""
    assert document(get(path, accept=accept), 406)["reason"] == "NotAcceptable"


@pytest.mark.parametrize(
    "query",
    [{"limit": "-1"}, {"limit": "many"}, {"continue": "garbage"}, {"watch": "true"}],
)
def test_bad_query(query: dict[str, str]) -> None:
    """A bad limit, an invented token or an unsupported parameter is a bad request."""
    assert document(get(NODES, FRESH, **query), 400)["reason"] == "BadRequest"


def test_unknown_path() -> None:
    """An unknown path is answered with a Status object that says so."""
    assert document(get("/api/v1/unicorns"), 404) == {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": "the server could not find the requested resource",
        "reason": "NotFound",
        "code": 404,
    }


def test_other_method() -> None:
    """Anything but reading is refused."""
    response = ANSWERS.answer(Request(method="DELETE", path=NODES), Store())
    assert document(response, 405)["reason"] == "MethodNotAllowed"


def test_expired_token() -> None:
    """A token from before a compaction is answered with 410 and a token that goes on."""
    first = document(get(NODES, limit="30"))
    later = Store().compacted(offers_successor=True)
    expired = document(get(NODES, later, **{"continue": first["metadata"]["continue"]}), 410)
    assert expired["reason"] == "Expired"
    rest = document(get(NODES, later, **{"continue": expired["metadata"]["continue"]}))
    names = [item["metadata"]["name"] for page in (first, rest) for item in page["items"]]
    assert len(set(names)) == len(names) == 33


def test_expired_token_without_successor() -> None:
    """Where the store offers no successor, the 410 brings no token."""
    token = document(get(NODES, limit="30"))["metadata"]["continue"]
    later = Store().compacted(offers_successor=False)
    assert document(get(NODES, later, **{"continue": token}), 410)["metadata"] == {}


def test_gzip() -> None:
    """A large answer is compressed for a client that takes gzip, and means the same."""
    request = Request(method="GET", path=NODES, headers={"accept-encoding": "gzip, deflate"})
    response = ANSWERS.answer(request, Store())
    assert response.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(response.body) == get(NODES).body


def test_small_answer_is_plain() -> None:
    """An answer below the threshold is not compressed, as in a real API server."""
    request = Request(
        method="GET", path=NODES, query={"limit": "3"}, headers={"accept-encoding": "gzip"}
    )
    response = ANSWERS.answer(request, Store())
    assert len(response.body) < GZIP_THRESHOLD_BYTES
    assert "Content-Encoding" not in response.headers
