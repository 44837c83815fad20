"""The data files: each line is reachable, sourced and harmless, and the functions agree with it."""

import random
import re
from collections.abc import Callable, Iterator

import pytest

from report.vocabulary import (
    architecture,
    cloud_provider,
    container_runtime_version,
    is_known_resource,
    is_known_workload_kind,
    kernel_version,
    kubernetes_version,
    operating_system,
    os_image,
)
from report.vocabulary.recognition import MAX_CHARACTERS
from report.vocabulary.vocabularies import Vocabulary, read

_SENT_AS_IT_IS: dict[Vocabulary, Callable[[str], bool]] = {
    Vocabulary.ARCHITECTURES: lambda text: architecture(text) == (text, None),
    Vocabulary.CLOUD_PROVIDERS: lambda text: cloud_provider(text) == (text, None),
    Vocabulary.CONTAINER_RUNTIMES: lambda text: container_runtime_version(text) == (text, None),
    Vocabulary.KERNELS: lambda text: kernel_version(text) == (text, None),
    Vocabulary.KUBERNETES_VERSIONS: lambda text: kubernetes_version(text) == (text, None),
    Vocabulary.OPERATING_SYSTEMS: lambda text: operating_system(text) == (text, None),
    Vocabulary.OS_IMAGES: lambda text: os_image(text) == (text, None),
    Vocabulary.RESOURCES: is_known_resource,
    Vocabulary.WORKLOADS: is_known_workload_kind,
}
_SAMPLES_OF_EACH = 20


class _Writer:
    """Writes texts after a template: a second reading of the language, without expressions."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def sample(self, template: str, words: dict[str, tuple[str, ...]]) -> str:
        """Return a text that `template` stands for."""
        while (inner := re.search(r"\[([^\[\]]*)\]", template)) is not None:
            kept = inner[1] if self._random.random() < 0.5 else ""
            template = template[: inner.start()] + kept + template[inner.end() :]
        return re.sub(r"\{(\w+)\}", lambda found: self._piece(found[1], words), template)

    def _piece(self, name: str, words: dict[str, tuple[str, ...]]) -> str:
        if name in words:
            return self._random.choice(words[name])
        match name:
            case "number":
                return self._number()
            case "release":
                return self._numbers(2, 4)
            case "version":
                return self._numbers(1, 8)
            case "date":
                return f"20{self._random.randrange(10**6):06}"
            case "minute":
                return f"20{self._random.randrange(10**10):010}"
        raise AssertionError(name)

    def _numbers(self, fewest: int, most: int) -> str:
        return ".".join(self._number() for _ in range(self._random.randint(fewest, most)))

    def _number(self) -> str:
        return str(self._random.randrange(10 ** self._random.randint(1, 7)))


def _lines(vocabulary: Vocabulary) -> Iterator[tuple[str, dict[str, tuple[str, ...]]]]:
    file = read(vocabulary)
    for group in file.group:
        for template in group.templates:
            yield file.stem + template, file.words | group.words


@pytest.mark.parametrize("vocabulary", Vocabulary)
def test_every_line_is_used(vocabulary: Vocabulary) -> None:
    """Whatever a line of a data file stands for is sent as it is."""
    writer = _Writer(seed=1)
    for template, words in _lines(vocabulary):
        for _ in range(_SAMPLES_OF_EACH):
            text = writer.sample(template, words)
            if len(text) <= MAX_CHARACTERS:
                assert _SENT_AS_IT_IS[vocabulary](text), (template, text)


@pytest.mark.parametrize("vocabulary", Vocabulary)
def test_no_line_twice(vocabulary: Vocabulary) -> None:
    """No group repeats a line or a word."""
    for group in read(vocabulary).group:
        assert len(set(group.templates)) == len(group.templates)
        for listed in group.words.values():
            assert len(set(listed)) == len(listed)


@pytest.mark.parametrize("vocabulary", Vocabulary)
def test_words_are_used(vocabulary: Vocabulary) -> None:
    """A list of words is named by a template, or it would look like a promise."""
    file = read(vocabulary)
    everything = file.stem + "".join(text for group in file.group for text in group.templates)
    assert all(f"{{{name}}}" in everything for name in file.words)
    for group in file.group:
        assert all(f"{{{name}}}" in "".join(group.templates) for name in group.words), group.name


@pytest.mark.parametrize("vocabulary", Vocabulary)
def test_sources(vocabulary: Vocabulary) -> None:
    """Every group says where its texts are public."""
    for group in read(vocabulary).group:
        assert group.sources
        assert all(group.sources)


@pytest.mark.parametrize("vocabulary", Vocabulary)
def test_numbers_stand_apart(vocabulary: Vocabulary) -> None:
    """No two pieces touch: digits of one would add up to a longer number with those of the next."""
    for template, words in _lines(vocabulary):
        for first, second in re.findall(r"\{(\w+)\}[\[\]]*(?=\{(\w+)\})", template):
            assert first in words or second in words, template
