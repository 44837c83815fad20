"""What alerts and dashboard ask of Prometheus."""

import json
from typing import Final

import yaml

from collector.manifest import documents

_VARIABLES: Final = {"$__rate_interval": "5m", "$instance": ".*"}
"""What Grafana puts into an expression."""


def alert_expressions() -> list[str]:
    """Return the expressions of all alerts."""
    groups = yaml.safe_load(documents.alerts())["groups"]
    return [str(rule["expr"]) for group in groups for rule in group["rules"]]


def dashboard_expressions() -> list[str]:
    """Return the expressions of all panels, as Grafana would ask them."""
    panels = json.loads(documents.dashboard())["panels"]
    expressions = [str(target["expr"]) for panel in panels for target in panel["targets"]]
    for name, value in _VARIABLES.items():
        expressions = [each.replace(name, value) for each in expressions]
    return expressions
