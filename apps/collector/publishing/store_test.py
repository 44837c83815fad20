"""A release is kept once, whole, and for ever."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from threading import Barrier, Thread

import pytest
from msgspec.structs import replace

from census import Release
from collector.errors import FileUnusable
from collector.publishing import store

OCTOBER = Release(
    first_day="2026-10-01",
    last_day="2026-10-31",
    statement="Made up.",
    guarantee=None,
    clusters=3.0,
    margin=0.0,
    answers=(),
)
WEEK = replace(OCTOBER, first_day="2026-11-02", last_day="2026-11-08")


def test_releases_are_read_in_the_order_of_their_days(tmp_path: Path) -> None:
    """Whatever their names are; files are private, and nothing else is left."""
    folder = tmp_path / "data" / store.RELEASES_FOLDER
    assert store.read(folder) == ()
    for each in (WEEK, OCTOBER):
        assert store.add(folder, each) == each
    assert store.read(folder) == (OCTOBER, WEEK)
    assert {each.name: oct(each.stat().st_mode)[-3:] for each in folder.iterdir()} == {
        "2026-10.json": "600",
        "2026-W45.json": "600",
    }
    assert oct(folder.stat().st_mode)[-3:] == "700"


def test_a_folder_that_cannot_be_read(tmp_path: Path) -> None:
    """It is named, and is not the same as one without releases."""
    (tmp_path / "releases").touch()
    with pytest.raises(FileUnusable, match="releases cannot be read: Not a directory"):
        store.read(tmp_path / "releases")
    broken: list[FileUnusable] = []
    assert store.read(tmp_path / "releases", on_broken=broken.append) == ()
    assert len(broken) == 1


def test_the_first_release_of_a_period_stays(tmp_path: Path) -> None:
    """A second one is not kept, and who made it gets the first."""
    store.add(tmp_path, OCTOBER)
    assert store.add(tmp_path, replace(OCTOBER, clusters=4.0)) == OCTOBER
    assert store.read(tmp_path) == (OCTOBER,)


def test_of_many_at_once_one_is_first(tmp_path: Path) -> None:
    """All who add a release of one period at once get the same."""
    kept: list[Release] = []
    together = Barrier(16)

    def add(clusters: int) -> None:
        together.wait()
        kept.append(store.add(tmp_path, replace(OCTOBER, clusters=float(clusters))))

    threads = [Thread(target=add, args=[each]) for each in range(16)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(kept) == 16
    assert set(kept) == set(store.read(tmp_path))


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"format":1}', b"\xff", b"null"])
def test_a_broken_release_is_named_and_stays(tmp_path: Path, data: bytes) -> None:
    """It is neither ignored nor replaced; whoever can do without it gets the others."""
    store.add(tmp_path, WEEK)
    path = tmp_path / "2026-10.json"
    path.write_bytes(data)
    for attempt in (lambda: store.read(tmp_path), lambda: store.add(tmp_path, OCTOBER)):
        with pytest.raises(FileUnusable, match=f"^{path} is damaged, .*restore a copy of it$"):
            attempt()
    assert path.read_bytes() == data
    broken: list[FileUnusable] = []
    assert store.read(tmp_path, on_broken=broken.append) == (WEEK,)
    assert len(broken) == 1


def test_a_release_of_another_period_or_format_is_refused(tmp_path: Path) -> None:
    """A file that was renamed, or made by a later program, is named with the remedy."""
    store.add(tmp_path, OCTOBER)
    (tmp_path / "2026-10.json").rename(tmp_path / "2026-11.json")
    with pytest.raises(FileUnusable, match=r"2026-11\.json holds the release 2026-10; give it"):
        store.read(tmp_path)
    (tmp_path / "2026-11.json").unlink()
    store.add(tmp_path, replace(OCTOBER, format=9))
    with pytest.raises(FileUnusable, match="has format version 9, this collector knows 1"):
        store.read(tmp_path)


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    """It may lead to what somebody wants to have published."""
    store.add(tmp_path / "elsewhere", OCTOBER)
    (tmp_path / "2026-10.json").symlink_to(tmp_path / "elsewhere" / "2026-10.json")
    with pytest.raises(FileUnusable, match="is a link, which is not followed"):
        store.read(tmp_path)


_KILLED = textwrap.dedent(
    """
    import os, sys
    from pathlib import Path
    from collector.publishing import store
    from collector.publishing.store_test import OCTOBER

    left = int(sys.argv[2])

    def die(event, arguments):
        global left
        if event in {"open", "os.link", "os.remove", "os.mkdir", "fcntl.flock"}:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), 9)

    sys.addaudithook(die)
    store.add(Path(sys.argv[1]), OCTOBER)
    """
)


def test_a_process_that_is_killed_leaves_all_or_nothing(tmp_path: Path) -> None:
    """Killed before each of its calls to the system, there is the release or none, and no rest."""
    kills = 0
    for calls in range(1, 30):
        folder = tmp_path / str(calls)
        command = [sys.executable, "-c", _KILLED, str(folder), str(calls)]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        status = subprocess.run(command, env=environment, check=False).returncode
        before = store.read(folder)
        assert before in {(), (OCTOBER,)}
        other = replace(OCTOBER, clusters=4.0)
        assert store.add(folder, other) == (before or (other,))[0]
        assert [each.name for each in folder.iterdir()] == ["2026-10.json"]
        if status == 0:
            break
        assert status == -signal.SIGKILL
        kills += 1
    assert kills >= 5
