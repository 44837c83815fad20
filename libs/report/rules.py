"""Wire rules that no type can state: which characters a text may hold, the grammar of keys.

Source: the wire contract in `docs/protocol.md`; the patterns and where they come from are in
`report.field_types`.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from msgspec.structs import astuple

from report.errors import InvalidExtensionKey, InvalidReport
from report.extension_key import parse_extension_key
from report.field_types import CLUSTER_ID, FORBIDDEN_IN_TEXT, FORBIDDEN_IN_VALUE
from report.schema import Node, Report

# Half of a surrogate pair is no character: Python's text may hold one, UTF-8 may not.
_SURROGATE: Final = "[\ud800-\udfff]"
_FORBIDDEN: Final = re.compile(f"{FORBIDDEN_IN_TEXT}|{_SURROGATE}")
_FORBIDDEN_IN_VALUE: Final = re.compile(f"{FORBIDDEN_IN_VALUE}|{_SURROGATE}")
_CLUSTER_ID: Final = re.compile(CLUSTER_ID)
# Reports name the same few keys again and again, so each is parsed once.
_check_key: Final = lru_cache(maxsize=1_024)(parse_extension_key)
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
