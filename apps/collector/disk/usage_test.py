"""Behaviour of `collector.disk.usage`."""

from pathlib import Path

from collector.disk.usage import DiskUsage


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
