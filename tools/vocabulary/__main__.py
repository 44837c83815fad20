"""Says what comes out of a file of texts: `./pants run tools:vocabulary -- FILE`.

A line of FILE is a field of a node and a text, with a TAB between them (`-` reads stdin):

    kernelVersion	5.15.0-91-generic
    osImage	Ubuntu 22.04.3 LTS

Each text that does not come out whole is printed with what does, and then the share of each field.
"""

import argparse
import os
import sys
from collections.abc import Iterable
from typing import TextIO

from tools.vocabulary.survey import RECOGNISERS, WHOLE, NotATextOfANode, shares, survey


def main() -> None:
    """Print what comes out. Exits with 2 where the file cannot be read or is of another kind."""
    arguments = _arguments()
    try:
        with _opened(arguments.file) as file:
            _print(file, everything=arguments.all)
    except BrokenPipeError:
        # The reader has seen enough, as `head` has.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, UnicodeDecodeError, NotATextOfANode) as error:
        print(f"{arguments.file}: {_reason(error)}", file=sys.stderr)
        sys.exit(2)


def _print(lines: Iterable[str], *, everything: bool) -> None:
    answers = [*survey(lines)]
    for answer in answers:
        if everything or answer.outcome != WHOLE:
            print(answer.outcome, answer.field, answer.text, answer.sent or "", sep="\t")
    for line in shares(answers) if answers else ["no texts"]:
        print(line)
    sys.stdout.flush()


def _opened(name: str) -> TextIO:
    # An editor may have put a byte order mark in front.
    return sys.stdin if name == "-" else open(name, encoding="utf-8-sig")  # noqa: PTH123 - as stdin


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or "cannot be read"
    return "is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="tools:vocabulary",
        description="Say what a report would hold of the texts in a file, and what share of them.",
        epilog=f"FIELD is {', '.join(RECOGNISERS)}.",
    )
    parser.add_argument("file", metavar="FILE", help="lines of FIELD, a TAB and a text; - is stdin")
    parser.add_argument("--all", action="store_true", help="print texts that come out whole, too")
    return parser.parse_args()


if __name__ == "__main__":
    main()
