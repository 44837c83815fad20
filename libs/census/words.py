"""The fixed answers, derived from the vocabularies of `report`: a word added there is one here."""

import re
from functools import cache
from typing import Final

from report.vocabulary.distributions import OTHER_DISTRIBUTION, distributions
from report.vocabulary.vocabularies import Vocabulary, lines, read

OTHER: Final = "other"
UNKNOWN: Final = "unknown"
NONE: Final = "none"
SEVERAL: Final = "several"

_MINORS: Final = range(100)  # a minor in a template has at most two digits
_LAST_RUNTIME_RELEASE: Final = 39  # Docker counts to 29 today
_RELEASES: Final = (*range(100), *range(2000, 2040))  # of images: majors, and years
# What begins a release in the text of an image.
_BEFORE_RELEASE: Final = re.compile(r"[ /(]*v?(?=[0-9])")
COMPUTES: Final = (
    "[gtnx]pu|neuron|mlu|gcu|dcu|mig-|GRID_|NVIDIA_|[Aa]scend|gaudi|goya|qaic|ATOM|rngd|warboy"
    "|n[13][05]0|i915|xe$|accel|h8|vcuda|Tesla|cloud-tpus"
)
"""The resources of a vendor that are a device to compute with, or a share of one.

A listed vendor has network cards and addresses too.
"""

_COMPUTES: Final = re.compile(COMPUTES)


@cache
def plain(vocabulary: Vocabulary) -> tuple[str, ...]:
    """Return the texts of a vocabulary that stand for themselves, sorted."""
    texts = (text for _, text, _ in lines(read(vocabulary)))
    return tuple(sorted({text for text in texts if "{" not in text and "[" not in text}))


@cache
def distribution_words() -> tuple[str, ...]:
    """Return the words for distributions."""
    return (*(each.word for each in distributions()), OTHER_DISTRIBUTION)


def kubernetes_minors() -> tuple[str, ...]:
    """Return the versions of Kubernetes that are answers: 1.0 to 1.99."""
    return tuple(f"1.{minor}" for minor in _MINORS)


@cache
def kernel_minors() -> tuple[str, ...]:
    """Return the versions of kernels that are answers, Windows' 10.0 among them."""
    series = read(Vocabulary.KERNELS).words["series"]
    return (*(f"{major}.{minor}" for major in series for minor in _MINORS), "10.0")


@cache
def runtimes() -> tuple[str, ...]:
    """Return the names of container runtimes."""
    return read(Vocabulary.CONTAINER_RUNTIMES).words["runtime"]


@cache
def runtime_minors() -> tuple[str, ...]:
    """Return the runtimes with their versions that are answers."""
    releases = range(_LAST_RUNTIME_RELEASE + 1)
    return tuple(
        f"{name} {major}.{minor}" for name in runtimes() for major in releases for minor in releases
    )


@cache
def image_families() -> tuple[str, ...]:
    """Return the families of images, the longest first: what templates begin with."""
    beginnings = (
        re.split(r"[{\[0-9]", text)[0] for _, text, _ in lines(read(Vocabulary.OS_IMAGES))
    )
    families = {each.removesuffix("v").rstrip(" (,-/.") for each in beginnings} - {""}
    return tuple(sorted(families, key=lambda family: (-len(family), family)))


@cache
def image_releases() -> tuple[str, ...]:
    """Return the families with and without a release that are answers."""
    return tuple(
        f"{family}{release}"
        for family in image_families()
        for release in ("", *(f" {number}" for number in _RELEASES))
    )


def image_release(text: str) -> str:
    """Return the family and release of an image: `Ubuntu 22` of `Ubuntu 22.04.3 LTS`."""
    family = next(filter(text.startswith, image_families()), None)
    if family is None:
        return OTHER
    rest = text[len(family) :]
    if rest[:1].isalnum():
        return OTHER
    before = _BEFORE_RELEASE.match(rest)
    digits = re.match("[0-9]+", rest[before.end() :]) if before else None
    if digits is None or len(digits[0]) > len("2000") or int(digits[0]) not in _RELEASES:
        return family
    return f"{family} {int(digits[0])}"


@cache
def accelerator_vendors() -> tuple[str, ...]:
    """Return the domains of vendors that list something to compute with."""
    names = (text for _, text, _ in lines(read(Vocabulary.RESOURCES)))
    return tuple(sorted({vendor for name in names if (vendor := accelerator_vendor(name))}))


def accelerator_vendor(resource: str) -> str | None:
    """Return the domain of the vendor of an accelerator, None where `resource` is not one."""
    vendor, separator, name = resource.partition("/")
    if not separator or vendor.endswith("kubernetes.io"):
        return None
    return vendor if _COMPUTES.search(f"{vendor}/{name}".partition("{")[0]) else None
