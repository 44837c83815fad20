"""The manifest, as a cluster and the program itself would read it."""

import json
import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from collector.main import main
from collector.manifest.documents import (
    BigQuery,
    render,
)
from collector.settings import Settings
from collector.values import Publish, PublishPlan
from collector.warehouse.bigquery import BigQueryTable
from command_line.flags import parse_flags
from manifests import read

_ONE_FOLDER: Final = None
_BIGQUERY: Final = BigQuery(
    table=BigQueryTable("project", "census", "reports"),
    replicas=3,
    service_account="spartakus@project.iam.gserviceaccount.com",
)
_BOTH: Final = pytest.mark.parametrize(
    "bigquery", [_ONE_FOLDER, _BIGQUERY], ids=["folder", "BigQuery"]
)
_SCHEMAS: Final = ("1.25", "1.37")
"""From the oldest that has all kinds that are used, to the newest."""

Documents = dict[str, Any]


def text(bigquery: BigQuery | None) -> str:
    """Return the manifest for a warehouse."""
    variables = {"SPARTAKUS_PUBLISH": "monthly", "SPARTAKUS_PUBLIC_ADDRESS": "https://c.example"}
    return render(image="example.org/c:2", storage="10Gi", bigquery=bigquery, variables=variables)


def documents(bigquery: BigQuery | None) -> Documents:
    """Return the manifest's documents by kind; of the two Services the first."""
    found: Documents = {}
    for document in yaml.safe_load_all(text(bigquery)):
        found.setdefault(document["kind"], document)
    return found


def workload(found: Documents) -> Any:  # noqa: ANN401 - a part of a YAML document
    """Return the specification of what runs the pods."""
    return found["Deployment" if "Deployment" in found else "StatefulSet"]["spec"]


def pod(found: Documents) -> Any:  # noqa: ANN401 - as above
    """Return the specification of a pod."""
    return workload(found)["template"]["spec"]


def container(found: Documents) -> Any:  # noqa: ANN401 - as above
    """Return the only container."""
    (only,) = pod(found)["containers"]
    return only


def validate(manifest: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    """Check a manifest against Kubernetes' schemas."""
    file = folder / "manifest.yaml"
    file.write_text(manifest)
    versions = [word for version in _SCHEMAS for word in ("-k", version)]
    return subprocess.run(
        [sys.executable, "-m", "kubernetes_validate", "--strict", *versions, file],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )


@_BOTH
def test_kubernetes_schemas(bigquery: BigQuery | None, tmp_path: Path) -> None:
    """Every document holds to Kubernetes' own schemas, without a field that they do not know."""
    manifest = text(bigquery)
    finished = validate(manifest, tmp_path)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    count = len(list(yaml.safe_load_all(manifest)))
    assert finished.stdout.count("passed") == count * len(_SCHEMAS), finished.stdout


def test_schemas_refuse(tmp_path: Path) -> None:
    """The check of the schemas is one that can fail."""
    broken = text(_ONE_FOLDER).replace("volumeMounts", "volumeMunts")
    assert validate(broken, tmp_path).returncode != 0


@_BOTH
def test_hardened(bigquery: BigQuery | None) -> None:
    """The pod holds to the restricted Pod Security Standard, writes to its volume alone, has no
    token of the cluster's, and takes no flags from the Services around it.
    """
    found = documents(bigquery)
    assert pod(found)["securityContext"]["runAsNonRoot"]
    assert pod(found)["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container(found)["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container(found)["volumeMounts"] == [{"name": "data", "mountPath": "/data"}]
    assert pod(found)["enableServiceLinks"] is False
    assert found["ServiceAccount"]["automountServiceAccountToken"] is False
    labels = found["Namespace"]["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


@_BOTH
def test_selectors(bigquery: BigQuery | None) -> None:
    """Whatever selects pods selects these."""
    found = documents(bigquery)
    labels = workload(found)["template"]["metadata"]["labels"]
    assert workload(found)["selector"]["matchLabels"] == labels
    assert found["Service"]["spec"]["selector"] == labels
    assert found["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"] == labels


@_BOTH
def test_flags_are_known(bigquery: BigQuery | None, capsys: pytest.CaptureFixture[str]) -> None:
    """The program knows each flag and each variable that it is given."""
    assert main(["--help"]) == 0
    known = set(re.findall(r"[A-Z_]{2,}|--[a-z-]+", capsys.readouterr().out))
    only = container(documents(bigquery))
    assert {word.partition("=")[0] for word in only["args"]} <= known
    assert {variable["name"] for variable in only["env"]} <= known


@_BOTH
def test_pod_may_take_its_time(bigquery: BigQuery | None) -> None:
    """A pod is asked to stop early enough for load balancers to notice, for requests to finish, and
    for the spool to be emptied before it is killed.
    """
    found = documents(bigquery)
    seconds = {
        name: int(value)
        for name, _, value in (word.partition("=") for word in container(found)["args"])
        if name.startswith("--shutdown-")
    }
    assert seconds["--shutdown-delay"] >= 5
    requests_seconds = 10
    assert pod(found)["terminationGracePeriodSeconds"] > requests_seconds + sum(seconds.values())


@_BOTH
def test_probes(bigquery: BigQuery | None) -> None:
    """Reports come once a report would be accepted; a start may take minutes."""
    only = container(documents(bigquery))
    assert only["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "http"}
    assert only["livenessProbe"]["httpGet"] == {"path": "/healthz", "port": "http"}
    start = only["startupProbe"]
    assert start["periodSeconds"] * start["failureThreshold"] >= 600


def test_one_folder() -> None:
    """A folder: one pod, never two at a time, on a claimed volume, calling nobody."""
    found = documents(_ONE_FOLDER)
    assert (workload(found)["replicas"], workload(found)["strategy"]) == (1, {"type": "Recreate"})
    (volume,) = pod(found)["volumes"]
    claim = found["PersistentVolumeClaim"]
    assert volume["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]
    assert claim["spec"]["resources"]["requests"] == {"storage": "10Gi"}
    assert found["NetworkPolicy"]["spec"]["egress"] == []


def test_bigquery() -> None:
    """BigQuery: pods with a spool each, of which one may be away, acting as the service account."""
    found = documents(_BIGQUERY)
    assert workload(found)["replicas"] == 3
    (claim,) = workload(found)["volumeClaimTemplates"]
    assert claim["metadata"]["name"] == "data"
    assert found["PodDisruptionBudget"]["spec"]["maxUnavailable"] == 1
    address = {"name": "SPARTAKUS_DATABASE", "value": "bigquery://project.census.reports"}
    assert address in container(found)["env"]
    assert found["ServiceAccount"]["metadata"]["annotations"] == {
        "iam.gke.io/gcp-service-account": "spartakus@project.iam.gserviceaccount.com"
    }


@pytest.mark.parametrize("replicas", [1, 2, 5])
def test_jobs(replicas: int) -> None:
    """Together the pods load about one batch a minute into their table, however many they are."""
    table = BigQueryTable("project", "census", "reports")
    arguments = container(documents(BigQuery(table=table, replicas=replicas)))["args"]
    assert f"--batch-seconds={60 * replicas}" in arguments


def test_command(capsys: pytest.CaptureFixture[str]) -> None:
    """`collector manifest` prints it, with the values of its flags as strings."""
    assert main(["manifest", "--image=example.org/c:2", "--storage=3Gi"]) == 0
    printed = list(yaml.safe_load_all(capsys.readouterr().out))
    assert [each for each in printed if each["kind"] == "Deployment"]
    assert json.dumps("example.org/c:2") in text(_ONE_FOLDER)


@pytest.mark.parametrize("database", [(), ("--database=bigquery://p.d.t",)])
def test_publishing(database: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    """What is chosen of publishing stands in variables, as the serving program reads them, and the
    port of the page is open to everybody.
    """
    flags = [
        *("--publish=weekly", "--publish-epsilon=2", "--publish-since=2026-10"),
        "--publish-missed=2026-12-10",
        "--public-address=https://census.example.com",
    ]
    assert main(["manifest", "--image=c", *database, *flags]) == 0
    found: Documents = {}
    for document in yaml.safe_load_all(capsys.readouterr().out):
        found.setdefault(document["kind"], document)
    variables = {each["name"]: each["value"] for each in container(found)["env"]}
    settings = parse_flags(Settings, {}, variables)
    since, missed = date(2026, 10, 1), date(2026, 12, 10)
    assert settings.publish_plan == PublishPlan(Publish.WEEKLY, 2.0, since, missed)
    assert settings.public_address == "https://census.example.com"
    assert {"ports": [{"port": "http"}]} in found["NetworkPolicy"]["spec"]["ingress"]
    (port,) = found["Service"]["spec"]["ports"]
    assert port["targetPort"] == "http"


def test_nothing_published(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is published unless it is asked for."""
    assert main(["manifest", "--image=c"]) == 0
    assert "SPARTAKUS_PUBLI" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--image=a b"], "--image"),
        (["--image=a", "--publish=daily"], "--publish"),
        (["--image=a", "--publish-epsilon=2"], "--publish-epsilon: goes with --publish"),
        (["--image=a", "--publish-since=2026-10"], "--publish-since: goes with --publish"),
        (["--image=a", "--public-address=https://a"], "--public-address: goes with --publish"),
        (["--image=a", "--storage=10"], "--storage"),
        (["--image=a", "--replicas=2"], "--replicas"),
        (["--image=a", "--google-service-account=a@b.c"], "--google-service-account"),
        (["--image=a", "--database=postgres://x"], "bigquery://project.dataset.table"),
        (
            ["--image=a", "--database=bigquery://p.d.t", "--google-service-account=x"],
            "--google-service-account",
        ),
    ],
)
def test_refused(words: list[str], complaint: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A value that would not work in the cluster is one line that names the flag and the rule."""
    assert main(["manifest", *words]) != 0
    printed = capsys.readouterr()
    assert printed.out == ""
    assert complaint in printed.err
    assert printed.err.count("\n") == 1


@pytest.mark.parametrize(
    "name",
    ["common.yaml", "folder.yaml", "bigquery.yaml", "pod.yaml", "monitoring.yaml", "alerts.yaml"],
)
def test_yaml_as_it_stands(name: str) -> None:
    """A file that is not filled in is YAML, as editors and validators read it."""
    found = list(yaml.safe_load_all(read("collector.manifest", name)))
    assert found
    assert all(isinstance(each, dict) for each in found if each is not None)
