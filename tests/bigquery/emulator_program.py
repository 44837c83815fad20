"""Starts `bqemulator`, in a process and a resolve of its own: it needs another DuckDB than we."""

import importlib
import os
import sys
import tempfile

from bqemulator.cli import main


def run() -> None:
    """Run the command line of `bqemulator`, with DuckDB's extensions from PyPI in a new home."""
    with tempfile.TemporaryDirectory() as home:
        os.environ["HOME"] = home
        # The package has no annotations, so a checker does not follow a plain import.
        importlib.import_module("duckdb_extensions").import_extension("spatial")
        sys.exit(main())


if __name__ == "__main__":
    run()
