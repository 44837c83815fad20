"""Bills of materials: `./pants run tools:bom` writes `dist/NAME.cdx.json` beside each program.

CycloneDX, made from what is really in a PEX file, which is what its lock pins. The same PEX file
gives the same bytes: no random serial number, no time.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import release

_SPECIFICATION: Final = "1.6"


class BomFailed(Exception):
    """A bill of materials could not be made; the program that failed has said why."""


def main(words: Sequence[str]) -> None:
    """Write a bill of materials for each PEX file that `words` name."""
    parser = argparse.ArgumentParser(prog="bom", description=main.__doc__)
    parser.add_argument("pexes", nargs="+", type=Path, metavar="PEX")
    parser.add_argument("--output", type=Path, default=Path("dist"), metavar="FOLDER")
    arguments = parser.parse_args(words)
    arguments.output.mkdir(parents=True, exist_ok=True)
    for pex in arguments.pexes:
        bom: Path = arguments.output / f"{pex.stem}.cdx.json"
        with tempfile.TemporaryDirectory() as folder:
            _write(pex, bom, Path(folder))
        print(f"Wrote {bom}")


def _write(pex: Path, bom: Path, folder: Path) -> None:
    """Unpack `pex` below `folder`, and describe what came out of it in `bom`."""
    _run(str(pex.resolve()), "venv", str(folder / "venv"), PEX_TOOLS="1")
    project = folder / "pyproject.toml"
    project.write_text(_project(pex), encoding="utf-8")
    _run(
        *("-m", "cyclonedx_py", "environment", "--output-reproducible"),
        *("--spec-version", _SPECIFICATION, "--output-format", "JSON", "--output-file", str(bom)),
        *("--pyproject", str(project), str(folder / "venv" / "bin" / "python")),
    )


def _project(pex: Path) -> str:
    """Return a `pyproject.toml` that says what the program is and which libraries it asks for.

    JSON's strings and lists of strings are TOML's too.
    """
    with zipfile.ZipFile(pex) as archive:
        info: dict[str, Any] = json.loads(archive.read("PEX-INFO"))
    name, version = json.dumps(f"spartakus-{pex.stem}"), json.dumps(release.VERSION)
    requirements = json.dumps(sorted(info["requirements"]))
    return (
        f"[project]\nname = {name}\nversion = {version}\n"
        f'license = "Apache-2.0"\ndependencies = {requirements}\n'
    )


def _run(*arguments: str, **variables: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name[:4] != "PEX_"}
    finished = subprocess.run(
        [sys.executable, *arguments], env=environment | variables, check=False
    )
    if finished.returncode != 0:
        raise BomFailed


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except BomFailed:
        sys.exit("bom: no bill of materials was written")
