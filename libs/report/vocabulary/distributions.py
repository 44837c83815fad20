"""Distributions and roles: one public word for a cluster, by marks that its nodes show, and one for
each node, by two label keys.

The words and their marks are in `distributions.toml`, which says how to read them. Of labels, only
whether a node has a key counts, never its value, and neither is ever sent.
"""

import pkgutil
import re
import sys
from collections.abc import Callable
from functools import cache, cached_property
from typing import Final, NamedTuple

import msgspec
from msgspec import Struct

from report.vocabulary.recognition import MAX_CHARACTERS

OTHER_DISTRIBUTION: Final = "other"
"""What is sent where no node shows a mark."""

NO_DISTRIBUTION: Final = sys.maxsize
"""The place of what shows no mark: behind that of every distribution."""

CONTROL_PLANE: Final = "control-plane"
WORKER: Final = "worker"

# The second is the older: Kubernetes 1.20 deprecated it, 1.24 stopped setting it.
# https://kubernetes.io/docs/reference/labels-annotations-taints/#node-role-kubernetes-io-control-plane
_CONTROL_PLANE_KEYS: Final = frozenset(
    {"node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master"}
)

# A release, with what Kubernetes itself appends to one: v1.30.2, v1.31.0-rc.1.
_RELEASE: Final = r"[0-9]{1,9}(?:\.[0-9]{1,9}){1,3}(?:-(?:alpha|beta|rc)[.0-9]{1,20})?"
# What stands before a mark, by the kind of mark.
_BEFORE: Final = {
    "version": f"v{_RELEASE}",
    "image": "",
    "kernel": r"[0-9]{1,9}(?:\.[0-9]{1,9}){1,3}",
    "runtime": f"[A-Za-z-]{{1,32}}://v?{_RELEASE}",
}
_NUMBER: Final = "[0-9]{1,9}"
_END: Final = "(?![0-9A-Za-z])"


class Signs(NamedTuple):
    """What one node shows: its texts as they are, its provider's public word, and those of the
    public label keys that it has. An empty text is one that it does not show, or may not count.
    """

    version: str = ""
    image: str = ""
    kernel: str = ""
    runtime: str = ""
    provider: str = ""
    label_keys: frozenset[str] = frozenset()


class Mark(Struct, frozen=True, forbid_unknown_fields=True):
    """What a node must show, all of it at once; what is empty may be anything."""

    label: str = ""
    provider: str = ""
    version: str = ""
    image: str = ""
    kernel: str = ""
    runtime: str = ""


class Distribution(Struct, frozen=True, forbid_unknown_fields=True):
    """The word for a distribution, any of whose `marks` tells it, and the `sources` of these."""

    word: str
    name: str
    sources: tuple[str, ...]
    marks: tuple[Mark, ...]


class _DataFile(Struct, frozen=True, forbid_unknown_fields=True):
    distribution: tuple[Distribution, ...]


@cache
def distributions() -> tuple[Distribution, ...]:
    """Return the public distributions, the first to be preferred."""
    content = pkgutil.get_data(__package__, "distributions.toml")
    if content is None:
        message = "this installation lacks distributions.toml"
        raise FileNotFoundError(message)
    return msgspec.toml.decode(content, type=_DataFile).distribution


@cache
def public_label_keys() -> tuple[str, ...]:
    """Return all keys that are looked for, each once."""
    marks = (mark for distribution in distributions() for mark in distribution.marks)
    return tuple(sorted(_CONTROL_PLANE_KEYS | {mark.label for mark in marks if mark.label}))


def node_role(label_keys: frozenset[str]) -> str:
    """Return the role of a node that has these of the public keys."""
    return WORKER if label_keys.isdisjoint(_CONTROL_PLANE_KEYS) else CONTROL_PLANE


def distribution_place(signs: Signs) -> int:
    """Return the place of the first distribution of which a node shows a mark, or the API server
    does. That of a cluster is the least of them all.
    """
    # A text that long shows no mark.
    version, image, kernel, runtime = (
        text if len(text) <= MAX_CHARACTERS else "" for text in signs[:4]
    )
    considered = Signs(version, image, kernel, runtime, signs.provider, signs.label_keys)
    return next((place for place, test in _tests() if test(considered)), NO_DISTRIBUTION)


def distribution_word(place: int) -> str:
    """Return the word for the distribution at a place."""
    return OTHER_DISTRIBUTION if place == NO_DISTRIBUTION else distributions()[place].word


@cache
def _tests() -> tuple[tuple[int, Callable[[Signs], bool]], ...]:
    return tuple(
        (place, _test_of(mark))
        for place, distribution in enumerate(distributions())
        for mark in distribution.marks
    )


def _test_of(mark: Mark) -> Callable[[Signs], bool]:
    texts = tuple(
        (kind, _Text(kind, getattr(mark, kind))) for kind in _BEFORE if getattr(mark, kind)
    )

    def shows(signs: Signs) -> bool:
        return (
            (not mark.label or mark.label in signs.label_keys)
            and (not mark.provider or mark.provider == signs.provider)
            and all(text.is_in(getattr(signs, kind)) for kind, text in texts)
        )

    return shows


class _Text:
    """One text of a mark. Its expression is compiled for a text that holds all its fixed words:
    most never are.
    """

    def __init__(self, kind: str, text: str) -> None:
        self._kind = kind
        self._text = text
        self._words = text.split("#")

    def is_in(self, text: str) -> bool:
        """Whether a node that shows `text` shows this one."""
        is_likely = all(word in text for word in self._words)
        return is_likely and self._expression.match(text) is not None

    @cached_property
    def _expression(self) -> re.Pattern[str]:
        wanted = re.escape(self._text).replace(r"\#", _NUMBER)
        return re.compile(f"{_BEFORE[self._kind]}{wanted}{_END}")
