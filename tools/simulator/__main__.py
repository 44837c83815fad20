"""`python -m tools.simulator`: serve a generated cluster until SIGTERM or Ctrl-C."""

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Final

from tools.simulator import Cluster, running_simulator

_HIGHEST_PORT: Final = 65_535


def _arguments(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="simulator", description=__doc__)
    parser.add_argument("--nodes", type=_count, default=5, help="how many nodes (default 5)")
    parser.add_argument("--seed", type=int, default=1, help="which cluster (default 1)")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=_port, default=0, help="0, the default, takes a free one")
    parser.add_argument("--tls", action="store_true", help="serve with the test-only certificate")
    parser.add_argument("--write-kubeconfig", type=Path, metavar="PATH")
    return parser.parse_args(words)


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0")
    return int(text)


def _port(text: str) -> int:
    if (port := _count(text)) > _HIGHEST_PORT:
        raise argparse.ArgumentTypeError(f"{port} is above {_HIGHEST_PORT}")
    return port


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


def main(words: Sequence[str]) -> None:
    """Print the address on one line once it listens, then serve until told to stop."""
    arguments = _arguments(words)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)
    cluster = Cluster.generate(nodes=arguments.nodes, seed=arguments.seed)
    try:
        with running_simulator(
            cluster, tls=arguments.tls, host=arguments.host, port=arguments.port
        ) as simulator:
            if arguments.write_kubeconfig is not None:
                simulator.kubeconfig(arguments.write_kubeconfig)
            print(simulator.url, flush=True)
            while True:
                signal.pause()
    except OSError as error:
        raise SystemExit(f"simulator: {error}") from error


if __name__ == "__main__":
    main(sys.argv[1:])
