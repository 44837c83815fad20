"""Fuzzes the readers with atheris: `./pants run tools:fuzz -- --seconds N [--target NAME]`.

Ends with status 1 and the input that did it when a target fails; `--replay FILE` tries that again.
"""

import argparse
import mmap
import multiprocessing
import sys
import tempfile
from pathlib import Path

import atheris

# Compiled with probes, through which atheris sees how far an input got.
with atheris.instrument_imports(include=["report", "volunteer", "json"]):
    from tools.fuzz.targets import SEEDS, TARGETS

_LONGEST_INPUT = 4_096
_LENGTH_BYTES = 8


def main() -> None:
    """Fuzz each target for its part of the time."""
    arguments = _arguments()
    if arguments.replay is not None:
        TARGETS[arguments.target](arguments.replay.read_bytes())
        return
    names = [arguments.target] if arguments.target else sorted(TARGETS)
    seconds = max(1, arguments.seconds // len(names))
    failing = {name: found for name in names if (found := fuzz(name, seconds)) is not None}
    for name, found in failing.items():
        file = Path(tempfile.mkdtemp(prefix=f"fuzz-{name}-")) / "input"
        file.write_bytes(found)
        print(f"{name} fails for {found!r}\ntry it again with --target {name} --replay {file}")
    sys.exit(1 if failing else 0)


def fuzz(name: str, seconds: int) -> bytes | None:
    """Search for `seconds`; return the input for which the target failed, if there was one.

    The search has a process of its own: atheris ends it, and so may a crash. Its last input is
    in memory that both processes see.
    """
    print(f"Fuzzing {name} for {seconds} s …", file=sys.stderr)
    with (
        mmap.mmap(-1, _LENGTH_BYTES + _LONGEST_INPUT) as last_input,
        tempfile.TemporaryDirectory() as corpus,
    ):
        for number, seed in enumerate(SEEDS[name]):
            (Path(corpus) / str(number)).write_bytes(seed)
        options = [f"-max_total_time={seconds}", f"-max_len={_LONGEST_INPUT}", "-timeout=10"]
        search = multiprocessing.get_context("fork").Process(
            target=_search, args=(name, [*options, "-verbosity=0", corpus], last_input)
        )
        search.start()
        search.join()
        if search.exitcode == 0:
            return None
        last_input.seek(0)
        return last_input.read(int.from_bytes(last_input.read(_LENGTH_BYTES), "big"))


def _search(name: str, options: list[str], last_input: mmap.mmap) -> None:
    def remember_and_try(data: bytes) -> None:
        last_input.seek(0)
        last_input.write(len(data).to_bytes(_LENGTH_BYTES, "big") + data)
        TARGETS[name](data)

    atheris.Setup([sys.argv[0], *options], remember_and_try)
    atheris.Fuzz()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="fuzz", description="Fuzz what reads others' bytes.")
    parser.add_argument("--seconds", type=int, default=60, help="how long, for all targets")
    parser.add_argument("--target", choices=sorted(TARGETS), help="only this one")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="try one input instead")
    arguments = parser.parse_args()
    if arguments.replay is not None and arguments.target is None:
        parser.error("--replay needs --target")
    return arguments


if __name__ == "__main__":
    main()
