"""The manifest that the program prints, with flags such as the program itself takes."""

import re
from pathlib import Path

import pytest
import yaml

from volunteer.conftest import run


@pytest.mark.parametrize("kind", ["--cron", "--deployment"])
def test_manifest(kind: str, kubeconfig: str, tmp_path: Path) -> None:
    """The flags and the key in a printed manifest are such as the program itself takes."""
    printed = run("manifest", "--image=example.org/v:2", "--database=https://a.example", kind)
    assert (printed.returncode, printed.stderr) == (0, "")
    documents = {document["kind"]: document for document in yaml.safe_load_all(printed.stdout)}
    key = tmp_path / "key"
    key.write_text(documents["Secret"]["stringData"]["key"])
    if kind == "--cron":
        template = documents["CronJob"]["spec"]["jobTemplate"]["spec"]["template"]
    else:
        template = documents["Deployment"]["spec"]["template"]
    (container,) = template["spec"]["containers"]
    assert container["image"] == "example.org/v:2"
    flags = [flag.replace("/etc/spartakus/key", str(key)) for flag in container["args"]]
    finished = run("preview", *flags, kubeconfig)
    assert (finished.returncode, finished.stderr) == (0, "")
    assert "would go to https://a.example/api/v1" in finished.stdout
    assert "keyed with the secret of --key-file" in finished.stdout


def test_manifest_with_workloads() -> None:
    """A manifest that includes workloads has the flag, and a role for it."""
    finished = run("manifest", "--image=v", "--database=stdout", "--include=workloads")
    assert finished.returncode == 0
    assert '- "--include=workloads"' in finished.stdout
    assert finished.stdout.count("name: spartakus-volunteer-workloads") == 3


def test_fresh_keys() -> None:
    """Each manifest has another key."""
    texts = {run("manifest", "--image=v", "--database=stdout").stdout for _ in range(2)}
    keys = {found[1] for text in texts if (found := re.search(r'key: "([0-9a-f]{64})"', text))}
    assert len(keys) == 2


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ([], "volunteer: Missing option '--image'"),
        (["--image=v"], "volunteer: Missing option '--database'"),
        (["--image=a b", "--database=stdout"], "volunteer: --image: must be an image's name"),
        (["--image=v", "--database=x"], "volunteer: --database: must be stdout"),
        (
            ["--image=v", "--database=stdout", "--include=all"],
            "volunteer: --include: 'all' is none of workloads",
        ),
        (
            ["--image=v", "--database=stdout", "--cluster-id=a b"],
            "volunteer: --cluster-id: must be 1 to 128 characters",
        ),
    ],
)
def test_wrong_manifest(arguments: list[str], line: str) -> None:
    """A manifest that could not work is a usage error, and nothing is printed."""
    finished = run("manifest", *arguments)
    assert (finished.returncode, finished.stdout) == (2, "")
    assert finished.stderr.startswith(line)
    assert finished.stderr.count("\n") == 1
