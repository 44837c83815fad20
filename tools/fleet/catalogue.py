"""What a fleet is made of: releases of Kubernetes, distributions, images, providers. Data files."""

from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Final, TypeVar

import msgspec
from msgspec import Struct

_CADENCE: Final = timedelta(days=122)
_PATCH_DAYS: Final = 30
_LAST_PATCH: Final = 14

T = TypeVar("T")


class Image(Struct, frozen=True, forbid_unknown_fields=True):
    """What the nodes of a pool boot, for minors of Kubernetes from `since` through `until`.

    An empty `runtime` or `kubelet` is the distribution's, an empty `architecture` is any.
    """

    os_image: str
    kernel: str
    runtime: str | None = None
    kubelet: str = ""
    architecture: str = ""
    operating_system: str = "linux"
    since: int = 0
    until: int = 99


class Provider(Struct, frozen=True, forbid_unknown_fields=True):
    """Where machines come from; `accelerators` are resources by their share."""

    name: str
    id: str
    ubuntu: str
    accelerators: Mapping[str, int] = {}


class Distribution(Struct, frozen=True, forbid_unknown_fields=True):
    """A distribution of Kubernetes; `distributions.toml` explains each field."""

    word: str
    share: int
    lag: int
    supported: int
    delay: int
    nodes: tuple[float, float]
    version: str
    images: Mapping[str, int]
    providers: Mapping[str, int]
    runtime: str = "containerd://{containerd}"
    labels: tuple[str, ...] = ()
    control_plane: tuple[int, ...] = ()
    stuck: int = 0
    arm64: int = 0
    accelerated: int = 0
    windows: int = 0


class _Machines(Struct, frozen=True, forbid_unknown_fields=True):
    image: Mapping[str, Image]
    provider: Mapping[str, Provider]


class _Distributions(Struct, frozen=True, forbid_unknown_fields=True):
    distribution: tuple[Distribution, ...]


class _Kubernetes(Struct, frozen=True, forbid_unknown_fields=True):
    released: Mapping[str, date]
    containerd: Mapping[str, str]


def images() -> Mapping[str, Image]:
    """Return all images by their names in the data files."""
    return _machines().image


def providers() -> Mapping[str, Provider]:
    """Return all providers by their names in the data files."""
    return _machines().provider


@cache
def distributions() -> tuple[Distribution, ...]:
    """Return all distributions."""
    return _read("distributions.toml", _Distributions).distribution


def newest_minor(on: date) -> int:
    """Return the newest minor of Kubernetes 1 on a day: the oldest that is known, if none was."""
    days = released()
    last = max(days)
    if on > days[last]:
        return last + (on - days[last]) // _CADENCE
    return max((minor for minor, day in days.items() if day <= on), default=min(days))


def newest_patch(minor: int, on: date) -> int:
    """Return the newest patch of a minor on a day: about one a month, for 14 months."""
    days = released()
    last = max(days)
    began = days.get(minor) or days[last] + (minor - last) * _CADENCE
    return min(max((on - began).days // _PATCH_DAYS, 0), _LAST_PATCH)


def containerd(minor: int) -> str:
    """Return the version of containerd that is usual with a minor of Kubernetes."""
    versions = {_number(name): version for name, version in _kubernetes().containerd.items()}
    return versions[max(each for each in versions if each <= max(minor, min(versions)))]


@cache
def released() -> Mapping[int, date]:
    """Return the days on which upstream released the minors of Kubernetes 1 that are listed."""
    return {_number(name): day for name, day in _kubernetes().released.items()}


def _number(minor: str) -> int:
    return int(minor.removeprefix("1."))


@cache
def _machines() -> _Machines:
    return _read("machines.toml", _Machines)


@cache
def _kubernetes() -> _Kubernetes:
    return _read("kubernetes.toml", _Kubernetes)


def _read(name: str, shape: type[T]) -> T:
    return msgspec.toml.decode(files(__package__).joinpath(name).read_bytes(), type=shape)
