"""Behaviour of `collector.disk.data_directory`."""

from pathlib import Path

import pytest

from collector.disk.data_directory import DataDirectory, DiskUsage
from collector.errors import DataDirectoryUnusable


def test_it_is_made_private(tmp_path: Path) -> None:
    """A missing directory is made, and only its owner may list it."""
    with DataDirectory(tmp_path / "a" / "b") as directory:
        assert directory.path.stat().st_mode & 0o777 == 0o700
        assert not directory.is_open_to_others


def test_one_that_exists_keeps_its_mode(tmp_path: Path) -> None:
    """The mode of an existing directory is not changed, and others' access is noticed."""
    tmp_path.chmod(0o755)
    with DataDirectory(tmp_path) as directory:
        assert directory.is_open_to_others
    assert tmp_path.stat().st_mode & 0o777 == 0o755


def test_a_second_collector_is_refused(tmp_path: Path) -> None:
    """A directory in use is refused, and free once it is no longer used."""
    with DataDirectory(tmp_path), pytest.raises(DataDirectoryUnusable, match="another collector"):
        DataDirectory(tmp_path).__enter__()
    with DataDirectory(tmp_path):
        pass


def test_a_path_that_is_not_a_directory_is_refused(tmp_path: Path) -> None:
    """The error names the path and the system's reason."""
    path = tmp_path / "file"
    path.write_text("")
    with pytest.raises(DataDirectoryUnusable, match=f"{path} cannot be used: "):
        DataDirectory(path).__enter__()


def test_files_are_measured_once_a_minute(tmp_path: Path) -> None:
    """Files of all folders count, links as themselves; within a minute none is read again."""
    now = [0.0]
    (tmp_path / "reports" / "day").mkdir(parents=True)
    (tmp_path / "reports" / "day" / "one").write_bytes(bytes(1_000))
    (tmp_path / "spool").write_bytes(bytes(234))
    usage = DiskUsage(tmp_path, clock=lambda: now[0])
    assert usage.stored_bytes() == 1_234
    (tmp_path / "two").write_bytes(bytes(66))
    (tmp_path / "link").symlink_to("/dev/zero")
    now[0] = 59.0
    assert usage.stored_bytes() == 1_234
    now[0] = 60.0
    assert usage.stored_bytes() == 1_300 + len("/dev/zero")


def test_room_is_measured(tmp_path: Path) -> None:
    """What is free is more than nothing, and less than all there is."""
    assert 0 < DiskUsage(tmp_path, clock=lambda: 0.0).free_bytes() < 2**60
