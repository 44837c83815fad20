"""Versions of kernels, Kubernetes and runtimes: whole where public, else their numbers."""

import re
from functools import cache, lru_cache
from typing import Final

from report.vocabulary.recognised import ABSENT, KEPT_VALUES, Recognised
from report.vocabulary.templates import MAX_CHARACTERS, Templates, load

_CUT: Final = "a suffix that is not a publicly known one was cut"
_NO_VERSION: Final = "it does not begin with a version, and was left out"

# Numbers joined by dots, of a length that no identifying number has.
_NUMBERS: Final = re.compile(r"[0-9]{1,4}(?:\.[0-9]{1,6}){1,3}(?![0-9])", re.ASCII)
_RUNTIME: Final = re.compile(r"([a-z-]{1,16})://", re.ASCII)


@lru_cache(KEPT_VALUES)
def kernel_version(text: str) -> Recognised:
    """Recognise `uname -r`: the numbers, and the suffix of a known distribution."""
    return _version(text, _kernels())


@lru_cache(KEPT_VALUES)
def kubernetes_version(text: str) -> Recognised:
    """Recognise a gitVersion: the numbers, and the suffix of a known vendor."""
    return _version(text, _kubernetes())


@lru_cache(KEPT_VALUES)
def container_runtime_version(text: str) -> Recognised:
    """Recognise `name://version`: a known name, the numbers, and a known suffix."""
    runtimes = _runtimes()
    if not text or runtimes["runtime"].match(text):
        return Recognised(text, None) if text else ABSENT
    name = _RUNTIME.match(text)
    if name is None or not runtimes["name"].match(name[1]):
        return Recognised(None, "it is not a publicly known runtime, and was left out")
    numbers = _NUMBERS.match(text, name.end())
    if numbers is None:
        return Recognised(None, _NO_VERSION)
    return Recognised(f"{name[0]}{numbers[0]}", _CUT)


def _version(text: str, known: Templates) -> Recognised:
    if not text:
        return ABSENT
    if known.match(text):
        return Recognised(text, None)
    letter = "v" if text.startswith("v") else ""
    numbers = _NUMBERS.match(text, len(letter), MAX_CHARACTERS)
    return Recognised(letter + numbers[0], _CUT) if numbers else Recognised(None, _NO_VERSION)


@cache
def _kernels() -> Templates:
    return load("kernels.toml")["kernel"]


@cache
def _kubernetes() -> Templates:
    return load("kubernetes_versions.toml")["version"]


@cache
def _runtimes() -> dict[str, Templates]:
    return load("container_runtimes.toml")
