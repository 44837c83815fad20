"""`./pants`: installs Pants from the pins in WORKSPACE and hands over to it.

Runs on Python 3.9, before anything is installed.
"""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

from tools.bootstrap.commit import find_commit
from tools.bootstrap.installation import Installation, InstallationFailed, folder_of_caches, install
from tools.bootstrap.interpreters import InterpreterMissing, find_interpreter
from tools.bootstrap.workspace import Workspace, WorkspaceError, parse_workspace

_PLATFORMS = ("linux_x86_64", "linux_arm64", "macos_x86_64", "macos_arm64")


def main() -> None:
    """Install what is pinned, where it is not there yet, and become Pants."""
    root = Path(__file__).resolve().parents[2]
    try:
        workspace = parse_workspace((root / "WORKSPACE").read_text(encoding="utf-8"))
        pants_python = find_interpreter(workspace.pants_python, os.environ)
        product_python = find_interpreter(workspace.python_version, os.environ)
        installation = install(root, workspace, pants_python, folder_of_caches(os.environ))
    except (WorkspaceError, InterpreterMissing, InstallationFailed) as error:
        sys.exit(f"pants: {error}")
    settings = _settings(workspace, installation, product_python)
    environment = {**settings, "SPARTAKUS_COMMIT": find_commit(root), **os.environ}
    os.execve(installation.pants, [str(installation.pants), *sys.argv[1:]], environment)


def _settings(
    workspace: Workspace, installation: Installation, product_python: str
) -> dict[str, str]:
    """Return the options, as environment variables, that point Pants at what is pinned."""
    pex_cli = installation.pex_cli.read_bytes()
    fingerprint = f"{hashlib.sha256(pex_cli).hexdigest()}|{len(pex_cli)}"
    version = f"v{workspace.pex_version}"
    known = [f"{version}|{platform}|{fingerprint}" for platform in _PLATFORMS]
    return {
        "NO_SCIE_WARNING": "1",
        "PANTS_PEX_CLI_VERSION": version,
        "PANTS_PEX_CLI_URL_TEMPLATE": installation.pex_cli.as_uri(),
        "PANTS_PEX_CLI_KNOWN_VERSIONS": repr(known),
        "PANTS_PYTHON_BOOTSTRAP_SEARCH_PATH": repr([product_python]),
    }


if __name__ == "__main__":
    main()
