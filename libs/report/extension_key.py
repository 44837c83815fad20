"""The grammar of extension keys: `[prefix/]name`.

These are the rules of Kubernetes label keys to the letter: apimachinery's
`k8s.io/apimachinery/pkg/util/validation`, functions `IsQualifiedName` and `IsDNS1123Subdomain`.
In particular the 63-character limit of a DNS label is not applied inside the prefix, because
apimachinery does not apply it there.
"""

import re
from typing import Final, NewType

from report.errors import InvalidExtensionKey
from report.field_types import (
    KEY_NAME,
    KEY_PREFIX,
    MAX_KEY_NAME_CHARACTERS,
    MAX_KEY_PREFIX_CHARACTERS,
)

ExtensionKey = NewType("ExtensionKey", str)
"""A text that `parse_extension_key` accepted."""

_NAME: Final = re.compile(KEY_NAME, re.ASCII)
_PREFIX: Final = re.compile(KEY_PREFIX, re.ASCII)


def parse_extension_key(text: str) -> ExtensionKey:
    """Return `text` as a key, or raise `InvalidExtensionKey` with the rule that it breaks.

    Lengths are checked before the patterns, so the time is linear in the length of `text`.
    """
    if text.count("/") > 1:
        raise InvalidExtensionKey("a key must be `name` or `prefix/name`, with at most one `/`")
    prefix, separator, name = text.rpartition("/")
    if separator:
        _check_prefix(prefix)
    _check_name(name)
    return ExtensionKey(text)


def _check_prefix(prefix: str) -> None:
    if not prefix:
        raise InvalidExtensionKey("the prefix before `/` must not be empty")
    if len(prefix) > MAX_KEY_PREFIX_CHARACTERS:
        raise InvalidExtensionKey(
            f"the prefix must be at most {MAX_KEY_PREFIX_CHARACTERS} characters"
        )
    if _PREFIX.fullmatch(prefix) is None:
        raise InvalidExtensionKey(
            "the prefix must be a DNS subdomain (RFC 1123): labels of a-z 0-9 and `-`, each "
            "starting and ending with a letter or digit, joined by `.`"
        )


def _check_name(name: str) -> None:
    if not name:
        raise InvalidExtensionKey("the name must not be empty")
    if len(name) > MAX_KEY_NAME_CHARACTERS:
        raise InvalidExtensionKey(f"the name must be at most {MAX_KEY_NAME_CHARACTERS} characters")
    if _NAME.fullmatch(name) is None:
        raise InvalidExtensionKey(
            "the name must be of A-Z a-z 0-9 `-` `_` `.`, and start and end with a letter or digit"
        )
