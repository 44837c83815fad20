"""Behaviour of `collector.http.application`: statuses, headers and documents."""

import json

import falcon
import pytest
from falcon.testing import TestClient

from collector.errors import IdempotencyKeyReused, RateExceeded, SpoolFull, SpoolUnavailable
from collector.http.application import create_application
from collector.http.client_address import Forwarding
from collector.http.gateway import AWAITS_COMMIT
from collector.http.intake import MAX_BODY_BYTES
from collector.http.problems import STATUS_OF
from collector.records import AcceptedReport
from collector.spool.writer import Added
from collector.telemetry.metrics import Metrics

BODY = b'{"version":"v1","clusterID":"c-1"}'
JSON = {"Content-Type": "application/json"}


class _Keeper:
    """Keeps reports in a list, or raises what a test wants."""

    def __init__(self) -> None:
        self.reports: list[AcceptedReport] = []
        self.error: Exception | None = None
        self.outcome = Added.STORED

    def add(self, accepted: AcceptedReport) -> Added:
        if self.error is not None:
            raise self.error
        self.reports.append(accepted)
        return self.outcome


class _Gate:
    """Admits everybody, or nobody, and keeps whom it was asked about."""

    def __init__(self) -> None:
        self.closed = False
        self.asked: list[tuple[str, Forwarding]] = []

    def __call__(self, peer: str, forwarding: Forwarding) -> None:
        self.asked.append((peer, forwarding))
        if self.closed:
            raise RateExceeded(17)


@pytest.fixture
def keeper() -> _Keeper:
    return _Keeper()


@pytest.fixture
def reasons() -> list[str]:
    return []


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(version="1.2.3", refusals=STATUS_OF)


@pytest.fixture
def admit() -> _Gate:
    return _Gate()


@pytest.fixture
def client(keeper: _Keeper, reasons: list[str], metrics: Metrics, admit: _Gate) -> TestClient:
    return TestClient(
        create_application(
            keeper=keeper,
            reasons=lambda: tuple(reasons),
            clock=lambda: 7_300.0,
            random_bytes=lambda count: b"\x07" * count,
            version="1.2.3",
            metrics=metrics,
            admit=admit,
        )
    )


@pytest.mark.parametrize("path", ["/api/v1", "/api/v1/"])
def test_a_report_is_kept_and_answered_204(client: TestClient, keeper: _Keeper, path: str) -> None:
    """A valid report is stamped, given to the keeper and answered without content."""
    answer = client.simulate_post(path, body=BODY, headers=JSON)
    assert (answer.status_code, answer.content) == (204, b"")
    assert [each.received_at for each in keeper.reports] == [7_200]


def test_the_answer_awaits_the_commit(keeper: _Keeper) -> None:
    """A post tells the server that its answer is true only once the group is committed."""
    application = create_application(
        keeper=keeper,
        reasons=tuple,
        clock=lambda: 0.0,
        random_bytes=bytes,
        version="1.2.3",
        metrics=Metrics(version="1.2.3"),
    )
    environ = falcon.testing.create_environ("/api/v1", method="POST", body=BODY, headers=JSON)
    application(environ, falcon.testing.StartResponseMock())
    assert environ[AWAITS_COMMIT] is True


def test_an_invalid_report_is_400_with_path_and_rule(client: TestClient) -> None:
    """A refusal is an RFC 9457 document that names what is wrong."""
    answer = client.simulate_post("/api/v1", body=b'{"version":"v1"}', headers=JSON)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json["path"] == "$"
    assert "clusterID" in answer.json["rule"]


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
    client: TestClient, keeper: _Keeper, headers: dict[str, str], body: bytes, status: int
) -> None:
    """What breaks a rule of the contract is refused with the contract's status, and not kept."""
    answer = client.simulate_post("/api/v1", body=body, headers=headers)
    assert answer.status_code == status
    assert answer.json["status"] == status
    assert keeper.reports == []


@pytest.mark.parametrize(
    ("error", "status"),
    [(IdempotencyKeyReused(), 422), (SpoolUnavailable(), 503), (SpoolFull(), 503)],
)
def test_what_the_keeper_refuses_has_its_status(
    client: TestClient, keeper: _Keeper, error: Exception, status: int
) -> None:
    """A reused key and a full spool are told apart."""
    keeper.error = error
    answer = client.simulate_post("/api/v1", body=BODY, headers=JSON)
    assert answer.status_code == status
    assert ("retry-after" in answer.headers) == (status == 503)


def test_a_client_that_posts_too_often_is_429(
    client: TestClient, keeper: _Keeper, admit: _Gate
) -> None:
    """It is refused before its report is looked at, and told when to come again."""
    admit.closed = True
    headers = {**JSON, "X-Forwarded-For": "192.0.2.1", "Forwarded": "for=192.0.2.1"}
    answer = client.simulate_post("/api/v1", body=b"", headers=headers)
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "17"
    assert admit.asked == [("127.0.0.1", Forwarding("192.0.2.1", "for=192.0.2.1"))]
    assert keeper.reports == []


def test_repeats_and_refusals_are_counted(
    client: TestClient, keeper: _Keeper, metrics: Metrics
) -> None:
    """Metrics tell how many posts were repeats, and why the others were refused."""
    keeper.outcome = Added.REPEATED
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


def test_a_defect_is_left_to_the_server(client: TestClient, keeper: _Keeper) -> None:
    """An unexpected exception passes through, so that it is logged in one place."""
    keeper.error = KeyError("defect")
    with pytest.raises(KeyError):
        client.simulate_post("/api/v1", body=BODY, headers=JSON)


def test_a_wrong_method_is_405_with_allow(client: TestClient) -> None:
    """The methods that are allowed are named."""
    answer = client.simulate_get("/api/v1")
    assert answer.status_code == 405
    assert "POST" in answer.headers["allow"]
    assert answer.json["title"] == "Method Not Allowed"


def test_an_unknown_path_is_404(client: TestClient) -> None:
    """There is a document for it, like for every refusal."""
    answer = client.simulate_get("/nowhere")
    assert (answer.status_code, answer.json["status"]) == (404, 404)


def test_the_front_page_says_what_this_is(client: TestClient) -> None:
    """A visitor learns what the service is and where its privacy document is."""
    answer = client.simulate_get("/")
    assert answer.status_code == 200
    assert "anonymous" in answer.text
    assert "docs/privacy.md" in answer.text


@pytest.mark.parametrize(("path", "text"), [("/healthz", "ok\n"), ("/version", "1.2.3\n")])
def test_plain_texts(client: TestClient, path: str, text: str) -> None:
    """`/healthz` and `/version` answer a line of text, and to HEAD nothing but its header."""
    assert client.simulate_get(path).text == text
    head = client.simulate_head(path)
    assert (head.status_code, head.text) == (200, "")


def test_readiness_comes_with_reasons(client: TestClient, reasons: list[str]) -> None:
    """`/readyz` is 200 without reasons and 503 with them."""
    assert client.simulate_get("/readyz").json == {"ready": True, "reasons": []}
    reasons.append("the disk is full")
    answer = client.simulate_get("/readyz")
    assert answer.status_code == 503
    assert json.loads(answer.content) == {"ready": False, "reasons": ["the disk is full"]}
