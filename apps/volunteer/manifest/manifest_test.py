"""The manifest, as a cluster and the program itself would read it."""

import subprocess
import sys
from enum import Enum
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from manifests import read
from volunteer.cluster.listing import Limits
from volunteer.cluster.object_kinds import NAMESPACES, WORKLOADS
from volunteer.durations import parse_duration
from volunteer.manifest.command import DailyTime, Kept, render
from volunteer.manifest.settings import ManifestSettings
from volunteer.version import VERSION

_KEY: Final = bytes(range(32))
_SCHEMAS: Final = ("1.25", "1.37")
"""The oldest and the newest that the validator knows. Of 1.21 it has none: `batch/v1` is there."""


class Kind(Enum):
    """What runs the volunteer."""

    CRON_JOB = "CronJob"
    DEPLOYMENT = "Deployment"


_KINDS: Final = pytest.mark.parametrize("kind", list(Kind))


def _rendered(
    kind: Kind,
    *,
    database: str = "https://census.example.org",
    with_workloads: bool = False,
) -> str:
    return render(
        ManifestSettings(
            image="example.org/volunteer:v2",
            database=database,
            include=frozenset({"workloads"} if with_workloads else ()),
            as_deployment=kind is Kind.DEPLOYMENT,
        ),
        Kept(_KEY, DailyTime(hour=3, minute=7)),
    )


def _documents(text: str) -> dict[str, Any]:
    return {document["kind"]: document for document in yaml.safe_load_all(text)}


def _pod(documents: dict[str, Any]) -> Any:  # noqa: ANN401 - a part of a YAML document
    if "CronJob" in documents:
        return documents["CronJob"]["spec"]["jobTemplate"]["spec"]["template"]
    return documents["Deployment"]["spec"]["template"]


@_KINDS
@pytest.mark.parametrize(("with_workloads", "documents"), [(False, 6), (True, 8)])
def test_kubernetes_schemas(
    kind: Kind,
    with_workloads: bool,  # noqa: FBT001 - pytest's way
    documents: int,
    tmp_path: Path,
) -> None:
    """Every document holds to Kubernetes' own schemas, without a field that they do not know."""
    file = tmp_path / "manifest.yaml"
    file.write_text(_rendered(kind, with_workloads=with_workloads))
    versions = [word for version in _SCHEMAS for word in ("-k", version)]
    finished = subprocess.run(
        [sys.executable, "-m", "kubernetes_validate", "--strict", *versions, file],
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert finished.stdout.count("passed") == documents * len(_SCHEMAS), finished.stdout


def test_schemas_refuse(tmp_path: Path) -> None:
    """The check of the schemas is one that can fail."""
    file = tmp_path / "manifest.yaml"
    file.write_text(_rendered(Kind.CRON_JOB).replace("restartPolicy", "restartPolity"))
    finished = subprocess.run(
        [sys.executable, "-m", "kubernetes_validate", "--strict", file],
        capture_output=True,
        check=False,
    )
    assert finished.returncode != 0


@_KINDS
def test_least_privilege(kind: Kind) -> None:
    """The volunteer may list nodes, and nothing else."""
    documents = _documents(_rendered(kind))
    assert documents["ClusterRole"]["rules"] == [
        {"apiGroups": [""], "resources": ["nodes"], "verbs": ["list"]}
    ]
    assert (
        documents["ClusterRoleBinding"]["roleRef"]["name"]
        == (documents["ClusterRole"]["metadata"]["name"])
    )
    (subject,) = documents["ClusterRoleBinding"]["subjects"]
    account = documents["ServiceAccount"]["metadata"]
    assert (subject["namespace"], subject["name"]) == (account["namespace"], account["name"])
    assert _pod(documents)["spec"]["serviceAccountName"] == account["name"]


@_KINDS
def test_workloads(kind: Kind) -> None:
    """Workloads take the flag and a role of their own, which may list their kinds and no more; all
    else stays as it is without them.
    """
    plain, text = (_rendered(kind, with_workloads=asked) for asked in (False, True))
    documents = list(yaml.safe_load_all(text))
    role, binding = (
        document
        for document in documents
        if document["metadata"]["name"] == "spartakus-volunteer-workloads"
    )
    assert [rule["verbs"] for rule in role["rules"]] == [["list"]] * len(role["rules"])
    assert {
        (group, plural)
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for plural in rule["resources"]
    } == {(kind.group, kind.plural) for kind in (NAMESPACES, *WORKLOADS)}
    assert binding["roleRef"]["name"] == role["metadata"]["name"]
    others = [document for document in documents if document not in (role, binding)]
    (container,) = _pod({document["kind"]: document for document in others})["spec"]["containers"]
    container["args"].remove("--include=workloads")
    assert others == list(yaml.safe_load_all(plain))


@_KINDS
def test_hardened(kind: Kind) -> None:
    """The pod holds to the restricted Pod Security Standard, cannot write, and takes no flags from
    the Services around it.
    """
    documents = _documents(_rendered(kind))
    pod = _pod(documents)["spec"]
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert pod["enableServiceLinks"] is False
    labels = documents["Namespace"]["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


@_KINDS
def test_small(kind: Kind) -> None:
    """It asks for what the original asked for, and its memory has a limit."""
    (container,) = _pod(_documents(_rendered(kind)))["spec"]["containers"]
    assert container["resources"] == {
        "requests": {"cpu": "1m", "memory": "10Mi"},
        "limits": {"memory": "128Mi"},
    }


def test_cron_job() -> None:
    """A CronJob starts at the given time and reports once, at a random hour after it; a run never
    overlaps the next, and a pod that failed is replaced once.
    """
    documents = _documents(_rendered(Kind.CRON_JOB))
    spec = documents["CronJob"]["spec"]
    assert (spec["schedule"], spec["concurrencyPolicy"]) == ("7 3 * * *", "Forbid")
    job = spec["jobTemplate"]["spec"]
    assert (job["backoffLimit"], job["activeDeadlineSeconds"]) == (1, 85_800)
    pod = _pod(documents)["spec"]
    assert pod["restartPolicy"] == "Never"
    flags = pod["containers"][0]["args"]
    assert {"--period=0", "--jitter=22h", "--retry-for=1h"} <= set(flags)


def test_time_of_a_job() -> None:
    """All that a job may take, its sleep, an observation and its retries, is over before its
    deadline, and that before the next job.
    """
    documents = _documents(_rendered(Kind.CRON_JOB))
    (container,) = _pod(documents)["spec"]["containers"]
    flags = dict(flag.split("=", 1) for flag in container["args"])
    longest = parse_duration(flags["--jitter"]) + parse_duration(flags["--retry-for"])
    job = documents["CronJob"]["spec"]["jobTemplate"]["spec"]
    assert longest + Limits().total_seconds < job["activeDeadlineSeconds"] < 24 * 3600


def test_deployment() -> None:
    """A Deployment is one pod that its own selector finds, and that never overlaps itself."""
    documents = _documents(_rendered(Kind.DEPLOYMENT))
    spec = documents["Deployment"]["spec"]
    assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})
    selector, labels = spec["selector"]["matchLabels"], _pod(documents)["metadata"]["labels"]
    assert selector.items() <= labels.items()
    # A selector cannot be changed: it must not name what another version of the program changes.
    assert list(selector) == ["app.kubernetes.io/name"]


@_KINDS
def test_labels(kind: Kind) -> None:
    """Everything carries the labels that Kubernetes recommends."""
    text = _rendered(kind, with_workloads=True)
    documents = list(yaml.safe_load_all(text))
    for metadata in [document["metadata"] for document in documents] + [
        _pod({document["kind"]: document for document in documents})["metadata"]
    ]:
        labels = {name.partition("/")[2]: value for name, value in metadata["labels"].items()}
        assert labels["name"] == "spartakus-volunteer"
        assert labels["version"] == VERSION
        assert labels["part-of"] == "spartakus"
        assert labels["managed-by"] == "volunteer-manifest"


@_KINDS
def test_where_it_runs(kind: Kind) -> None:
    """It asks for a node of the system that its image is for, and says what it needs."""
    text = _rendered(kind)
    assert _pod(_documents(text))["spec"]["nodeSelector"] == {"kubernetes.io/os": "linux"}
    assert "\n# Needs Kubernetes 1.21 or later.\n" in text


def test_what_workloads_allow() -> None:
    """Beside the role for workloads stands what its permission lets others read."""
    text = _rendered(Kind.CRON_JOB, with_workloads=True)
    comment = text.partition("# Only for --include workloads")[2].partition("\napiVersion")[0]
    assert "environment variables, with any passwords" in comment.replace("\n# ", " ")


@_KINDS
def test_key(kind: Kind) -> None:
    """The key stands in the Secret alone, where the program reads it."""
    text = _rendered(kind)
    assert text.count(_KEY.hex()) == 1
    documents = _documents(text)
    pod = _pod(documents)["spec"]
    (mount,) = pod["containers"][0]["volumeMounts"]
    (volume,) = pod["volumes"]
    assert documents["Secret"]["stringData"] == {"key": _KEY.hex()}
    assert volume["secret"]["secretName"] == documents["Secret"]["metadata"]["name"]
    assert f"--key-file={mount['mountPath']}/key" in pod["containers"][0]["args"]
    assert mount["name"] == volume["name"]


@_KINDS
@pytest.mark.parametrize(
    "database",
    ["stdout", 'https://a.example/"\\', "https://a.example/#{x}: - &y", "https://ä.example/🚀"],
)
def test_values_stay_values(kind: Kind, database: str) -> None:
    """No value of the user's changes the structure of the file."""
    documents = _documents(_rendered(kind, database=database))
    (container,) = _pod(documents)["spec"]["containers"]
    assert f"--database={database}" in container["args"]
    assert len(documents) == 6


def test_no_expansion() -> None:
    """Kubernetes does not expand what looks like a variable in a value of the user's."""
    documents = _documents(_rendered(Kind.CRON_JOB, database="https://a.example/$(PWD)"))
    (container,) = _pod(documents)["spec"]["containers"]
    assert "--database=https://a.example/$$(PWD)" in container["args"]


@pytest.mark.parametrize(
    "name", ["common.yaml", "workloads.yaml", "cron_job.yaml", "deployment.yaml", "pod.yaml"]
)
def test_yaml_as_it_stands(name: str) -> None:
    """A file that is not filled in is YAML, as editors and validators read it."""
    found = list(yaml.safe_load_all(read("volunteer.manifest", name)))
    assert found
    assert all(isinstance(each, dict) for each in found if each is not None)
