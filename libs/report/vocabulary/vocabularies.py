"""The data files of this folder, each read once, when it is first needed."""

import pkgutil
from enum import Enum
from functools import cache

import msgspec

from report.vocabulary.templates import Template


class Vocabulary(Enum):
    """A data file, by its name without `.toml`."""

    ARCHITECTURES = "architectures"
    CLOUD_PROVIDERS = "cloud_providers"
    CONTAINER_RUNTIMES = "container_runtimes"
    KERNELS = "kernels"
    KUBERNETES_VERSIONS = "kubernetes_versions"
    OPERATING_SYSTEMS = "operating_systems"
    OS_IMAGES = "os_images"
    RESOURCES = "resources"
    WORKLOADS = "workloads"


class Group(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Templates, the `sources` that vouch for them, and the `words` that they name as pieces."""

    name: str
    sources: tuple[str, ...]
    templates: tuple[str, ...]
    words: dict[str, tuple[str, ...]] = {}


class DataFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A whole file: `stem` begins every text, `words` are for it and for all groups."""

    group: tuple[Group, ...]
    stem: str = ""
    words: dict[str, tuple[str, ...]] = {}


def read(vocabulary: Vocabulary) -> DataFile:
    """Return the file of `vocabulary`. Raises msgspec.ValidationError if it is not well formed."""
    # importlib.resources does the same and costs 2 MiB of modules, which the volunteer counts.
    content = pkgutil.get_data(__package__, f"{vocabulary.value}.toml")
    if content is None:
        message = f"this installation lacks {vocabulary.value}.toml"
        raise FileNotFoundError(message)
    return msgspec.toml.decode(content, type=DataFile)


def is_public(vocabulary: Vocabulary, text: str, end: int | None = None) -> bool:
    """Whether `text`, or what stands before `end`, is a public text of `vocabulary`."""
    stop = len(text) if end is None else end
    return any(template.matches(text, stop) for template in _templates(vocabulary))


@cache
def _templates(vocabulary: Vocabulary) -> tuple[Template, ...]:
    file = read(vocabulary)
    return tuple(
        Template(file.stem + text, file.words | group.words)
        for group in file.group
        for text in group.templates
    )
