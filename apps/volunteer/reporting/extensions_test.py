"""The user's own facts: which files are read, what they may hold, what is said of the others."""

import json
import os
from pathlib import Path

import pytest

from report import Extension
from volunteer.reporting.extensions import MAX_FILE_BYTES, read_extensions


def _write(path: Path, document: object) -> Path:
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def _problem(path: Path) -> str:
    extensions = read_extensions(path)
    assert extensions.values == ()
    (problem,) = extensions.problems
    return str(problem)


def test_no_path() -> None:
    """Without a path there are no extensions."""
    assert read_extensions(None).values == ()


def test_file(tmp_path: Path) -> None:
    """A file's members are extensions, in their order; a text stays as it is."""
    path = _write(tmp_path / "facts.json", {"example.com/b": " x\n", "a": ""})
    assert read_extensions(path).values == (
        Extension("example.com/b", " x\n"),
        Extension("a", ""),
    )


def test_byte_order_mark(tmp_path: Path) -> None:
    """A byte order mark in front, as some editors write it, is no part of the JSON."""
    path = tmp_path / "facts.json"
    path.write_bytes(b'\xef\xbb\xbf{"a": "b"}')
    assert read_extensions(path).values == (Extension("a", "b"),)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ('{"x": [1, 2.50, null]}', '{"x":[1,2.5,null]}'),
        ("true", "true"),
        ("null", "null"),
        ("12345678901234567890", "12345678901234567890"),
        ('["é"]', '["é"]'),
    ],
)
def test_other_values(tmp_path: Path, value: str, text: str) -> None:
    """A value that is not a text is sent as compact JSON text."""
    path = tmp_path / "facts"
    path.write_text(f'{{"key": {value}}}', encoding="utf-8")
    assert read_extensions(path).values == (Extension("key", text),)


def test_directory(tmp_path: Path) -> None:
    """A directory is read in the order of names, without dot files and directories in it."""
    _write(tmp_path / "b.json", {"second": "2"})
    _write(tmp_path / "a.json", {"first": "1"})
    (tmp_path / ".hidden").write_text("not JSON")
    (tmp_path / "folder").mkdir()
    _write(tmp_path / "folder" / "c.json", {"third": "3"})
    assert [found.name for found in read_extensions(tmp_path).values] == ["first", "second"]


def test_mounted_config_map(tmp_path: Path) -> None:
    """A ConfigMap as the kubelet mounts it works: links into a hidden directory."""
    data = tmp_path / "..2024_01_01"
    data.mkdir()
    _write(data / "facts", {"a": "1"})
    (tmp_path / "..data").symlink_to(data.name)
    (tmp_path / "facts").symlink_to("..data/facts")
    extensions = read_extensions(tmp_path)
    assert extensions.values == (Extension("a", "1"),)
    assert extensions.problems == ()


def test_bad_file_among_good_ones(tmp_path: Path) -> None:
    """A bad file is left out whole and named; the others are still read."""
    _write(tmp_path / "a", {"first": "1", "bad key": "x"})
    _write(tmp_path / "b", {"second": "2"})
    extensions = read_extensions(tmp_path)
    assert extensions.values == (Extension("second", "2"),)
    (problem,) = extensions.problems
    assert (problem.file, problem.key) == (str(tmp_path / "a"), "bad key")


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "must be JSON (Expecting value, line 1, column 1)"),
        (b'{"a": 1,}', "must be JSON ("),
        (b"[]", "must hold one JSON object"),
        (b'"text"', "must hold one JSON object"),
        (b'{"a": "\xff"}', "must be UTF-8"),
        (b'{"a": NaN}', "must be JSON that can be read back"),
        (b"[" * 100_000, "must be JSON that can be read back"),
        (b'{"a": ' + b"1" * 5_000 + b"}", "must be JSON that can be read back"),
        (b'{"a": 1e400}', "key 'a': its value must be JSON that can be written again"),
        (b'{"a": "1", "a": "2"}', "key 'a': is repeated"),
        (b'{"a": {"x": 1, "x": 2}}', "key 'a': its value repeats a name"),
        (b'{"": "1"}', "key '': the name must not be empty"),
        (b'{"a/b/c": "1"}', "key 'a/b/c': a key must be"),
        (b'{"a\\u0000": "1"}', "key 'a\\x00': the name must be of"),
        (b'{"' + b"a" * 100 + b'": "1"}', "key '" + "a" * 80 + "…': the name must be at most 63"),
        (b'{"a": "' + b"x" * 4_097 + b'"}', "key 'a': its value must be at most 4096 characters"),
        (b'{"a": "\\u0007"}', "key 'a': its value must hold no control"),
        (b'{"a": "\\u202e"}', "key 'a': its value must hold no control"),
        (b'{"a": "\\ud800"}', "key 'a': its value must hold no control"),
        (b" " * (MAX_FILE_BYTES + 1), "must be at most 1048576 bytes"),
    ],
)
def test_rules(tmp_path: Path, content: bytes, rule: str) -> None:
    """Whatever a file holds, its problem names file, key and rule."""
    path = tmp_path / "facts"
    path.write_bytes(content)
    assert _problem(path).startswith(f"{path}: {rule}")


def test_missing(tmp_path: Path) -> None:
    """A path that leads nowhere is a problem that names it."""
    path = tmp_path / "none"
    assert _problem(path) == f"{path}: cannot be read: No such file or directory"


def test_not_a_file(tmp_path: Path) -> None:
    """A pipe is refused without being opened, which would wait for ever."""
    os.mkfifo(tmp_path / "pipe")
    assert _problem(tmp_path).endswith("pipe: must be a regular file")


def test_repeated_across_files(tmp_path: Path) -> None:
    """A name that another file has is a problem of the later file."""
    _write(tmp_path / "a", {"same": "1"})
    _write(tmp_path / "b", {"same": "2"})
    extensions = read_extensions(tmp_path)
    assert extensions.values == (Extension("same", "1"),)
    assert str(extensions.problems[0]).endswith("b: key 'same': is repeated: another file has it")


def test_too_many(tmp_path: Path) -> None:
    """All files together hold at most as many keys as a report."""
    path = _write(tmp_path / "facts", {f"key-{number}": "" for number in range(257)})
    assert _problem(path).endswith("must hold at most 256 keys")
