"""A second opinion on a report: every string in it is public, a number, a pseudonym or typed.

Reads the JSON and the vocabularies' data, and none of the code that made the report. Texts are
taken apart into words and numbers: each word must stand in the data for that very field, and each
number must be short.
"""

import json
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources

_PSEUDONYM = re.compile(r"[0-9a-f]{32}")
_UNIX_SECONDS = re.compile(r"[0-9]{1,20}")
_QUANTITY = re.compile(r"[+-]?[0-9.]{1,30}([kKMGTPEmnu]i?|[eE][+-]?[0-9]{1,2})?")
_COMMIT = re.compile(r"(?<![0-9A-Za-z])g?[0-9a-f]{7,10}(?![0-9A-Za-z])")
_PLACE = re.compile(r"\{[a-z_]+\}")
_LONGEST_NUMBER = 12


@dataclass(frozen=True)
class Typed:
    """What did not come from the cluster: the volunteer's version, and what the user typed."""

    version: str
    cluster_id: str
    extensions: tuple[tuple[str, str], ...] = ()


def strange_strings(body: bytes, typed: Typed) -> list[str]:
    """Return the paths of the strings in a report that are nothing they may be."""
    return [path for path, text in _strings(json.loads(body), "$") if not _may_be(path, text, typed)]


def _strings(value: object, path: str) -> Iterator[tuple[str, str]]:
    match value:
        case str():
            yield path, value
        case list():
            for index, member in enumerate(value):
                yield from _strings(member, f"{path}[{index}]")
        case dict():
            for name, member in value.items():
                yield from _strings(member, f"{path}.{name}")
        case _:
            yield f"{path} is no string", ""


def _may_be(path: str, text: str, typed: Typed) -> bool:
    place = re.sub(r"\[[0-9]+\]", "[]", path)
    kind: Callable[[str], object] | None = {
        "$.version": lambda text: text == typed.version,
        "$.clusterID": lambda text: text == typed.cluster_id,
        "$.extensions[].name": lambda text: text in {name for name, _ in typed.extensions},
        "$.extensions[].value": lambda text: text in {value for _, value in typed.extensions},
        "$.timestamp": _UNIX_SECONDS.fullmatch,
        "$.nodes[].id": _PSEUDONYM.fullmatch,
        "$.nodes[].capacity[].value": _QUANTITY.fullmatch,
        **{place: _Vocabulary(*files).allows for place, files in _VOCABULARIES.items()},
    }.get(place)
    return kind is not None and bool(kind(text))


class _Vocabulary:
    """The words of some data files, and what may stand between them."""

    def __init__(self, *files: str) -> None:
        self._templates = [template for file in files for template in _data(file)]

    def allows(self, text: str) -> bool:
        whole = " ".join(self._templates)
        words = set(re.findall("[A-Za-z]+", _PLACE.sub(" ", whole))) | {"other", "unknown"}
        marks = set(re.findall("[^A-Za-z0-9]", _PLACE.sub(" ", whole))) | {".", "-"}
        rest = _COMMIT.sub("", text) if "{commit}" in whole else text
        return all(
            token in words or token in marks or (token.isdigit() and len(token) <= _LONGEST_NUMBER)
            for token in re.findall("[A-Za-z]+|[0-9]+|.", rest, re.DOTALL | re.ASCII)
        )


@cache
def _data(file: str) -> tuple[str, ...]:
    """Return every text of a data file that is not the source of an entry."""
    content = resources.files("report.vocabulary").joinpath(file).read_text(encoding="utf-8")
    return tuple(
        text
        for entries in tomllib.loads(content).values()
        for entry in entries
        for key, texts in entry.items()
        if key != "source"
        for text in texts
    )


_VOCABULARIES: dict[str, tuple[str, ...]] = {
    "$.masterVersion": ("kubernetes_versions.toml",),
    "$.nodes[].operatingSystem": ("platforms.toml",),
    "$.nodes[].osImage": ("os_images.toml",),
    "$.nodes[].kernelVersion": ("kernels.toml",),
    "$.nodes[].architecture": ("platforms.toml",),
    "$.nodes[].containerRuntimeVersion": ("container_runtimes.toml",),
    "$.nodes[].kubeletVersion": ("kubernetes_versions.toml",),
    "$.nodes[].cloudProvider": ("cloud_providers.toml",),
    "$.nodes[].capacity[].resource": ("resources.toml",),
}
