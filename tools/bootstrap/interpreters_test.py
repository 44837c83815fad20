"""Finding interpreters."""

import sys
from pathlib import Path

import pytest

from tools.bootstrap.interpreters import InterpreterMissing, find_interpreter

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"


def executable(path: Path, script: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_on_path(tmp_path: Path) -> None:
    """An interpreter on PATH that runs and is of the version is found."""
    executable(tmp_path / f"python{HERE}", f'exec {sys.executable} "$@"')
    environment = {"PATH": str(tmp_path), "PYENV_ROOT": "/nonexistent"}
    assert find_interpreter(HERE, environment) == str(tmp_path / f"python{HERE}")


def test_shim_that_refuses(tmp_path: Path) -> None:
    """A name on PATH that does not run is passed over for pyenv's version of that number."""
    executable(tmp_path / "shims" / f"python{HERE}", "exit 127")
    real = tmp_path / "pyenv" / "versions" / f"{HERE}.99" / "bin" / "python3"
    executable(real, f'exec {sys.executable} "$@"')
    environment = {"PATH": str(tmp_path / "shims"), "PYENV_ROOT": str(tmp_path / "pyenv")}
    assert find_interpreter(HERE, environment) == str(real)


def test_missing(tmp_path: Path) -> None:
    """Where none is found the error names the version and ways to get it."""
    environment = {"PATH": str(tmp_path), "PYENV_ROOT": str(tmp_path)}
    with pytest.raises(InterpreterMissing, match=r"Python 2\.6 is needed") as raised:
        find_interpreter("2.6", environment)
    assert "pyenv install 2.6" in str(raised.value)
