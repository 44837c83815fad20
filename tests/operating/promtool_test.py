"""Alerts and dashboard under Prometheus' own tool. Slow: it needs promtool."""

import json
import subprocess
from pathlib import Path

import yaml

from collector.manifest import documents
from tests.operating.expressions import dashboard_expressions

ALERTS_TEST = Path(__file__).with_name("alerts_test.yaml")


def promtool(*words: str, folder: Path, status: int = 0) -> str:
    """Run promtool in a folder; return what it says, and fail where its status is another."""
    finished = subprocess.run(
        ["promtool", *words], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    assert finished.returncode == status, finished.stdout + finished.stderr
    return finished.stdout + finished.stderr


def without_annotations(alerts: str) -> str:
    """Return a rule file without the texts for people, which a test would have to repeat."""
    rule_file = yaml.safe_load(alerts)
    for group in rule_file["groups"]:
        for rule in group["rules"]:
            del rule["annotations"]
    return yaml.safe_dump(rule_file)


def test_the_rule_file_is_one(tmp_path: Path) -> None:
    """Prometheus takes the file that is printed, without a lint's complaint."""
    (tmp_path / "alerts.yaml").write_text(documents.alerts())
    said = promtool("check", "rules", "--lint-fatal", "alerts.yaml", folder=tmp_path)
    assert "14 rules found" in said


def test_alerts_fire_when_they_should(tmp_path: Path) -> None:
    """Each alert fires on the series that it is for, and on none where all is well."""
    (tmp_path / "alerts.yaml").write_text(without_annotations(documents.alerts()))
    (tmp_path / "test.yaml").write_text(ALERTS_TEST.read_text())
    assert "SUCCESS" in promtool("test", "rules", "test.yaml", folder=tmp_path)


def test_the_tests_of_alerts_can_fail(tmp_path: Path) -> None:
    """An alert whose threshold is changed fails them."""
    changed = documents.alerts().replace("_oldest_seconds > 600", "_oldest_seconds > 6000")
    assert changed != documents.alerts()
    (tmp_path / "alerts.yaml").write_text(without_annotations(changed))
    (tmp_path / "test.yaml").write_text(ALERTS_TEST.read_text())
    said = promtool("test", "rules", "test.yaml", folder=tmp_path, status=1)
    assert "SpartakusWarehouseTakesNothing" in said


def test_the_dashboard_asks_what_prometheus_understands(tmp_path: Path) -> None:
    """Every expression of the dashboard is one of PromQL."""
    rules = [
        {"record": f"panel:{number}", "expr": expression}
        for number, expression in enumerate(dashboard_expressions())
    ]
    groups = {"groups": [{"name": "dashboard", "rules": rules}]}
    (tmp_path / "dashboard.yaml").write_text(json.dumps(groups))
    said = promtool("check", "rules", "dashboard.yaml", folder=tmp_path)
    assert f"{len(rules)} rules found" in said
