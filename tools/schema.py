"""Writes what is generated from the structs: `./pants run tools:schema`, at the root of a checkout.

That is `libs/report/report.schema.json`, and the section on fields of `docs/privacy.md`. Tests
fail while either is not what this would write.
"""

from pathlib import Path
from typing import Final

from report.json_schema import json_schema_text
from report.privacy_notes import PrivacyNote, privacy_notes

SCHEMA: Final = Path("libs/report/report.schema.json")
DOCUMENT: Final = Path("docs/privacy.md")
BEGIN: Final = "<!-- Generated from the structs by `./pants run tools:schema`. -->\n"
END: Final = "<!-- End of what is generated. -->\n"


def main() -> None:
    """Write both files."""
    SCHEMA.write_text(json_schema_text(), encoding="utf-8")
    document = DOCUMENT.read_text(encoding="utf-8")
    DOCUMENT.write_text(with_fields(document), encoding="utf-8")


def with_fields(document: str) -> str:
    """Return `document` with its section on fields as the structs have it now."""
    before, _, rest = document.partition(BEGIN)
    _, _, after = rest.partition(END)
    fields = "\n".join(map(_paragraph, privacy_notes()))
    return f"{before}{BEGIN}\n{fields}\n{END}{after}"


def _paragraph(note: PrivacyNote) -> str:
    return (
        f"**`{note.path}`** {note.meaning}\n"
        f"- *Why:* {note.purpose}\n"
        f"- *What was done to it:* {note.treatment}\n"
        f"- *Who could test which guess:* {note.guess}\n"
    )


if __name__ == "__main__":
    main()
