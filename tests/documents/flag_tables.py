"""The tables of flags in the documents, as the declarations have them."""

from pathlib import Path
from typing import Final

from msgspec import Struct

from command_line.flags import flags_of, names_of, variable_of

_ROOT: Final = Path(__file__).parents[2]
_BEGIN: Final = "<!-- The flags as they are declared; a test says what belongs here. -->\n\n"


def assert_table(name: str, settings: type[Struct]) -> None:
    """Fail, with the table that belongs into a document, where it has another."""
    table = (
        (_ROOT / name)
        .read_text(encoding="utf-8")
        .partition(_BEGIN)[2]
        .partition("\n\n")[0]
        .rstrip("\n")
    )
    expected = table_of(settings)
    assert table == expected, f"{name} must have, below its comment:\n\n{expected}\n"


def table_of(settings: type[Struct]) -> str:
    """Return a row for each flag that help shows, in its order."""
    rows = ["| flag | variable | default | what it is |", "|---|---|---|---|"]
    for field, flag in flags_of(settings).items():
        if flag.hidden:
            continue
        names = ", ".join(names_of(field, flag))
        shown = names if flag.metavar is None else f"{names} {flag.metavar}"
        default = "required" if flag.required else f"`{flag.default}`" if flag.default else ""
        cells = (f"`{shown}`", f"`{variable_of(field, flag)}`", default, flag.help)
        rows.append("| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |")
    return "\n".join(rows)
