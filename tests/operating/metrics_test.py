"""Alerts, dashboard, documents and metrics name the same things."""

import json
import re
from typing import Final

import yaml

from collector.http.problems import REASONS
from collector.manifest import documents
from collector.spool.backlog import Backlog
from collector.telemetry.metrics import Metrics, Sources
from tests.documents.documents import text_of
from tests.operating.expressions import alert_expressions, dashboard_expressions

_METRIC: Final = re.compile(r"\b(?:spartakus|process)_[a-z_]+\b")
_DOCUMENT: Final = "docs/operating.md"


def samples() -> set[str]:
    """Return the names of all samples that a collector with a drain serves."""
    metrics = Metrics(version="1.2.3", refusals=REASONS)
    metrics.drain_started(1)
    metrics.watch(
        Sources(
            backlog=lambda: Backlog(0, 0, 0.0),
            spool_limit_bytes=lambda: 0,
            dead_letters=lambda: 0,
            stored_bytes=lambda: 0,
            free_bytes=lambda: 0,
            open_connections=lambda: 0,
        )
    )
    return {sample.name for family in metrics.registry.collect() for sample in family.samples}


def named_in(expressions: list[str]) -> set[str]:
    return {name for expression in expressions for name in _METRIC.findall(expression)}


def test_alerts_ask_for_metrics_that_there_are() -> None:
    """Every metric of an alert is served."""
    named = named_in(alert_expressions())
    assert len(named) > 10
    assert named <= samples()


def test_the_dashboard_asks_for_metrics_that_there_are() -> None:
    """Every metric of a panel is served."""
    named = named_in(dashboard_expressions())
    assert len(named) > 20
    assert named <= samples()


def test_every_metric_is_documented() -> None:
    """Every metric of ours is in the document, by the name that it is asked for."""
    plain = re.compile(r"_(?:bucket|count|sum)$")
    documented = set(_METRIC.findall(text_of(_DOCUMENT)))
    ours = {plain.sub("", name) for name in samples() if name.startswith("spartakus_")}
    assert len(ours) > 20
    assert ours <= documented


def test_every_alert_is_documented() -> None:
    """The document says what to do about each alert, and of none that there is not."""
    groups = yaml.safe_load(documents.alerts())["groups"]
    alerts = {rule["alert"] for group in groups for rule in group["rules"]}
    assert set(re.findall(r"\bSpartakus[A-Z]\w+", text_of(_DOCUMENT))) == alerts


def test_what_is_for_a_cluster_holds_both() -> None:
    """The YAML for the Prometheus operator has every alert, and the whole dashboard."""
    monitor, rules, dashboard = yaml.safe_load_all(documents.monitoring())
    assert monitor["spec"]["podMetricsEndpoints"] == [{"port": "admin"}]
    assert rules["spec"] == yaml.safe_load(documents.alerts())
    assert json.loads(dashboard["data"]["spartakus-collector.json"]) == json.loads(
        documents.dashboard()
    )
