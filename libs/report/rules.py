"""Wire rules that no type can state: which characters a text may hold, the grammar of keys.

Source: the wire contract in `docs/protocol.md`; the patterns and where they come from are in
`report.field_types`.

The grammar of extension keys, `[prefix/]name`, is that of Kubernetes label keys to the letter:
apimachinery's `k8s.io/apimachinery/pkg/util/validation`, functions `IsQualifiedName` and
`IsDNS1123Subdomain`. In particular the 63-character limit of a DNS label is not applied inside the
prefix, because apimachinery does not apply it there.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NewType

from msgspec.structs import astuple

from report.errors import InvalidExtensionKey, InvalidReport
from report.field_types import (
    CLUSTER_ID,
    FORBIDDEN_IN_TEXT,
    FORBIDDEN_IN_VALUE,
    KEY_NAME,
    KEY_PREFIX,
    MAX_KEY_NAME_CHARACTERS,
    MAX_KEY_PREFIX_CHARACTERS,
)
from report.schema import Node, Report

ExtensionKey = NewType("ExtensionKey", str)
"""A text that `parse_extension_key` accepted."""

# Half of a surrogate pair is no character: Python's text may hold one, UTF-8 may not.
_SURROGATE: Final = "[\ud800-\udfff]"
_FORBIDDEN: Final = re.compile(f"{FORBIDDEN_IN_TEXT}|{_SURROGATE}")
_FORBIDDEN_IN_VALUE: Final = re.compile(f"{FORBIDDEN_IN_VALUE}|{_SURROGATE}")
_CLUSTER_ID: Final = re.compile(CLUSTER_ID)
_KEY_NAME: Final = re.compile(KEY_NAME, re.ASCII)
_KEY_PREFIX: Final = re.compile(KEY_PREFIX, re.ASCII)
_NODE_FIELDS: Final = tuple(zip(Node.__struct_fields__, Node.__struct_encode_fields__, strict=True))

TEXT_RULE: Final = "must hold no control, line separator or bidi control characters"
VALUE_RULE: Final = f"{TEXT_RULE} other than TAB, LF and CR"
VERSION_RULE: Final = "must hold printable characters only"
CLUSTER_ID_RULE: Final = "must be 1 to 128 characters of A-Z a-z 0-9 . _ : -"


def is_cluster_id(text: str) -> bool:
    """Whether `text` may stand as the cluster ID of a report."""
    return _CLUSTER_ID.fullmatch(text) is not None


def is_unix_seconds(text: str) -> bool:
    """Whether `text`, which is not empty, may stand as a timestamp."""
    return text.isascii() and text.isdigit()


def is_plain_text(text: str) -> bool:
    """Whether `text` holds none of the characters that no string of a report may hold."""
    return _FORBIDDEN.search(text) is None


def is_plain_value(text: str) -> bool:
    """Whether `text` may stand as an extension's value, where TAB, LF and CR are allowed."""
    return _FORBIDDEN_IN_VALUE.search(text) is None


def parse_extension_key(text: str) -> ExtensionKey:
    """Return `text` as a key, or raise `InvalidExtensionKey` with the rule that it breaks.

    Lengths are checked before the patterns, so the time is linear in the length of `text`.
    """
    if text.count("/") > 1:
        raise InvalidExtensionKey("a key must be `name` or `prefix/name`, with at most one `/`")
    prefix, separator, name = text.rpartition("/")
    if separator:
        _check_key_prefix(prefix)
    _check_key_name(name)
    return ExtensionKey(text)


# Reports name the same few keys again and again, so each is parsed once.
_check_key: Final = lru_cache(maxsize=1_024)(parse_extension_key)


def check_identity(report: Report) -> None:
    """Check version, cluster ID and extension keys. Raises `InvalidReport`."""
    if not report.version.isprintable():
        raise InvalidReport("$.version", VERSION_RULE)
    if not is_cluster_id(report.cluster_id):
        raise InvalidReport("$.clusterID", CLUSTER_ID_RULE)
    for index, extension in enumerate(report.extensions or ()):
        try:
            _check_key(extension.name)
        except InvalidExtensionKey as error:
            raise InvalidReport(f"$.extensions[{index}].name", error.rule) from error


def check_characters(report: Report) -> None:
    """Check every text of `report`. Raises `InvalidReport`.

    The texts of a node are checked all at once, because a report may hold half a million of them;
    where one is wrong, it is looked for.
    """
    for path, text in _texts_beside_nodes(report):
        _check_text(path, text)
    for index, node in enumerate(report.nodes or ()):
        if not is_plain_text("".join(_texts_of(node))):
            _refuse_text_of(node, f"$.nodes[{index}]")
    for index, extension in enumerate(report.extensions or ()):
        if not is_plain_value(extension.value):
            raise InvalidReport(f"$.extensions[{index}].value", VALUE_RULE)


def _texts_beside_nodes(report: Report) -> Iterator[tuple[str, str]]:
    if report.master_version is not None:
        yield "$.masterVersion", report.master_version
    if report.distribution is not None:
        yield "$.distribution", report.distribution
    for index, kind in enumerate((report.workloads and report.workloads.kinds) or ()):
        yield f"$.workloads.kinds[{index}].kind", kind.kind


def _texts_of(node: Node) -> list[str]:
    texts = [value for value in astuple(node) if isinstance(value, str)]
    texts += [each.resource for each in node.capacity or ()]
    texts += [each.value for each in node.capacity or ()]
    return texts


def _refuse_text_of(node: Node, path: str) -> None:
    for attribute, wire_name in _NODE_FIELDS:
        value = getattr(node, attribute)
        if isinstance(value, str):
            _check_text(f"{path}.{wire_name}", value)
    for place, resource in enumerate(node.capacity or ()):
        _check_text(f"{path}.capacity[{place}].resource", resource.resource)
        _check_text(f"{path}.capacity[{place}].value", resource.value)


def _check_text(path: str, text: str) -> None:
    if not is_plain_text(text):
        raise InvalidReport(path, TEXT_RULE)


def _check_key_prefix(prefix: str) -> None:
    if not prefix:
        raise InvalidExtensionKey("the prefix before `/` must not be empty")
    if len(prefix) > MAX_KEY_PREFIX_CHARACTERS:
        raise InvalidExtensionKey(
            f"the prefix must be at most {MAX_KEY_PREFIX_CHARACTERS} characters"
        )
    if _KEY_PREFIX.fullmatch(prefix) is None:
        raise InvalidExtensionKey(
            "the prefix must be a DNS subdomain (RFC 1123): labels of a-z 0-9 and `-`, each "
            "starting and ending with a letter or digit, joined by `.`"
        )


def _check_key_name(name: str) -> None:
    if not name:
        raise InvalidExtensionKey("the name must not be empty")
    if len(name) > MAX_KEY_NAME_CHARACTERS:
        raise InvalidExtensionKey(f"the name must be at most {MAX_KEY_NAME_CHARACTERS} characters")
    if _KEY_NAME.fullmatch(name) is None:
        raise InvalidExtensionKey(
            "the name must be of A-Z a-z 0-9 `-` `_` `.`, and start and end with a letter or digit"
        )
