"""The manifest that the program prints, with flags such as the program itself takes."""

import re
from pathlib import Path
from typing import IO

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


@pytest.mark.parametrize("kind", ["--cron", "--deployment"])
def test_keep(kind: str, tmp_path: Path) -> None:
    """Printed again with the same flags and --keep, a manifest is the same, byte for byte; so a
    changed flag changes nothing but what it is about.
    """
    file = tmp_path / "volunteer.yaml"
    flags = ["manifest", "--image=v:1", "--database=https://a.example", kind]
    file.write_text(run(*flags).stdout)
    again = run(*flags, f"--keep={file}")
    assert (again.returncode, again.stdout) == (0, file.read_text())
    upgraded = run(*flags, "--image=v:2", f"--keep={file}").stdout
    assert upgraded == file.read_text().replace("v:1", "v:2")


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        ("", "must hold the one Secret of a manifest that this program printed"),
        ("key: abc\n", "must hold the one Secret"),
        (f"key: {'0a' * 32}\n---\nkey: {'0b' * 32}\n", "must hold the one Secret"),
        (f'key: "{"0a" * 32}"\nschedule: "61 24 * * *"\n', "the schedule names no time of a day"),
        ("x" * 1_048_577, "must be at most 1048576 bytes"),
    ],
)
def test_keep_something_else(content: str, rule: str, tmp_path: Path) -> None:
    """A file that is no such manifest is not kept: one line that names the file and the rule."""
    file = tmp_path / "file"
    file.write_text(content)
    finished = run("manifest", "--image=v", "--database=stdout", f"--keep={file}")
    assert (finished.returncode, finished.stdout) == (2, "")
    assert finished.stderr.startswith(f"volunteer: --keep: {file}")
    assert rule in finished.stderr
    assert finished.stderr.count("\n") == 1


def test_full_disk(full_disk: IO[bytes]) -> None:
    """A manifest that cannot be written says so, and nothing of a report."""
    finished = run("manifest", "--image=v", "--database=stdout", stdout=full_disk)
    assert finished.returncode == 1
    assert finished.stderr == "volunteer: standard output: No space left on device\n"


def test_fresh_keys() -> None:
    """Each manifest has another key."""
    texts = {run("manifest", "--image=v", "--database=stdout").stdout for _ in range(2)}
    keys = {found[1] for text in texts if (found := re.search(r'key: "([0-9a-f]{64})"', text))}
    assert len(keys) == 2


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ([], "volunteer: --image: is missing: The volunteer's image"),
        (["--image=v"], "volunteer: --database: is missing: Where reports go"),
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
