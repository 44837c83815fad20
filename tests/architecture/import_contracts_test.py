"""The import contracts in .importlinter hold for the sources as they are."""

import os
import subprocess
import sys
from pathlib import Path


def test_import_contracts() -> None:
    """Every contract is kept; what breaks one is named."""
    root = Path.cwd()
    paths = os.pathsep.join(str(root / source_root) for source_root in (".", "libs", "apps"))
    finished = subprocess.run(
        [
            sys.executable,
            *("-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"),
            *("--config", ".importlinter", "--no-cache"),
        ],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([paths, *sys.path])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert " 0 broken" in finished.stdout
