"""What is fuzzed, and what must hold for any bytes: each target raises when it does not."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from report import InvalidReport, Report, decode, encode
from volunteer.reporting.extensions import read_extensions

FILE_SEPARATOR: Final = b"\xff"
"""Stands between the files of a directory: UTF-8, and so JSON, never holds it."""


def decode_report(data: bytes) -> None:
    """Any bytes are a report, which stays the same when encoded and decoded, or an own error."""
    try:
        report = decode(data)
    except InvalidReport as error:
        _check(error.path.startswith("$") and bool(error.rule), "an error names path and rule")
        return
    _check(decode(encode(report)) == report, "a report stays the same")


def read_extension_files(data: bytes) -> None:
    """Any files in any layout are extensions that a report may hold, or problems of one line."""
    with _laid_out(data) as path:
        extensions = read_extensions(path)
        for problem in extensions.problems:
            _check("\n" not in str(problem), "a problem is told in one line")
            _check(str(problem).startswith(str(path)), "a problem names the file")
    report = Report(version="v0", cluster_id="c", extensions=extensions.values)
    _check(decode(encode(report)) == report, "the collector accepts every extension")
    names = [extension.name for extension in extensions.values]
    _check(len(names) == len(set(names)), "no name is there twice")


TARGETS: Final[dict[str, Callable[[bytes], None]]] = {
    "decode": decode_report,
    "extensions": read_extension_files,
}

SEEDS: Final[dict[str, tuple[bytes, ...]]] = {
    "decode": (
        b'{"version":"v9","clusterID":"c"}',
        b'{"version":"v9","timestamp":"1512086400","clusterID":"c","nodes":[{"id":"a"}]}',
        b'{"version":"v","clusterID":"c","nodes":[{"id":"a","osImage":"\\u00e9","capacity":[]}]}',
        b'{"version":"v","clusterID":"c","extensions":[{"name":"a.b/c","value":"\\n"}]}',
    ),
    "extensions": (
        b'0{"example.com/hello":"world","a":{"b":[1,null,true,1e5]},"c":""}',
        b'1{"a":"1"}' + FILE_SEPARATOR + b'{"b":2}' + FILE_SEPARATOR + b"{}",
        b'2{"a":"1"}' + FILE_SEPARATOR + b'{"a":2}',
        b"3",
    ),
}
"""Where a search begins."""


def _check(holds: bool, rule: str) -> None:  # noqa: FBT001 - as in an assert statement
    if not holds:
        raise AssertionError(rule)


@contextmanager
def _laid_out(data: bytes) -> Iterator[Path]:
    """Write files as the first byte says, and yield what would be given as `--extensions`."""
    layout, contents = data[:1], data[1:].split(FILE_SEPARATOR)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "extensions"
        if layout == b"1":
            _write_directory(folder, contents)
        elif layout == b"2":
            _write_config_map(folder, contents)
        elif layout == b"3":
            _write_oddities(folder, contents[0])
        else:
            folder.write_bytes(contents[0])
        yield folder


def _write_directory(folder: Path, contents: list[bytes]) -> None:
    folder.mkdir()
    for index, content in enumerate(contents):
        (folder / f"{index}.json").write_bytes(content)


def _write_config_map(folder: Path, contents: list[bytes]) -> None:
    """Write files as the kubelet mounts a ConfigMap: links into a hidden, linked directory."""
    _write_directory(folder, [])
    _write_directory(folder / "..2024_01_01", contents)
    (folder / "..data").symlink_to("..2024_01_01")
    for file in (folder / "..2024_01_01").iterdir():
        (folder / file.name).symlink_to(Path("..data") / file.name)


def _write_oddities(folder: Path, content: bytes) -> None:
    """Write a file among entries that are not files: a directory, a broken link, a pipe, a loop."""
    _write_directory(folder, [content])
    (folder / "directory").mkdir()
    (folder / "broken").symlink_to("nowhere")
    (folder / "loop").symlink_to("loop")
    os.mkfifo(folder / "pipe")
