"""Locks what third_party/*.in ask for: `./pants run tools:lock [-- --upgrade] [RESOLVE …]`.

Each `NAME.in` becomes `NAME.lock`: every distribution with its version and the hashes of its
files, for every platform, and no host name, so that any index with the same files will do.
"""

import argparse
import subprocess
import sys
from pathlib import Path

from tools.bootstrap.workspace import parse_workspace

PANTS = "pants"


def main() -> None:
    """Lock the resolves named on the command line, or all of them."""
    python_of = _python_versions(Path("third_party"), Path("WORKSPACE"))
    arguments = _arguments(sorted(python_of))
    for resolve in arguments.resolves or sorted(python_of):
        print(f"Locking {resolve} for Python {python_of[resolve]} …", file=sys.stderr)
        subprocess.run(_command(resolve, python_of[resolve], upgrade=arguments.upgrade), check=True)


def _arguments(known: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Lock third_party/*.in by hash.")
    parser.add_argument("resolves", nargs="*", metavar="RESOLVE", help=f"of {', '.join(known)}")
    parser.add_argument("--upgrade", action="store_true", help="take the newest that is allowed")
    arguments = parser.parse_args()
    unknown = sorted(set(arguments.resolves) - set(known))
    if unknown:
        parser.error(f"no such resolve: {', '.join(unknown)} (there are {', '.join(known)})")
    return arguments


def _python_versions(folder: Path, workspace: Path) -> dict[str, str]:
    """Return the Python version of each resolve. Pants itself runs on one of its own."""
    pins = parse_workspace(workspace.read_text(encoding="utf-8"))
    resolves = [path.stem for path in folder.glob("*.in")]
    return {**dict.fromkeys(resolves, pins.python_version), PANTS: pins.pants_python}


def _command(resolve: str, python: str, *, upgrade: bool) -> list[str]:
    return [
        *(sys.executable, "-m", "uv", "pip", "compile", "--quiet"),
        *("--universal", "--python-version", python),
        *("--generate-hashes", "--no-emit-index-url", "--no-emit-find-links"),
        *("--no-header", "--no-annotate"),
        *(["--upgrade"] if upgrade else []),
        *(f"third_party/{resolve}.in", "--output-file", f"third_party/{resolve}.lock"),
    ]


if __name__ == "__main__":
    main()
