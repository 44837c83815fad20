"""What watches a collector: alerts for Prometheus and a dashboard for Grafana, as data."""

from importlib import resources
from typing import Final

_INDENT: Final = "    "

_HEAD: Final = """\
# Watches Spartakus collectors that `collector manifest` installed, in a cluster with the Prometheus
# operator and a Grafana that takes dashboards from ConfigMaps. Elsewhere: --alerts and --dashboard.
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata:
  name: spartakus-collector
  namespace: spartakus-collector
  labels:
    app.kubernetes.io/name: spartakus-collector
spec:
  selector:
    matchLabels:
      app.kubernetes.io/name: spartakus-collector
  podMetricsEndpoints:
    - port: admin
---
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: spartakus-collector
  namespace: spartakus-collector
  labels:
    app.kubernetes.io/name: spartakus-collector
spec:
"""

_CONFIG_MAP: Final = """\
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: spartakus-collector-dashboard
  namespace: spartakus-collector
  labels:
    app.kubernetes.io/name: spartakus-collector
    grafana_dashboard: "1"
data:
  spartakus-collector.json: |
"""


def alerts() -> str:
    """Return the alerts, as a rule file of Prometheus."""
    return _read("alerts.yaml")


def dashboard() -> str:
    """Return the dashboard, as the JSON that Grafana imports."""
    return _read("dashboard.json")


def in_cluster() -> str:
    """Return both, and what has Prometheus read the metrics, ready for `kubectl apply`."""
    rules = _indented(alerts(), "  ")
    return _HEAD + rules + _CONFIG_MAP + _indented(dashboard(), _INDENT)


def _read(name: str) -> str:
    return resources.files(__name__).joinpath(name).read_text(encoding="utf-8")


def _indented(text: str, indent: str) -> str:
    return "".join(
        f"{indent}{line}\n" for line in text.splitlines() if line and not line.startswith("#")
    )
