"""Texts that are public as a whole or not at all: operating systems, architectures, names of
resources and kinds of workloads.
"""

from functools import lru_cache
from typing import Final

from report.vocabulary.recognition import ABSENT, MAX_CHARACTERS, OTHER, REMEMBERED, Recognised
from report.vocabulary.vocabularies import Vocabulary, is_public

_is_public: Final = lru_cache(REMEMBERED)(is_public)
_RULES: Final = {
    Vocabulary.OPERATING_SYSTEMS: "not a publicly known operating system, sent as `other`",
    Vocabulary.ARCHITECTURES: "not a publicly known architecture, sent as `other`",
}
_LOWER_CASE: Final = "sent in lower case, as Kubernetes writes it"


def operating_system(text: str) -> Recognised:
    """Recognise a Go operating system (`linux`), also where a virtual node writes it `Linux`."""
    recognised = _whole(Vocabulary.OPERATING_SYSTEMS, text)
    lower = text.lower() if len(text) <= MAX_CHARACTERS else text
    if recognised.rule is None or not _is_public(Vocabulary.OPERATING_SYSTEMS, lower):
        return recognised
    return Recognised(lower, _LOWER_CASE)


def architecture(text: str) -> Recognised:
    """Recognise a Go architecture (`amd64`)."""
    return _whole(Vocabulary.ARCHITECTURES, text)


def is_known_resource(name: str) -> bool:
    """Whether `name` is public: a word of Kubernetes or of a vendor's documentation.

    Nothing is remembered, because a collector asks for what strangers send. Takes some 15
    microseconds; a caller that asks often for the same names remembers the answers.
    """
    return len(name) <= MAX_CHARACTERS and is_public(Vocabulary.RESOURCES, name)


def is_known_workload_kind(name: str) -> bool:
    """Whether `name` is a kind that a report may count, as the Kubernetes API names it (`pods`)."""
    return len(name) <= MAX_CHARACTERS and _is_public(Vocabulary.WORKLOADS, name)


def _whole(vocabulary: Vocabulary, text: str) -> Recognised:
    if not text:
        return ABSENT
    # Nothing public is longer, and a longer text is not worth remembering.
    if len(text) <= MAX_CHARACTERS and _is_public(vocabulary, text):
        return Recognised(text, None)
    return Recognised(OTHER, _RULES[vocabulary])
