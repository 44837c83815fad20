"""Where the build tool is installed; that it is, `tests/build` shows."""

from pathlib import Path

import pytest

from tools.bootstrap.installation import InstallationFailed, folder_of_caches, install
from tools.bootstrap.workspace import parse_workspace

WORKSPACE = """
pants(version = "2.17.1", python = "3.9", lock = "lock")
pex(version = "2.105.2", sha256 = "5a4d")
python(version = "3.11")
"""


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"HOME": "/home/me"}, "/home/me/.cache/spartakus/build"),
        ({"HOME": "/home/me", "XDG_CACHE_HOME": ""}, "/home/me/.cache/spartakus/build"),
        ({"HOME": "/home/me", "XDG_CACHE_HOME": "/c"}, "/c/spartakus/build"),
        ({"XDG_CACHE_HOME": "/c"}, "/c/spartakus/build"),
    ],
)
def test_folder(environment: dict[str, str], folder: str) -> None:
    """It is where the XDG base directories say that caches are."""
    assert folder_of_caches(environment) == Path(folder)


@pytest.mark.parametrize("environment", [{}, {"HOME": ""}, {"HOME": "here"}])
def test_no_home(environment: dict[str, str]) -> None:
    """Without a home it is not put anywhere, and one line says what to do."""
    with pytest.raises(InstallationFailed, match=r"; set XDG_CACHE_HOME to a folder that can be"):
        folder_of_caches(environment)


def test_home_that_cannot_be_written(tmp_path: Path) -> None:
    """A home in which no folder can be made is named, with what to do."""
    (tmp_path / "file").touch()
    (tmp_path / "lock").write_text("")
    workspace = parse_workspace(WORKSPACE)
    with pytest.raises(InstallationFailed) as refusal:
        install(tmp_path, workspace, "python", tmp_path / "file")
    assert "cannot write to " in str(refusal.value)
    assert str(refusal.value).endswith("; set XDG_CACHE_HOME to a folder that can be written")
