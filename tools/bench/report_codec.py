"""What decoding and validating a report costs, as a ratio to decoding it and validating nothing.

The variants alternate, round by round, in one process: what else the machine does falls on all of
them alike. pyperf calibrates, keeps the values and does the statistics.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final, TypeVar

import msgspec
import pyperf

from report import Extension, Node, Report, Resource, decode, encode
from report.rules import check_characters, check_identity
from tools.bench.plain_structs import without_constraints

NODES: Final = (2, 100, 5_000)
HIGHEST_RATIO: Final = 2.0
ROUNDS: Final = 25
SECONDS_PER_VALUE: Final = 0.02

_PLAIN: Final = msgspec.json.Decoder(without_constraints(Report))
_TYPED: Final = msgspec.json.Decoder(Report)
_Argument = TypeVar("_Argument")

EXPLANATION: Final = """\
Times are microseconds: the median of the rounds, and its median absolute deviation.

plain     msgspec.json.decode of the same structs without constraints
decode    report.decode: types, lengths, counts, characters, cluster ID, extension keys
encode    report.encode; its ratio is to plain decoding too
lengths   of decode, what msgspec takes for the lengths of strings and lists
identity  of decode, the rules of version, cluster ID and extension keys, once a report
the rest  of decode, what is settled once for the whole body: whether it may hold too many nodes
          or a forbidden character (no DEL, no escape but of quotes and slashes, and ASCII: no)
one by one  not part of it: every text checked, which only a body with such a character costs
"""


@dataclass(frozen=True)
class Timing:
    """The median of one variant in seconds, and its median absolute deviation."""

    seconds: float
    deviation: float


@dataclass(frozen=True)
class Row:
    """All variants for a report of `nodes` nodes that is `size` bytes long."""

    nodes: int
    size: int
    plain: Timing
    typed: Timing
    identity: Timing
    characters: Timing
    decode: Timing
    encode: Timing

    @property
    def ratio(self) -> float:
        """Decoding and validating to plain decoding."""
        return self.decode.seconds / self.plain.seconds


def main(arguments: Sequence[str]) -> int:
    """Print the table, and return 0 if every ratio is at most `HIGHEST_RATIO`."""
    argparse.ArgumentParser(prog="bench report", description=__doc__).parse_args(arguments)
    rows = [measure(nodes) for nodes in NODES]
    holds = all(row.ratio <= HIGHEST_RATIO for row in rows)
    print(render(rows))
    print(f"\nAt most {HIGHEST_RATIO} times plain decoding: {'holds' if holds else 'MISSED'}.")
    return 0 if holds else 1


def measure(nodes: int) -> Row:
    """Time every variant on a report of `nodes` nodes."""
    report = sample(nodes)
    body = encode(report)
    plain, typed, full = _time_alternating([_PLAIN.decode, _TYPED.decode, decode], body)
    identity, characters, encoded = _time_alternating(
        [check_identity, check_characters, encode], report
    )
    return Row(nodes, len(body), plain, typed, identity, characters, full, encoded)


def sample(nodes: int) -> Report:
    """Return a report as a cluster of `nodes` alike nodes sends it."""
    capacity = tuple(
        Resource(name, value)
        for name, value in (
            *(("cpu", "4"), ("ephemeral-storage", "101430960Ki"), ("hugepages-1Gi", "0")),
            *(("hugepages-2Mi", "0"), ("memory", "15437428Ki"), ("pods", "110")),
        )
    )
    return Report(
        version="v2.0.0",
        timestamp="1512086400",
        cluster_id="2f9c93d3-156c-47aa-8802-578ffca9b50e",
        master_version="v1.30.2",
        nodes=tuple(
            Node(
                id=blake2b(b"%d" % number, digest_size=16).hexdigest(),
                operating_system="linux",
                os_image="Debian GNU/Linux 12 (bookworm)",
                kernel_version="6.1.0-18-cloud-amd64",
                architecture="amd64",
                container_runtime_version="containerd://1.7.13",
                kubelet_version="v1.30.2",
                cloud_provider="aws",
                capacity=capacity,
            )
            for number in range(nodes)
        ),
        extensions=(Extension("example.com/environment", "production"),),
    )


def render(rows: Sequence[Row]) -> str:
    """Return the rows as a table for people, in microseconds, with what each column means."""
    head = (
        f"{'nodes':>6} {'bytes':>9} {'plain':>17} {'decode':>17} {'ratio':>6} {'encode':>17}"
        f" {'ratio':>6}   {'lengths':>9} {'identity':>9} {'the rest':>9} {'one by one':>11}"
    )
    return "\n".join((head, *map(_line, rows), "", EXPLANATION.rstrip()))


def _line(row: Row) -> str:
    lengths = row.typed.seconds - row.plain.seconds
    rest = row.decode.seconds - row.typed.seconds - row.identity.seconds
    parts = "".join(f" {part * 1e6:+9.1f}" for part in (lengths, row.identity.seconds, rest))
    return (
        f"{row.nodes:6} {row.size:9} {_microseconds(row.plain)} {_microseconds(row.decode)}"
        f" {row.ratio:6.2f} {_microseconds(row.encode)}"
        f" {row.encode.seconds / row.plain.seconds:6.2f}  {parts}"
        f" {row.characters.seconds * 1e6:11.1f}"
    )


def _microseconds(timing: Timing) -> str:
    return f"{timing.seconds * 1e6:9.1f} ± {timing.deviation * 1e6:5.1f}"


def _time_alternating(
    variants: Sequence[Callable[[_Argument], object]], argument: _Argument
) -> list[Timing]:
    loops = [_calibrate(variant, argument) for variant in variants]
    values: list[list[float]] = [[] for _ in variants]
    for _ in range(ROUNDS):
        for place, variant in enumerate(variants):
            values[place].append(_seconds_each(variant, argument, loops[place]))
    benchmarks = [
        pyperf.Benchmark([pyperf.Run(each, metadata={"name": str(place)}, collect_metadata=False)])
        for place, each in enumerate(values)
    ]
    return [Timing(benchmark.median(), benchmark.median_abs_dev()) for benchmark in benchmarks]


def _calibrate(variant: Callable[[_Argument], object], argument: _Argument) -> int:
    """Return how many calls take about `SECONDS_PER_VALUE`."""
    loops = 1
    while loops * _seconds_each(variant, argument, loops) < SECONDS_PER_VALUE:
        loops *= 2
    return loops


def _seconds_each(variant: Callable[[_Argument], object], argument: _Argument, loops: int) -> float:
    start = pyperf.perf_counter()
    for _ in range(loops):
        variant(argument)
    return float(pyperf.perf_counter() - start) / loops
