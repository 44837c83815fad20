"""Decoding costs at most 8 bytes of memory for a byte of input, and a constant, whatever it holds.

Measured in a process of its own, as the growth of its peak resident memory (`VmHWM` of Linux)
beyond that with the body already read: the outcome of decoding included, the body not.
"""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from report import MAX_REPORT_BYTES
from report.schema import MAX_CAPACITIES_PER_NODE

MIB = 1024 * 1024
BYTES_PER_BYTE = 8
CONSTANT = 8 * MIB
"""For what is allowed whatever the size of the body, such as 20,000 nodes."""

HEAD = b'{"version":"v9","clusterID":"c","nodes":'
TINY_NODE = b'{"id":"a"}'
KINDS = (
    b'{"version":"v9","clusterID":"c","workloads":{"namespaces":{"count":1},"kinds":[',
    b"]}}",
)
TINY_RESOURCE = b'{"resource":"a","value":"1"}'

MEASURE = """
import sys
from pathlib import Path
from report import InvalidReport, decode

def peak():
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if "VmHWM" in line) * 1024

body = Path(sys.argv[1]).read_bytes()
decode(b'{"version":"v9","clusterID":"c","nodes":[{"id":"a"}]}')
before = peak()
try:
    outcome = decode(body)
except InvalidReport as error:
    outcome = error
print(peak() - before)
"""


def filled(head: bytes, piece: bytes, tail: bytes) -> bytes:
    """Return a body of 8 MiB: `piece` repeated between `head` and `tail`."""
    room = MAX_REPORT_BYTES - len(head) - len(tail)
    return head + (piece * (room // len(piece) + 1))[:room] + tail


def repeated(head: bytes, piece: bytes, tail: bytes) -> bytes:
    """Return a body of nearly 8 MiB: as many whole pieces as fit, with commas between them."""
    room = MAX_REPORT_BYTES - len(head) - len(tail)
    return head + b",".join([piece] * (room // (len(piece) + 1))) + tail


def node_of(resources: int, resource: bytes = TINY_RESOURCE) -> bytes:
    """Return a node with so many capacities."""
    return b'{"id":"a","capacity":[' + b",".join([resource] * resources) + b"]}"


HOSTILE: dict[str, Callable[[], bytes]] = {
    "tiny nodes": lambda: repeated(HEAD + b"[", TINY_NODE, b"]}"),
    "tiny nodes, escaped": lambda: repeated(HEAD + b"[", rb'{"\u0069d":"a"}', b"]}"),
    "empty nodes behind many ids": lambda: repeated(
        HEAD + b"[" + (TINY_NODE + b",") * 20_001, b"{}", b"]}"
    ),
    "the most nodes": lambda: HEAD + b"[" + b",".join([TINY_NODE] * 20_000) + b"]}",
    "nodes given many times": lambda: repeated(
        b'{"version":"v9","clusterID":"c"' + b",",
        b'"nodes":[' + b",".join([TINY_NODE] * 20_000) + b"]",
        b"}",
    ),
    "64 tiny capacities a node": lambda: repeated(HEAD + b"[", node_of(64), b"]}"),
    "as many tiny capacities a node as are allowed": lambda: repeated(
        HEAD + b"[", node_of(MAX_CAPACITIES_PER_NODE), b"]}"
    ),
    "64 capacities beyond ASCII": lambda: repeated(
        HEAD + b"[", node_of(64, '{"resource":"ж","value":"ж"}'.encode()), b"]}"
    ),
    "64 capacities with escapes": lambda: repeated(
        HEAD + b"[", node_of(64, rb'{"resource":"\u00e9","value":"\t"}'), b"]}"
    ),
    "one node of many capacities": lambda: repeated(
        HEAD + b'[{"id":"a","capacity":[', TINY_RESOURCE, b"]}]}"
    ),
    "many extensions": lambda: repeated(
        b'{"version":"v9","clusterID":"c","extensions":[', b'{"name":"a","value":""}', b"]}"
    ),
    "a long histogram": lambda: repeated(
        KINDS[0] + b'{"kind":"a","perNamespace":[', b"300", b"]}" + KINDS[1]
    ),
    "a long histogram, escaped": lambda: repeated(
        (KINDS[0] + b'{"kind":"a","perNamespace":[').replace(b"workloads", rb"\u0077orkloads"),
        b"300",
        b"]}" + KINDS[1],
    ),
    "many kinds": lambda: repeated(KINDS[0], b'{"kind":"a","perNamespace":[]}', KINDS[1]),
    "many kinds without anything": lambda: repeated(KINDS[0], b"{}", KINDS[1]),
    "many kinds with histograms": lambda: repeated(
        KINDS[0],
        b'{"kind":"a","perNamespace":[' + b",".join([b"999"] * 64) + b'],"meanAge":1234}',
        KINDS[1],
    ),
    "many unknown fields": lambda: repeated(
        b'{"version":"v9","clusterID":"c",', b'"x":[[],{}]', b"}"
    ),
    "an unknown list": lambda: repeated(b'{"version":"v9","clusterID":"c","x":[', b"[]", b"]}"),
    "a list as timestamp": lambda: repeated(
        b'{"version":"v9","clusterID":"c","timestamp":[', b"[]", b"]}"
    ),
    "a long timestamp": lambda: filled(
        b'{"version":"v9","clusterID":"c","timestamp":"', b"1", b'"}'
    ),
    "numbers as nodes": lambda: repeated(HEAD + b"[", b"1", b"]}"),
    "a huge number": lambda: filled(HEAD, b"9", b"}"),
    "a huge exponent": lambda: filled(HEAD + b"1e", b"9", b"}"),
    "a long version": lambda: filled(b'{"clusterID":"c","version":"', "é".encode(), b'"}'),
    "a long name of a field": lambda: filled(b'{"', b"a", b'":1}'),
    "deep lists": lambda: filled(HEAD, b"[", b""),
    "deep objects": lambda: filled(HEAD, b'{"x":', b""),
    "quotes": lambda: filled(HEAD, b'"', b"}"),
    "backslashes": lambda: filled(HEAD + b'"', b"\\\\", b'"}'),
    "lone surrogates": lambda: filled(HEAD + b'"', rb"\ud800", b'"}'),
    "zeros": lambda: bytes(MAX_REPORT_BYTES),
    "invalid UTF-8": lambda: filled(b'{"version":"', b"\xff", b'"}'),
    "a byte order mark": lambda: repeated(b"\xef\xbb\xbf" + HEAD + b"[", TINY_NODE, b"]}"),
    "NaN": lambda: repeated(HEAD + b"[", b"NaN", b"]}"),
    "opened objects": lambda: filled(HEAD + b"[", b'{"id":"a",', b""),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_peak_memory(name: str, tmp_path: Path) -> None:
    """A hostile body of up to 8 MiB takes no more memory to decode than is promised."""
    body = HOSTILE[name]()
    assert len(body) <= MAX_REPORT_BYTES
    file = tmp_path / "body"
    file.write_bytes(body)
    finished = subprocess.run(
        [sys.executable, "-c", MEASURE, str(file)],
        env={"PYTHONPATH": ":".join(sys.path)},
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    assert int(finished.stdout) <= BYTES_PER_BYTE * len(body) + CONSTANT
