"""Finds CPython interpreters by version: on PATH, among pyenv's, or through uv.

Runs on Python 3.9, before anything is installed.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

_QUESTION = "import sys; print(sys.implementation.name, '%d.%d' % sys.version_info[:2])"


class InterpreterMissing(Exception):
    """No interpreter of the wanted version was found and none could be brought."""


def find_interpreter(version: str, environment: Mapping[str, str]) -> str:
    """Return the path of a CPython `version` ("3.11"). Raises `InterpreterMissing`.

    A candidate counts only if it runs and says so: pyenv's shims exist for versions that they
    then refuse to run.
    """
    for candidate in _candidates(version, environment):
        if _says(candidate, version):
            return candidate
    if _run("uv", "python", "install", version) is not None:
        found = _run("uv", "python", "find", version)
        if found and _says(found, version):
            return found
    raise InterpreterMissing(
        f"Python {version} is needed and was not found on PATH or among pyenv's versions; "
        f"install it, for example with `pyenv install {version}` or `uv python install {version}`"
    )


def _candidates(version: str, environment: Mapping[str, str]) -> Iterator[str]:
    for folder in environment.get("PATH", os.defpath).split(os.pathsep):
        for name in (f"python{version}", "python3"):
            path = Path(folder) / name
            if os.access(path, os.X_OK):
                yield str(path)
    pyenv = Path(environment.get("PYENV_ROOT") or f"{environment.get('HOME', '')}/.pyenv")
    for path in sorted(pyenv.glob(f"versions/{version}.*/bin/python3"), reverse=True):
        yield str(path)


def _says(interpreter: str, version: str) -> bool:
    return _run(interpreter, "-c", _QUESTION) == f"cpython {version}"


def _run(*command: str) -> str | None:
    try:
        finished = subprocess.run(command, capture_output=True, check=True, text=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return finished.stdout.strip()
