"""Builds from a clone with cold caches. Slow: needs SPARTAKUS_CHECKOUT, the repository to clone."""

import hashlib
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

CHECKOUT = Path(os.environ["SPARTAKUS_CHECKOUT"])

pytestmark = pytest.mark.timeout(1_500)

Clone = Callable[[str], Path]


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    """Return a function that clones the repository into a folder of the given name."""

    def clone_into(name: str) -> Path:
        target = tmp_path / name
        subprocess.run(["git", "clone", "--quiet", CHECKOUT, target], check=True)
        return target

    return clone_into


def build(root: Path, target: str, caches: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "XDG_CACHE_HOME": str(caches)}
    return subprocess.run(
        ["./pants", "--no-pantsd", "package", target],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def digests(root: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (root / "dist").glob("*.pex")
    }


def test_reproducible(clone: Clone, tmp_path: Path) -> None:
    """Built twice in different folders, each with cold caches, the PEX files are the same bytes."""
    built = []
    for name in ("first", "second_with_a_longer_name"):
        root = clone(name)
        finished = build(root, "apps::", tmp_path / f"caches_of_{name}")
        assert finished.returncode == 0, finished.stderr
        built.append(digests(root))
    assert set(built[0]) == {"collector.pex", "volunteer.pex"}
    assert built[0] == built[1]


@pytest.mark.parametrize("pinned", ["third_party/volunteer.lock", "third_party/pants.lock"])
def test_corrupted_lock(clone: Clone, tmp_path: Path, pinned: str) -> None:
    """A hash that does not fit stops the build, whether of a library or of the build tool."""
    root = clone("corrupted")
    lock = root / pinned
    lock.write_text(re.sub(r"sha256:[0-9a-f]{64}", f"sha256:{'0' * 64}", lock.read_text()))
    finished = build(root, "apps/volunteer:pex", tmp_path / "caches")
    assert finished.returncode != 0
    assert "DO NOT MATCH THE HASHES" in finished.stderr
    assert digests(root) == {}


def test_corrupted_pin_of_pex(clone: Clone, tmp_path: Path) -> None:
    """A hash in WORKSPACE that does not fit stops the build."""
    root = clone("corrupted")
    workspace = root / "WORKSPACE"
    workspace.write_text(
        re.sub(r'sha256 = "[0-9a-f]{64}"', f'sha256 = "{"0" * 64}"', workspace.read_text())
    )
    finished = build(root, "apps/volunteer:pex", tmp_path / "caches")
    assert finished.returncode != 0
    assert "DO NOT MATCH THE HASHES" in finished.stderr
    assert digests(root) == {}
