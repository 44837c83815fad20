"""Benchmarks: `./pants run tools:bench -- report`, or `collector`, `volunteer`, `statistics`."""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Final

# Each is imported where it is asked for: a program that is started counts the memory of the process
# that started it as its own peak (getrusage(2)), and what measures the collector is large.


def _report(arguments: Sequence[str]) -> int:
    from tools.bench import report_codec

    return report_codec.main(arguments)


def _collector(arguments: Sequence[str]) -> int:
    from tools.bench import collector

    return collector.main(arguments)


def _volunteer(arguments: Sequence[str]) -> int:
    from tools.bench import volunteer

    return volunteer.main(arguments)


def _statistics(arguments: Sequence[str]) -> int:
    from tools.bench import release_cost

    return release_cost.main(arguments)


BENCHMARKS: Final[Mapping[str, Callable[[Sequence[str]], int]]] = {
    "report": _report,
    "collector": _collector,
    "volunteer": _volunteer,
    "statistics": _statistics,
}
"""What each word measures. Each prints what it found and returns 0 if its promises hold."""


def main() -> None:
    """Run the benchmark that is named, with the arguments that follow its name."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("benchmark", choices=BENCHMARKS)
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="for the benchmark")
    chosen = parser.parse_args()
    sys.exit(BENCHMARKS[chosen.benchmark](chosen.arguments))


if __name__ == "__main__":
    main()
