"""A second opinion on a report: every string in it is public, a number, a pseudonym or typed.

Reads the JSON and the vocabularies' data, and none of the code that made the report. Texts are
taken apart into words and numbers: each word must stand in the data for that very field, and each
number must be short.
"""

import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources

_PATTERNS = {
    "$.timestamp": re.compile(r"[0-9]{1,20}"),
    "$.nodes[].id": re.compile(r"[0-9a-f]{32}"),
    "$.nodes[].capacity[].value": re.compile(
        r"[+-]?[0-9.]{1,15}([kKMGTPEmnu]i?|[eE][+-]?[0-9]{1,2})?"
    ),
}
_TOKEN = re.compile("[A-Za-z]+|[0-9]+|.", re.DOTALL)
_PIECE = re.compile(r"\{[^}]*\}")
_LONGEST_NUMBER = 12
_FILES = {
    "$.masterVersion": "kubernetes_versions.toml",
    "$.nodes[].operatingSystem": "operating_systems.toml",
    "$.nodes[].osImage": "os_images.toml",
    "$.nodes[].kernelVersion": "kernels.toml",
    "$.nodes[].architecture": "architectures.toml",
    "$.nodes[].containerRuntimeVersion": "container_runtimes.toml",
    "$.nodes[].kubeletVersion": "kubernetes_versions.toml",
    "$.nodes[].cloudProvider": "cloud_providers.toml",
    "$.nodes[].capacity[].resource": "resources.toml",
    "$.workloads.kinds[].kind": "workloads.toml",
}
_ROLES = {"control-plane", "worker"}
_COUNTS = {"$.workloads.namespaces.count", "$.workloads.kinds[].perNamespace[]"}
_AGES = {
    *("$.workloads.namespaces.meanAge", "$.workloads.namespaces.medianAge"),
    *("$.workloads.kinds[].meanAge", "$.workloads.kinds[].medianAge"),
}
_AGE = re.compile("[0-9]|[1-9][0-9]0*")


@dataclass(frozen=True)
class Typed:
    """What did not come from the cluster: the volunteer's version, and what the user typed."""

    version: str
    cluster_id: str
    extensions: tuple[tuple[str, str], ...] = ()

    def by_place(self) -> dict[str, set[str]]:
        """Return what may stand at which path, list indices left out."""
        return {
            "$.version": {self.version},
            "$.clusterID": {self.cluster_id},
            "$.extensions[].name": {name for name, _ in self.extensions},
            "$.extensions[].value": {value for _, value in self.extensions},
        }


def strange_strings(body: bytes, typed: Typed) -> list[str]:
    """Return the paths of the strings and numbers in a report that are nothing they may be."""
    return [path for path, leaf in _leaves(json.loads(body), "$") if not _may_be(path, leaf, typed)]


def _leaves(value: object, path: str) -> Iterator[tuple[str, str | int]]:
    match value:
        case bool():
            yield f"{path} is not a string", ""
        case str() | int():
            yield path, value
        case list():
            for index, member in enumerate(value):
                yield from _leaves(member, f"{path}[{index}]")
        case dict():
            for name, member in value.items():
                yield from _leaves(member, f"{path}.{name}")
        case _:
            yield f"{path} is not a string", ""


def _may_be(path: str, leaf: str | int, typed: Typed) -> bool:
    place = re.sub(r"\[[0-9]+\]", "[]", path)
    if isinstance(leaf, int):
        return place in _COUNTS or (place in _AGES and _AGE.fullmatch(str(leaf)) is not None)
    return _is_allowed_text(place, leaf, typed)


def _is_allowed_text(place: str, text: str, typed: Typed) -> bool:
    own_words = typed.by_place()
    if place in own_words:
        return text in own_words[place]
    if place == "$.nodes[].role":
        return text in _ROLES
    if place == "$.distribution":
        return text in _distributions()
    if place in _PATTERNS:
        return _PATTERNS[place].fullmatch(text) is not None
    return place in _FILES and _is_of_public_tokens(text, _public_tokens(_FILES[place]))


def _is_of_public_tokens(text: str, public: frozenset[str]) -> bool:
    return all(
        token in public or (re.fullmatch("[0-9]+", token) and len(token) <= _LONGEST_NUMBER)
        for token in _TOKEN.findall(text)
    )


@cache
def _distributions() -> frozenset[str]:
    content = resources.files("report.vocabulary").joinpath("distributions.toml").read_text()
    return frozenset({"other", *re.findall('^word = "([a-z0-9-]+)"$', content, re.MULTILINE)})


@cache
def _public_tokens(file: str) -> frozenset[str]:
    """Return the words and marks of a data file, those within its `{pieces}` apart."""
    content = resources.files("report.vocabulary").joinpath(file).read_text(encoding="utf-8")
    texts = " ".join(_templates_and_words(tomllib.loads(content)))
    return frozenset({"other", "unknown", ".", "-", *_TOKEN.findall(_PIECE.sub(" ", texts))})


def _templates_and_words(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            for member in value:
                yield from _templates_and_words(member)
        case dict():
            for name, member in value.items():
                if name not in {"name", "sources"}:
                    yield from _templates_and_words(member)
