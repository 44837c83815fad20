"""Files that are filled in."""

import pytest
import yaml

from manifests import fill, items, quoted

_FILE = """\
# For ${name}.
spec:
  name: ${name}
  args:
    # include ${args}
  ports: []
"""


def test_fill() -> None:
    """Values and lines stand in their places, and lines are indented as their comment is."""
    filled = fill(_FILE, {"name": quoted("a"), "args": items(["--x", "--y=1"])})
    assert filled == (
        '# For "a".\nspec:\n  name: "a"\n  args:\n    - "--x"\n    - "--y=1"\n  ports: []\n'
    )


def test_yaml_as_it_stands() -> None:
    """A file that is not filled in is YAML as well."""
    assert yaml.safe_load(_FILE) == {"spec": {"name": "${name}", "args": None, "ports": []}}


def test_no_lines() -> None:
    """Where there are no lines, nothing is left of their place."""
    assert fill("a: 1\n# include ${more}\nb: 2\n", {"more": ""}) == "a: 1\nb: 2\n"


def test_values_are_not_searched() -> None:
    """What looks like a place in a value stays as it is."""
    values = {"name": "${args}", "args": "# include ${name}"}
    assert "  name: ${args}\n  args:\n    # include ${name}\n" in fill(_FILE, values)


def test_missing() -> None:
    """A value that is missing is a defect, not a hole."""
    with pytest.raises(KeyError, match="args"):
        fill(_FILE, {"name": "a"})


@pytest.mark.parametrize("text", ["a", 'a"\\', "{x}: - &y", "ä🦆", "\u2028", "$(X)", "# a"])
def test_quoted(text: str) -> None:
    """Any text is one string of YAML."""
    assert yaml.safe_load(quoted(text)) == text
    assert yaml.safe_load(items([text, "b"])) == [text, "b"]
