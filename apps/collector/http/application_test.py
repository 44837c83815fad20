"""Behaviour of `collector.http.application`: statuses, headers and documents."""

import json

import pytest
from falcon.testing import TestClient

from collector.errors import IdempotencyKeyReused, SpoolFull, SpoolUnavailable
from collector.http.application import create_application
from collector.http.conftest import FakeSpool, group_of
from collector.http.dispatcher import GroupCommit
from collector.http.intake import MAX_BODY_BYTES
from collector.http.rate_limit import RateLimit
from collector.http.statistics import Statistics
from collector.spool.writer import Added
from collector.telemetry.logs import get_log
from collector.telemetry.metrics import Metrics
from collector.values import networks

BODY = b'{"version":"v1","clusterID":"c-1"}'
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def spool() -> FakeSpool:
    return FakeSpool()


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(version="1.2.3")


@pytest.fixture
def group(spool: FakeSpool, metrics: Metrics) -> GroupCommit:
    return group_of(spool, metrics)


def client_of(
    group: GroupCommit, metrics: Metrics, rate_limit: RateLimit | None = None
) -> TestClient:
    return TestClient(
        create_application(
            group,
            clock=lambda: 7_300.0,
            random_bytes=lambda count: b"\x07" * count,
            version="1.2.3",
            metrics=metrics,
            rate_limit=rate_limit,
            statistics=Statistics(),
        )
    )


@pytest.fixture
def client(group: GroupCommit, metrics: Metrics) -> TestClient:
    return client_of(group, metrics)


@pytest.mark.parametrize("path", ["/api/v1", "/api/v1/"])
def test_a_report_is_kept_and_answered_204(client: TestClient, spool: FakeSpool, path: str) -> None:
    """A valid report is stamped, given to the spool and answered without content."""
    response = client.simulate_post(path, body=BODY, headers=JSON)
    assert (response.status_code, response.content) == (204, b"")
    assert [each.received_at for each in spool.added] == [7_200]


def test_a_post_joins_the_group(client: TestClient, group: GroupCommit) -> None:
    """Its 204 is true only once the group is committed; nothing else awaits that."""
    client.simulate_get("/healthz")
    assert not group.take_joined()
    client.simulate_post("/api/v1", body=BODY, headers=JSON)
    assert group.take_joined()


def test_an_invalid_report_is_400_with_path_and_rule(client: TestClient) -> None:
    """A refusal is an RFC 9457 document that names what is wrong."""
    response = client.simulate_post("/api/v1", body=b'{"version":"v1"}', headers=JSON)
    assert response.status_code == 400
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json["path"] == "$"
    assert "clusterID" in response.json["rule"]


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({}, BODY, 415),
        ({"Content-Type": "text/plain"}, BODY, 415),
        ({**JSON, "Content-Encoding": "br"}, BODY, 415),
        ({**JSON, "Content-Encoding": "gzip"}, BODY, 400),
        ({**JSON, "Idempotency-Key": "a b"}, BODY, 400),
        (JSON, b"", 400),
        (JSON, b"null", 400),
        (JSON, b" " * (MAX_BODY_BYTES + 1), 413),
    ],
)
def test_each_refusal_has_its_status(
    client: TestClient, spool: FakeSpool, headers: dict[str, str], body: bytes, status: int
) -> None:
    """What breaks a rule of the contract is refused with the contract's status, and not kept."""
    response = client.simulate_post("/api/v1", body=body, headers=headers)
    assert response.status_code == status
    assert response.json["status"] == status
    assert spool.added == []


@pytest.mark.parametrize(
    ("error", "status"),
    [(IdempotencyKeyReused(), 422), (SpoolUnavailable(), 503), (SpoolFull(), 503)],
)
def test_what_the_spool_refuses_has_its_status(
    client: TestClient, spool: FakeSpool, error: Exception, status: int
) -> None:
    """A reused key and a full spool have different statuses."""
    spool.error = error
    response = client.simulate_post("/api/v1", body=BODY, headers=JSON)
    assert response.status_code == status
    assert ("retry-after" in response.headers) == (status == 503)


def test_a_client_that_posts_too_often_is_429(
    group: GroupCommit, metrics: Metrics, spool: FakeSpool
) -> None:
    """It is refused before its report is read, and told when to come again."""
    limit = RateLimit(
        4, networks("127.0.0.1"), clock=lambda: 0.0, random_bytes=bytes, log=get_log()
    )
    client = client_of(group, metrics, limit)
    for client_address, status in (
        *[("192.0.2.1", 204)] * 4,
        ("192.0.2.1", 429),
        ("192.0.2.2", 204),
    ):
        headers = {**JSON, "X-Forwarded-For": client_address, "Forwarded": f"for={client_address}"}
        response = client.simulate_post("/api/v1", body=BODY, headers=headers)
        assert response.status_code == status
    assert len(spool.added) == 5
    limited = client.simulate_post(
        "/api/v1", body=b"", headers={**JSON, "X-Forwarded-For": "192.0.2.1"}
    )
    assert (limited.status_code, limited.headers["retry-after"]) == (429, "15")


def test_repeats_and_refusals_are_counted(
    client: TestClient, spool: FakeSpool, metrics: Metrics
) -> None:
    """Metrics tell how many posts were repeats, and why the others were refused."""
    spool.outcome = Added.REPEATED
    client.simulate_post("/api/v1", body=BODY, headers=JSON)
    client.simulate_post("/api/v1", body=b"", headers=JSON)
    client.simulate_post("/api/v1", body=BODY)
    counted = {
        "repeated": metrics.registry.get_sample_value("spartakus_reports_repeated_total"),
        **{
            reason: metrics.registry.get_sample_value(
                "spartakus_posts_refused_total", {"reason": reason}
            )
            for reason in ("invalid_report", "unsupported_content_type")
        },
    }
    assert counted == {"repeated": 1, "invalid_report": 1, "unsupported_content_type": 1}


def test_the_interface_describes_itself(client: TestClient) -> None:
    """`/openapi.json` names this version and every path that answers."""
    document = client.simulate_get("/openapi.json").json
    assert document["info"]["version"] == "1.2.3"
    for path in document["paths"]:
        assert client.simulate_get(path).status_code in {200, 405}


def test_a_defect_is_left_to_the_dispatcher(client: TestClient, spool: FakeSpool) -> None:
    """An unexpected exception passes through, so that it is logged in one place."""
    spool.error = KeyError("defect")
    with pytest.raises(KeyError):
        client.simulate_post("/api/v1", body=BODY, headers=JSON)


def test_a_wrong_method_is_405_with_allow(client: TestClient) -> None:
    """The methods that are allowed are named."""
    response = client.simulate_get("/api/v1")
    assert response.status_code == 405
    assert "POST" in response.headers["allow"]
    assert response.json["title"] == "Method Not Allowed"
    assert "Allow names them" in response.json["detail"]


def test_an_unknown_path_is_404(client: TestClient) -> None:
    """There is a document for it, like for every refusal."""
    response = client.simulate_get("/nowhere")
    assert (response.status_code, response.json["status"]) == (404, 404)
    assert "/openapi.json" in response.json["detail"]


def test_the_front_page_says_what_this_is(client: TestClient) -> None:
    """A visitor learns what the service is and where its privacy document is."""
    response = client.simulate_get("/")
    assert response.status_code == 200
    assert "anonymous" in response.text
    assert "docs/privacy.md" in response.text


@pytest.mark.parametrize(("path", "text"), [("/healthz", "ok\n"), ("/version", "1.2.3\n")])
def test_plain_texts(client: TestClient, path: str, text: str) -> None:
    """`/healthz` and `/version` answer a line of text, and to HEAD nothing but its header."""
    assert client.simulate_get(path).text == text
    head = client.simulate_head(path)
    assert (head.status_code, head.text) == (200, "")


def test_readiness_comes_with_reasons(client: TestClient, spool: FakeSpool) -> None:
    """`/readyz` is 200 without reasons and 503 with them."""
    assert client.simulate_get("/readyz").json == {"ready": True, "reasons": []}
    spool.reason = "the disk is full"
    response = client.simulate_get("/readyz")
    assert response.status_code == 503
    assert json.loads(response.content) == {"ready": False, "reasons": ["the disk is full"]}
