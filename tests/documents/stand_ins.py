"""What the programs that cannot run here were told makes sense."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from collector.testing import wait_until
from tests.documents.documents import ROOT
from tests.documents.session import Call, Session
from tests.documents.shell import Command
from tests.documents.surroundings import IMAGE, SERVICE_DIRECTORY

Documents = list[dict[str, Any]]

_IN_THE_IMAGE: Final = "/app/pex"
_SCHEMAS: Final = ("1.25", "1.37")
"""The versions of Kubernetes whose schemas the programs' own tests take, oldest and newest."""


@dataclass
class Cluster:
    """What was applied; checks every other call."""

    session: Session
    applied: Documents = field(default_factory=list)

    def tell(self, call: Call) -> None:
        """Check one call of a stand-in."""
        words = call.words
        checks: Mapping[str, Callable[[tuple[str, ...]], None]] = {
            "kubectl apply": lambda words: self._apply(words, call.standard_input),
            "kubectl exec": self._execute,
            "docker run": _docker_run,
            "gcloud projects": self._grant,
            "bq query": self._query,
            "bq mk": _make_dataset,
        }
        checks[" ".join(words[:2])](words[2:])

    def _apply(self, words: tuple[str, ...], standard_input: str) -> None:
        """What is applied, a file or what comes through a pipe, holds to Kubernetes' schemas."""
        option, name = words
        assert option == "-f"
        file = self.session.folder / name
        if name == "-":
            file = self.session.folder / "piped.yaml"
            file.write_text(standard_input)
        self.applied = list(yaml.safe_load_all(file.read_text()))
        assert len(self.applied) > 3
        versions = [word for version in _SCHEMAS for word in ("-k", version)]
        finished = subprocess.run(
            [sys.executable, "-m", "kubernetes_validate", "--strict", *versions, file],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert finished.returncode == 0, finished.stdout + finished.stderr
        assert finished.stdout.count("passed") == len(self.applied) * len(_SCHEMAS)

    def _execute(self, words: tuple[str, ...]) -> None:
        """The pod is one of those that were applied, and what is started in it runs here."""
        option, namespace, target, separator, program, *arguments = words
        assert (option, separator, program) == ("--namespace", "--", _IN_THE_IMAGE)
        kind, _, name = target.partition("/")
        assert kind == "deploy"
        assert (namespace, name) in self._names("Deployment")
        command = shlex.join(["dist/collector.pex", *arguments, "--data-dir", SERVICE_DIRECTORY])

        def prints_what_was_posted() -> bool:
            finished = self.session.type(Command(command))
            assert finished.status == 0, finished.errors
            return bool(finished.output)

        wait_until(prints_what_was_posted)

    def _grant(self, words: tuple[str, ...]) -> None:
        """The member is the service account of the pods."""
        action, _project, *options = words
        assert action == "add-iam-policy-binding"
        self._check_member(dict(zip(options[::2], options[1::2], strict=True))["--member"])

    def _query(self, words: tuple[str, ...]) -> None:
        """The statement arrives with its quotes, and grants to the same member."""
        option, statement = words
        assert option == "--nouse_legacy_sql"
        granted = re.fullmatch(
            r"GRANT `roles/bigquery\.dataEditor` ON SCHEMA `[\w-]+[.]\w+` TO '([^']+)'", statement
        )
        assert granted, statement
        self._check_member(granted[1])

    def _check_member(self, member: str) -> None:
        _, _, account = member.partition("/subject/ns/")
        namespace, _, name = account.partition("/sa/")
        assert member.startswith("principal://iam.googleapis.com/projects/")
        assert (namespace, name) in self._names("ServiceAccount")

    def _names(self, kind: str) -> set[tuple[str, str]]:
        found = [document["metadata"] for document in self.applied if document["kind"] == kind]
        return {(metadata["namespace"], metadata["name"]) for metadata in found}


def _docker_run(words: tuple[str, ...]) -> None:
    """The port and the volume are the image's."""
    *options, image = words
    assert image == IMAGE
    dockerfile = (ROOT / "apps/collector/Dockerfile").read_text(encoding="utf-8")
    port = options[options.index("--publish") + 1].rpartition(":")[2]
    volume = options[options.index("--volume") + 1].rpartition(":")[2]
    assert f"\nEXPOSE {port}\n" in dockerfile
    assert f"\nVOLUME {volume}\n" in dockerfile


def _make_dataset(words: tuple[str, ...]) -> None:
    """A dataset is made, named `PROJECT:DATASET`."""
    option, name = words
    assert option == "--dataset"
    assert re.fullmatch(r"[\w-]+:\w+", name)
