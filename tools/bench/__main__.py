"""Benchmarks: `./pants run tools:bench -- report`, or `collector`, or `volunteer`."""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from tools.bench import collector, report_codec, volunteer

BENCHMARKS: Final[Mapping[str, Callable[[Sequence[str]], int]]] = {
    "report": report_codec.main,
    "collector": collector.main,
    "volunteer": volunteer.main,
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
