"""Installs Pants and the pex CLI from pins, once for each set of pins.

Runs on Python 3.9, before anything is installed.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tools.bootstrap.workspace import Workspace

_ELSEWHERE = "set XDG_CACHE_HOME to a folder that can be written"

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip can hold

# What the pex CLI file runs. It unpacks itself once, because pex starts subprocesses that import
# it from a folder, and drops PEX_* variables but the cache's: Pants sets them for another Python.
_PEX_CLI_MAIN = """\
import os, runpy, sys, zipfile
home = os.path.join(os.environ.get("PEX_ROOT", os.path.expanduser("~/.cache/pex")), "cli", "{key}")
if not os.path.isdir(home):
    unpacked = home + "." + str(os.getpid())
    with zipfile.ZipFile(sys.argv[0]) as archive:
        archive.extractall(unpacked)
    try:
        os.rename(unpacked, home)
    except OSError:
        if not os.path.isdir(home):
            raise
for name in [name for name in os.environ if name.startswith("PEX_") and name != "PEX_ROOT"]:
    del os.environ[name]
sys.path[0] = os.path.join(home, "lib")
sys.argv[0] = "pex"
runpy.run_module("pex", run_name="__main__", alter_sys=True)
"""


class InstallationFailed(Exception):
    """A pinned distribution could not be installed; the installer has said why."""


@dataclass(frozen=True)
class Installation:
    """Where Pants and the pex CLI are."""

    pants: Path
    pex_cli: Path


def folder_of_caches(environment: Mapping[str, str]) -> Path:
    """Return the folder of all installations. Raises `InstallationFailed` where none is known."""
    home = environment.get("HOME")
    caches = environment.get("XDG_CACHE_HOME") or (home and f"{home}/.cache")
    if not caches or not Path(caches).is_absolute():
        raise InstallationFailed(f"no folder of caches is known, as HOME is not set; {_ELSEWHERE}")
    return Path(caches) / "spartakus" / "build"


def install(root: Path, workspace: Workspace, python: str, caches: Path) -> Installation:
    """Return the installation for these pins, made now if it is not there yet.

    `python` runs Pants. Several callers may arrive at once: one installs, the others wait.
    Raises `InstallationFailed`, and leaves nothing that a later call would take for whole.
    """
    if "%" in caches.as_uri():
        # Pants reads a file: address without turning its escapes back.
        raise InstallationFailed(
            f"the folder of caches must be named in plain ASCII without spaces, not {caches}; "
            f"{_ELSEWHERE}"
        )
    home = caches / _key(root, workspace, python)
    installation = Installation(home / "venv" / "bin" / "pants", home / "pex")
    if (home / "complete").exists():
        return installation
    with _lock_file(home) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / "complete").exists():
            _install_pants(root / workspace.pants_lock, python, home / "venv")
            _make_pex_cli(workspace, home / "venv", installation.pex_cli)
            (home / "complete").touch()
    return installation


def _lock_file(home: Path) -> IO[str]:
    try:
        home.mkdir(parents=True, exist_ok=True)
        return (home / "lock").open("w")
    except OSError as error:
        why = f"cannot write to {home}: {error.strerror}"
        raise InstallationFailed(f"{why}; {_ELSEWHERE}") from error


def _key(root: Path, workspace: Workspace, python: str) -> str:
    hasher = hashlib.sha256(repr((workspace, python, _PEX_CLI_MAIN)).encode())
    hasher.update((root / workspace.pants_lock).read_bytes())
    return hasher.hexdigest()[:16]


def _install_pants(lock: Path, python: str, venv: Path) -> None:
    print("pants: installing the build tool (once for these pins) …", file=sys.stderr)
    shutil.rmtree(venv, ignore_errors=True)
    _run("make a virtual environment", python, "-m", "venv", str(venv))
    _pip(venv, "install", "--no-deps", "--requirement", str(lock))


def _make_pex_cli(workspace: Workspace, venv: Path, pex_cli: Path) -> None:
    """Make the file that Pants runs as `pex` out of the pinned wheel: the same bytes anywhere."""
    wheels = pex_cli.with_name("wheels")
    shutil.rmtree(wheels, ignore_errors=True)
    wheels.mkdir()
    pin = wheels / "pex.txt"
    pin.write_text(f"pex=={workspace.pex_version} --hash=sha256:{workspace.pex_sha256}\n")
    _pip(venv, "download", "--no-deps", "--dest", str(wheels), "--requirement", str(pin))
    (wheel,) = wheels.glob("*.whl")
    main = _PEX_CLI_MAIN.replace("{key}", workspace.pex_sha256[:16])
    with zipfile.ZipFile(wheel) as source, zipfile.ZipFile(pex_cli, "w") as target:
        target.writestr(zipfile.ZipInfo("__main__.py", _EPOCH), main)
        for name in sorted(source.namelist()):
            target.writestr(zipfile.ZipInfo(f"lib/{name}", _EPOCH), source.read(name))


def _pip(venv: Path, command: str, *arguments: str) -> None:
    _run(
        f"{command} what WORKSPACE pins",
        str(venv / "bin" / "python"),
        *("-m", "pip", "--quiet", "--disable-pip-version-check", command),
        *("--require-hashes", "--only-binary", ":all:", *arguments),
    )


def _run(purpose: str, *command: str) -> None:
    environment = {**os.environ, "PIP_ROOT_USER_ACTION": "ignore"}
    finished = subprocess.run(command, env=environment, stdout=sys.stderr, check=False)
    if finished.returncode != 0:
        raise InstallationFailed(f"could not {purpose}")
