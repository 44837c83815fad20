r"""What fields are made of: grammars, types with their limits, and the notes beside them.

The grammars of the wire contract are regular expressions that mean the same to Python's `re` (with
`re.ASCII`) and to ECMA-262, whose dialect JSON Schema uses: so `report.schema.json` states what the
decoder enforces. None is anchored by `$`, which in Python also matches before a trailing newline.

Sources: C0 controls and DEL from ISO/IEC 646, C1 controls from ISO/IEC 6429 (U+009B begins a
terminal's command as ESC [ does); separator and bidi controls from Unicode (`Bidi_Control` of
PropList.txt), which can make a log or a page read differently from what it holds; extension keys
from `k8s.io/apimachinery/pkg/util/validation`, `IsQualifiedName` and `IsDNS1123Subdomain`.
"""

from typing import Annotated, Final, TypeAlias

from msgspec import Meta

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

MAX_IDENTITY_CHARACTERS: Final = 128
MAX_TIMESTAMP_CHARACTERS: Final = 20
MAX_TEXT_CHARACTERS: Final = 512
MAX_EXTENSION_VALUE_CHARACTERS: Final = 4_096
MAX_NUMBER: Final = 2**53
"""The largest number: up to here every JSON reader reads whole numbers exactly (RFC 8259)."""


def _text(at_most: int, stated: dict[str, object], *, at_least: int = 0) -> Meta:
    """Lengths are characters; `stated` is JSON Schema for what `report.rules` enforces."""
    return Meta(min_length=at_least or None, max_length=at_most, extra_json_schema=stated)


def _without(forbidden: str) -> dict[str, object]:
    return {"not": {"pattern": forbidden}}


def _matching(pattern: str) -> dict[str, object]:
    # A schema's pattern is searched for: anchored, it finds whole texts only.
    return {"pattern": f"^{pattern}{_END}"}


def note(meaning: str, *, purpose: str, treatment: str, guess: str) -> Meta:
    """What a field is, why it is sent, what is done to it, and who could test which guess."""
    return Meta(
        description=meaning, extra={"purpose": purpose, "treatment": treatment, "guess": guess}
    )


OptionalText: TypeAlias = Annotated[str, _text(MAX_TEXT_CHARACTERS, _without(FORBIDDEN_IN_TEXT))]
RequiredText: TypeAlias = Annotated[OptionalText, Meta(min_length=1)]
ReporterVersion: TypeAlias = Annotated[
    str, _text(MAX_IDENTITY_CHARACTERS, _without(FORBIDDEN_IN_TEXT), at_least=1)
]
ClusterID: TypeAlias = Annotated[
    str, _text(MAX_IDENTITY_CHARACTERS, _matching(CLUSTER_ID), at_least=1)
]
UnixSeconds: TypeAlias = Annotated[
    str, _text(MAX_TIMESTAMP_CHARACTERS, _matching(UNIX_SECONDS), at_least=1)
]
ExtensionName: TypeAlias = Annotated[
    str, _text(MAX_TEXT_CHARACTERS, _matching(EXTENSION_KEY), at_least=1)
]
ExtensionValue: TypeAlias = Annotated[
    str, _text(MAX_EXTENSION_VALUE_CHARACTERS, _without(FORBIDDEN_IN_VALUE))
]

Count: TypeAlias = Annotated[int, Meta(ge=0, le=MAX_NUMBER)]
Seconds: TypeAlias = Annotated[int, Meta(ge=0, le=MAX_NUMBER)]
