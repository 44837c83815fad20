"""The kinds of machine that generated clusters are made of, read from `platforms.toml`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, kw_only=True)
class Platform:
    """One kind of machine.

    Each text may hold `{…}` placeholders, which are listed at the head of the data file.
    `resources` are what a node offers beside cpu, memory, pods and storage, `labels` what its
    distribution puts on it beside what Kubernetes does.
    """

    name: str
    os_image: str
    kernel: str
    runtime: str
    kubelet: str
    architecture: str
    provider_id: str
    instance_type: str
    operating_system: str = "linux"
    resources: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)


@cache
def platforms() -> tuple[Platform, ...]:
    """Return all platforms; the first is the one that no public vocabulary knows."""
    document = tomllib.loads(files(__package__).joinpath("platforms.toml").read_text())
    return tuple(Platform(**entry) for entry in document["platform"])
