"""The properties can fail: each of these plausible mistakes, made in a copy, is caught by one.

A mistake is a replacement in one source file, of a text that stands there exactly once; so a change
of the code that it is about makes this test fail until the mistake is written anew.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

ROOT = Path(__file__).parents[2]
COPIED = ("libs", "apps/volunteer", "tests", "tools")
PYTEST_TESTS_FAILED = 1  # and not 2 to 5: interrupted, internal error, wrong usage, no tests


@dataclass(frozen=True)
class Mistake:
    """`old` in `file` becomes `new`; `caught_by` is the test that must fail.

    `file` is of libs/report, unless it begins with `apps/`.
    """

    file: str
    old: str
    new: str
    caught_by: str

    @property
    def path(self) -> Path:
        """Where the file is in the repository."""
        return Path("" if self.file.startswith("apps/") else "libs/report", self.file)


MISTAKES = msgspec.toml.decode(
    Path(__file__).with_name("mistakes.toml").read_bytes(), type=dict[str, Mistake]
)


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources on which every test that catches something passed.

    It holds compiled bytecode after that, which makes the runs on copies of it twice as fast.
    """
    folder = tmp_path_factory.mktemp("pristine") / "sources"
    for name in COPIED:
        shutil.copytree(ROOT / name, folder / name)
    shutil.copy(ROOT / "conftest.py", folder)
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    assert run(folder, {mistake.caught_by for mistake in MISTAKES.values()}) == 0
    return folder


@pytest.fixture(scope="module")
def outcomes(pristine: Path) -> dict[str, int]:
    """How pytest exited, by mistake."""

    def make_and_run(name: str) -> int:
        folder = pristine.with_name(name)
        shutil.copytree(pristine, folder)
        mistake = MISTAKES[name]
        make(mistake, folder / mistake.path)
        return run(folder, [mistake.caught_by])

    with ThreadPoolExecutor(2) as pool:
        return dict(zip(MISTAKES, pool.map(make_and_run, MISTAKES), strict=True))


def make(mistake: Mistake, source: Path) -> None:
    """Make the mistake in `source`."""
    before = source.read_text(encoding="utf-8")
    assert before.count(mistake.old) == 1, f"{mistake.file}: {mistake.old}"
    source.write_text(before.replace(mistake.old, mistake.new), encoding="utf-8")


def run(folder: Path, tests: Iterable[str]) -> int:
    """Run `tests` on the sources in `folder`, and nothing but those; return pytest's status."""
    roots = [folder, folder / "libs", folder / "apps"]
    others = [path for path in sys.path if path and ROOT not in (Path(path), *Path(path).parents)]
    finished = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-x"),
            *("--profile=unshrunk", *sorted(tests)),
        ],
        cwd=folder,
        env={"PYTHONPATH": ":".join([*map(str, roots), *others])},
        stdout=subprocess.DEVNULL,
        timeout=240,
        check=False,
    )
    return finished.returncode


@pytest.mark.parametrize("name", MISTAKES)
def test_mistake_is_caught(outcomes: dict[str, int], name: str) -> None:
    """The property named for it passes, and fails when this mistake is made."""
    assert outcomes[name] == PYTEST_TESTS_FAILED
