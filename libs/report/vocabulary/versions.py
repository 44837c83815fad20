"""Images, versions of kernels, Kubernetes and runtimes: the longest beginning that is public."""

import re
from functools import lru_cache
from typing import Final

from report.vocabulary.recognition import ABSENT, MAX_CHARACTERS, OTHER, REMEMBERED, Recognised
from report.vocabulary.vocabularies import Vocabulary, public_end

_CUT: Final = (
    "ends in what is not publicly known (a commit, a build or a name of one's own), cut off"
)
_NO_VERSION: Final = "not a publicly known version, left out"
_NO_IMAGE: Final = "not a publicly known operating system image, sent as `other`"

# A version is cut in front of one of these and nowhere else: 5.15.1066 is not 5.15.106. Nor is it
# cut between numbers: 10.20.30 would be most of the address 10.20.30.40.
_SEPARATOR: Final = re.compile(r"[^0-9A-Za-z.]|\.(?![0-9])")


def os_image(text: str) -> Recognised:
    """Recognise the PRETTY_NAME of a known distribution: its family, its release as far as that is
    known, and a code name that is listed; else `other`.
    """
    recognised = _longest_beginning(Vocabulary.OS_IMAGES, text)
    return Recognised(OTHER, _NO_IMAGE) if text and recognised.value is None else recognised


def kernel_version(text: str) -> Recognised:
    """Recognise `uname -r`: its numbers, and what a known distribution appends."""
    return _longest_beginning(Vocabulary.KERNELS, text)


def kubernetes_version(text: str) -> Recognised:
    """Recognise a gitVersion: its numbers, and what a known distribution appends."""
    return _longest_beginning(Vocabulary.KUBERNETES_VERSIONS, text)


def container_runtime_version(text: str) -> Recognised:
    """Recognise `name://version`: a known name, the numbers, what a known distribution appends."""
    return _longest_beginning(Vocabulary.CONTAINER_RUNTIMES, text)


def _longest_beginning(vocabulary: Vocabulary, text: str) -> Recognised:
    if not text:
        return ABSENT
    end = _end_of_public_part(vocabulary, text[: MAX_CHARACTERS + 1])
    if end == 0:
        return Recognised(None, _NO_VERSION)
    return Recognised(text[:end], _CUT if end < len(text) else None)


@lru_cache(REMEMBERED)
def _end_of_public_part(vocabulary: Vocabulary, head: str) -> int:
    """Return where the longest public beginning of `head` ends, 0 if there is none.

    Each of its separators may be the end, and so may the end itself: no public text is so long that
    it could end where a longer text was shortened to `head`.
    """
    ends = [*(found.start() for found in _SEPARATOR.finditer(head)), len(head)]
    return public_end(vocabulary, head, reversed(ends)) or 0
