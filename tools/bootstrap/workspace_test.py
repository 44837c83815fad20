"""Reading WORKSPACE."""

from pathlib import Path

import pytest

from tools.bootstrap.workspace import WorkspaceError, parse_workspace

WORKSPACE = """
# A comment.
pants(version = "2.17.1", python = "3.9", lock = "third_party/pants.lock")
pex(version = "2.105.2", sha256 = "5a4d")
python(version = "3.11")
"""


def test_pins() -> None:
    """Each pin is read from the keyword of its call."""
    workspace = parse_workspace(WORKSPACE)
    assert workspace.pants_version == "2.17.1"
    assert workspace.pex_sha256 == "5a4d"
    assert workspace.python_version == "3.11"


def test_this_repository() -> None:
    """The repository's own WORKSPACE is readable and agrees with pants.toml on Pants' version."""
    workspace = parse_workspace(Path("WORKSPACE").read_text(encoding="utf-8"))
    assert f'pants_version = "{workspace.pants_version}"' in Path("pants.toml").read_text(
        encoding="utf-8"
    )


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (WORKSPACE.replace("sha256", "sha512"), "the pin pex.sha256 is missing"),
        ("pants(", "line 1"),
        ("x = 1", "line 1: must be a call"),
        ("pants('2.17.1')", "line 1: must be a call"),
        ("a.b(version = '1')", "line 1: must be a call"),
        ("pants(version = 2)", "line 1: version must be a string"),
        ("pants(version = open('x').read())", "line 1: version must be a string"),
    ],
)
def test_unreadable(text: str, complaint: str) -> None:
    """Anything but calls with literal strings is refused with the line or the pin named."""
    with pytest.raises(WorkspaceError, match="WORKSPACE") as raised:
        parse_workspace(text)
    assert complaint in str(raised.value)
