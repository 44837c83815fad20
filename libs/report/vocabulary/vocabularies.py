"""The data files of this folder, each read once, when it is first needed."""

import pkgutil
from collections.abc import Iterable, Iterator
from enum import StrEnum
from functools import cache, lru_cache

import msgspec

from report.vocabulary.recognition import REMEMBERED
from report.vocabulary.templates import Template


class Vocabulary(StrEnum):
    """A data file, by its name without `.toml`. A text, because texts are hashed fastest: every
    question that a cache answers hashes one.
    """

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
    """Templates, the `sources` that vouch for them, and the `words` that they name as pieces.

    A `stem` takes the place of the file's.
    """

    name: str
    sources: tuple[str, ...]
    templates: tuple[str, ...]
    stem: str | None = None
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


def lines(file: DataFile) -> Iterator[tuple[Group, str, dict[str, tuple[str, ...]]]]:
    """Yield every template of `file` as a whole, with its group and the words it may name."""
    for group in file.group:
        stem = file.stem if group.stem is None else group.stem
        words = file.words | group.words
        for template in group.templates:
            yield group, stem + template, words


def is_public(vocabulary: Vocabulary, text: str) -> bool:
    """Whether `text` is a public text of `vocabulary` from its first to its last character."""
    return public_end(vocabulary, text, [len(text)]) == len(text)


def public_end(vocabulary: Vocabulary, text: str, ends: Iterable[int]) -> int | None:
    """Return where what may be sent of `text[:end]` ends, for the first of `ends` at which a
    template knows what stands in front of it; None if there is no such end.
    """
    beginning_alike = _beginning_with(vocabulary, text[:1])
    candidates = [each for each in beginning_alike if each.may_match(text)]
    for end in ends:
        for template in candidates:
            found = template.public_end(text, end)
            if found is not None:
                return found
    return None


@lru_cache(REMEMBERED)
def _beginning_with(vocabulary: Vocabulary, character: str) -> tuple[Template, ...]:
    return tuple(
        each
        for each in _templates(vocabulary)
        if each.beginnings is None or character in each.beginnings
    )


@cache
def _templates(vocabulary: Vocabulary) -> tuple[Template, ...]:
    return tuple(Template(text, words) for _, text, words in lines(read(vocabulary)))
