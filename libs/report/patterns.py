r"""The grammars of the wire contract, once, as regular expressions.

Each means the same to Python's `re` (with `re.ASCII`) and to ECMA-262, whose dialect JSON Schema
uses: so `report.schema.json` states what the decoder enforces. Nothing here is anchored by `$`,
which in Python also matches before a trailing newline.

Sources: C0 controls and DEL from ISO/IEC 646, C1 controls from ISO/IEC 6429 (U+009B begins a
terminal's command as ESC [ does); separator and bidi controls from Unicode (`Bidi_Control` of
PropList.txt), which can make a log or a page read differently from what it holds; extension keys
from
`k8s.io/apimachinery/pkg/util/validation`, `IsQualifiedName` and `IsDNS1123Subdomain`.
"""

from typing import Final

_LINE_CONTROLS: Final = r"\u0009\u000a\u000d"  # TAB, LF, CR
_OTHER_CONTROLS: Final = r"\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f"
_SEPARATORS_AND_BIDI: Final = r"\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"

FORBIDDEN_IN_VALUE: Final = f"[{_OTHER_CONTROLS}{_SEPARATORS_AND_BIDI}]"
"""One character that no extension's value holds."""

FORBIDDEN_IN_TEXT: Final = f"[{_LINE_CONTROLS}{_OTHER_CONTROLS}{_SEPARATORS_AND_BIDI}]"
"""One character that no other text holds."""

CLUSTER_ID: Final = "[A-Za-z0-9._:-]{1,128}"
"""A whole cluster ID."""

UNIX_SECONDS: Final = "[0-9]{1,20}"
"""A whole timestamp that is kept."""

KEY_NAME: Final = "(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
"""A whole name of 1 to `MAX_KEY_NAME_CHARACTERS` (apimachinery's `qualifiedNameFmt`)."""

_LABEL: Final = "[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
KEY_PREFIX: Final = rf"{_LABEL}(?:\.{_LABEL})*"
"""A whole prefix of 1 to `MAX_KEY_PREFIX_CHARACTERS` (apimachinery's `dns1123SubdomainFmt`)."""

MAX_KEY_NAME_CHARACTERS: Final = 63
MAX_KEY_PREFIX_CHARACTERS: Final = 253

_END: Final = r"(?![\s\S])"
EXTENSION_KEY: Final = (
    rf"(?:(?=[^/]{{1,{MAX_KEY_PREFIX_CHARACTERS}}}/){KEY_PREFIX}/)?"
    rf"(?=[^/]{{1,{MAX_KEY_NAME_CHARACTERS}}}{_END}){KEY_NAME}"
)
"""A whole key, its two lengths included, in one expression."""


def anchored(pattern: str) -> str:
    """Return `pattern` for a search (as in JSON Schema) that finds whole texts only."""
    return f"^{pattern}{_END}"
