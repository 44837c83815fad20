"""The bills of materials."""

import json
from pathlib import Path
from typing import Final

from tests.end_to_end.programs import VOLUNTEER, distributions, run

_BOM: Final = Path("bom.pex").resolve()


def bom(folder: Path) -> bytes:
    """Return the volunteer's bill of materials, made in `folder`."""
    finished = run(_BOM, VOLUNTEER, "--output", folder, timeout_seconds=240)
    assert finished.returncode == 0, finished.stderr
    return (folder / "volunteer.cdx.json").read_bytes()


def test_what_is_in_the_file(tmp_path: Path) -> None:
    """A bill lists just the distributions in the PEX file, by name and version, with licences; and
    made anew it is the same bytes.
    """
    first = bom(tmp_path / "first")
    found = json.loads(first)
    components = found["components"]
    names = {component["name"].lower().replace("_", "-") for component in components}
    assert names == distributions(VOLUNTEER)
    assert all(component["version"] for component in components)
    assert [component for component in components if component.get("licenses")]
    assert found["metadata"]["component"]["name"] == "spartakus-volunteer"
    assert bom(tmp_path / "second") == first
