"""Behaviour of `collector.http.statistics`: statuses, headers and validators."""

import gzip

import falcon
import pytest
from falcon.testing import TestClient

from census import json_schema
from collector.http.application import create_application
from collector.http.conftest import FakeSpool, Serve, get, group_of
from collector.http.statistics import Statistics
from collector.publishing.representations import CONTENT_SECURITY_POLICY, build
from collector.publishing.testing import exact_release
from collector.telemetry.metrics import Metrics

RELEASES = (exact_release(40, 10), exact_release(50, 11))
LATEST = "/api/v1/statistics"
PATHS = ("/", LATEST, f"{LATEST}/2026-10", f"{LATEST}/2026-11", f"{LATEST}.csv", "/census.css")


def application_of(statistics: Statistics) -> falcon.App[falcon.Request, falcon.Response]:
    metrics = Metrics(version="1.2.3")
    return create_application(
        group_of(FakeSpool(), metrics),
        clock=lambda: 0.0,
        random_bytes=bytes,
        version="1.2.3",
        metrics=metrics,
        statistics=statistics,
    )


def client_of(statistics: Statistics) -> TestClient:
    return TestClient(application_of(statistics))


@pytest.fixture
def client() -> TestClient:
    site = build(RELEASES, lambda releases: f"<p>{len(releases)} releases".encode())
    return client_of(Statistics(lambda: site, json_schema()))


@pytest.mark.parametrize("path", PATHS)
def test_what_is_published_is_answered(client: TestClient, path: str) -> None:
    """Every address answers 200 to GET, and to HEAD the same without the body."""
    got, head = client.simulate_get(path), client.simulate_head(path)
    assert (got.status_code, head.status_code) == (200, 200)
    assert got.content
    assert head.content == b""
    assert head.headers == got.headers
    assert got.headers["x-content-type-options"] == "nosniff"


def test_the_latest_release_is_the_last(client: TestClient) -> None:
    """`/api/v1/statistics` is the newest of the named releases."""
    latest = client.simulate_get(LATEST)
    assert latest.json["lastDay"] == "2026-11-30"
    assert latest.content == client.simulate_get(f"{LATEST}/2026-11").content
    assert client.simulate_get(f"{LATEST}/2026-10").json["lastDay"] == "2026-10-31"


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("form", ["{}", "W/{}", '"x", {}', "*"])
def test_what_a_client_has_is_not_sent_again(client: TestClient, path: str, form: str) -> None:
    """If-None-Match that names the entity tag is answered 304, with the headers of the 200."""
    got = client.simulate_get(path)
    etag = got.headers["etag"]
    again = client.simulate_get(path, headers={"If-None-Match": form.format(etag)})
    assert (again.status_code, again.content) == (304, b"")
    for name in ("etag", "cache-control", "vary"):
        assert again.headers[name] == got.headers[name]
    other = client.simulate_get(path, headers={"If-None-Match": '"another"'})
    assert other.content == got.content


@pytest.mark.parametrize("path", PATHS)
def test_a_client_that_accepts_it_gets_gzip(client: TestClient, path: str) -> None:
    """It is the same content under an entity tag of its own."""
    plain = client.simulate_get(path)
    compressed = client.simulate_get(path, headers={"Accept-Encoding": "br, gzip;q=0.5"})
    assert compressed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(compressed.content) == plain.content
    assert compressed.headers["etag"] != plain.headers["etag"]
    refused = client.simulate_get(path, headers={"Accept-Encoding": "gzip;q=0, identity"})
    assert "content-encoding" not in refused.headers


def test_a_release_may_be_kept_for_ever(client: TestClient) -> None:
    """What a name leads to never changes; what is the latest does."""
    kept = {path: client.simulate_get(path).headers["cache-control"] for path in PATHS}
    for_ever = {path for path, value in kept.items() if "immutable" in value}
    assert for_ever == {f"{LATEST}/2026-10", f"{LATEST}/2026-11"}
    assert all(value.startswith("public, max-age=") for value in kept.values())


def test_the_page_loads_nothing_from_elsewhere(client: TestClient) -> None:
    """Its policy allows this collector's styles and images, and no script."""
    headers = client.simulate_get("/").headers
    assert headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["content-type"] == "text/html; charset=utf-8"


def test_any_page_may_read_the_figures(client: TestClient) -> None:
    """JSON, CSV and what is missing may be read from other origins."""
    for path in (LATEST, f"{LATEST}/2026-10", f"{LATEST}.csv", f"{LATEST}/2020-01"):
        assert client.simulate_get(path).headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-origin" not in client.simulate_get("/").headers


@pytest.mark.parametrize("path", PATHS[1:5])
def test_any_page_may_ask_again(client: TestClient, path: str) -> None:
    """A browser that first asks whether If-None-Match may be sent hears that it may, and a script
    may read the entity tag.
    """
    asked = client.simulate_options(
        path,
        headers={
            "Origin": "https://elsewhere.example",
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "if-none-match",
        },
    )
    assert (asked.status_code, asked.content) == (204, b"")
    assert asked.headers["access-control-allow-origin"] == "*"
    assert asked.headers["access-control-allow-methods"] == "GET, HEAD"
    assert asked.headers["access-control-allow-headers"] == "If-None-Match"
    assert client.simulate_get(path).headers["access-control-expose-headers"] == "ETag"


def test_the_page_is_of_one_origin(client: TestClient) -> None:
    """What is no data is not opened to other origins."""
    asked = client.simulate_options("/")
    assert asked.headers["allow"] == "GET, HEAD, OPTIONS"
    assert not [name for name in asked.headers if name.startswith("access-control")]


@pytest.mark.parametrize("name", ["2020-01", "2026-11.json", "..", "%00", "2026-11%20"])
def test_an_unknown_release_is_404(client: TestClient, name: str) -> None:
    """The problem says where all are listed."""
    response = client.simulate_get(f"{LATEST}/{name}")
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"
    assert "statistics.csv" in response.json["detail"]
    assert response.headers["cache-control"] == "no-cache"


def test_without_a_release_there_is_a_page() -> None:
    """The page and an empty table are there; the latest release is 404, with the reason."""
    client = client_of(Statistics(lambda: build((), lambda _: b"<p>none"), json_schema()))
    assert client.simulate_get("/").text == "<p>none"
    assert client.simulate_get(f"{LATEST}.csv").text.count("\n") == 1
    missing = client.simulate_get(LATEST)
    assert missing.status_code == 404
    assert "no release yet" in missing.json["detail"]


@pytest.mark.parametrize("path", [LATEST, f"{LATEST}/2026-11", f"{LATEST}.csv"])
def test_where_nothing_is_published_each_address_is_404(path: str) -> None:
    """The problem names the flag."""
    response = client_of(Statistics()).simulate_get(path)
    assert response.status_code == 404
    assert "--publish" in response.json["detail"]


@pytest.mark.parametrize("path", PATHS)
def test_other_methods_are_405(client: TestClient, path: str) -> None:
    """Allow names those that are allowed."""
    response = client.simulate_post(path)
    assert response.status_code == 405
    assert {"GET", "HEAD"} <= {each.strip() for each in response.headers["allow"].split(",")}


def test_a_site_is_loaded_anew() -> None:
    """What is loaded then is what the next request gets."""
    releases = list(RELEASES[:1])
    statistics = Statistics(lambda: build(releases, lambda _: b""), json_schema())
    client = client_of(statistics)
    releases.append(RELEASES[1])
    assert client.simulate_get(LATEST).json["lastDay"] == "2026-10-31"
    statistics.reload()
    assert client.simulate_get(LATEST).json["lastDay"] == "2026-11-30"


def test_a_connection_goes_on_after_each_answer(serve: Serve) -> None:
    """The page, its header alone and a 304 follow one another on one connection, whole."""
    page = b"<p>" + b"long " * 100_000
    site = build(RELEASES, lambda _: page)
    client = serve(application_of(Statistics(lambda: site, json_schema()))).client()
    client.send(get("/"))
    got = client.response()
    client.send(get("/", method="HEAD"))
    head = client.response(to_head=True)
    client.send(get("/", f"If-None-Match: {got.headers['etag']}"))
    same = client.response()
    client.send(get("/"))
    again = client.response()
    assert [each.status for each in (got, head, same, again)] == [200, 200, 304, 200]
    assert got.body == again.body == page
    assert head.headers["content-length"] == str(len(page))
    assert "content-length" not in same.headers
