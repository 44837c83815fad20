"""Operating systems, architectures and images: words of closed lists."""

from functools import cache, lru_cache
from typing import Final

from report.vocabulary.recognised import ABSENT, KEPT_VALUES, Recognised
from report.vocabulary.templates import Templates, load

OTHER: Final = "other"

_UNKNOWN_SYSTEM: Final = "it is not a publicly known operating system, and was left out"
_UNKNOWN_ARCHITECTURE: Final = "it is not a publicly known architecture, and was left out"
_UNKNOWN_IMAGE: Final = "it is not a publicly known operating system image; sent as `other`"


@lru_cache(KEPT_VALUES)
def operating_system(text: str) -> Recognised:
    """Recognise `linux` or `windows`."""
    if not text:
        return ABSENT
    is_known = _platforms()["operating_system"].match(text)
    return Recognised(text, None) if is_known else Recognised(None, _UNKNOWN_SYSTEM)


@lru_cache(KEPT_VALUES)
def architecture(text: str) -> Recognised:
    """Recognise an architecture as the Go toolchain names it."""
    if not text:
        return ABSENT
    is_known = _platforms()["architecture"].match(text)
    return Recognised(text, None) if is_known else Recognised(None, _UNKNOWN_ARCHITECTURE)


@lru_cache(KEPT_VALUES)
def os_image(text: str) -> Recognised:
    """Recognise the name and version of a known distribution; `other` for everything else."""
    if not text:
        return ABSENT
    is_known = text == OTHER or _os_images().match(text)
    return Recognised(text, None) if is_known else Recognised(OTHER, _UNKNOWN_IMAGE)


@cache
def _platforms() -> dict[str, Templates]:
    return load("platforms.toml")


@cache
def _os_images() -> Templates:
    return load("os_images.toml")["os_image"]
