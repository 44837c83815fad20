"""The data files: each line is reachable, sourced and harmless, and the functions agree with it."""

import random
import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta

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
from report.vocabulary.vocabularies import Vocabulary, lines, read

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
_DIGITS = {"major": 2, "minor": 2, "patch": 3}
_WITHOUT_MARKS = str.maketrans("", "", "<>")

# Four numbers, as of an address of IPv4, and not a part of more numbers.
_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_ADDRESS = re.compile(rf"(?<![0-9.])(?:{_OCTET}\.){{3}}{_OCTET}(?![0-9]|\.[0-9])")
_VENDORS_THAT_WRITE_ADDRESSES = {
    "Windows Subsystem for Linux": "6.6.87.2-microsoft-standard-WSL2",
    "Azure Linux and CBL-Mariner": "6.6.150.1-1.azl3",
    "Oracle's own kernels (UEK), and Oracle's builds of Red Hat's": "-206.153.7.1.el8uek.x86_64",
    "openEuler, BigCloud Enterprise Linux, UnionTech OS, CTyunOS": "-60.18.0.50.oe2203.x86_64",
    "EulerOS": "-147.5.1.6.h1152.eulerosv2r9.x86_64",
    "Huawei Cloud EulerOS": "-182.0.0.95.r194_123.hce2.x86_64",
    "openEuler's containerd, whose fourth number is the package's release": "containerd://1.6.22.28",
}
"""The groups that hold what could be an address, each with the text that its vendor writes."""


class _Writer:
    """Writes texts after a template: a second reading of the language, without expressions."""

    def __init__(self, seed: int, *, largest: int = 10**7) -> None:
        self._random = random.Random(seed)
        self._largest = largest

    def sample(self, template: str, words: dict[str, tuple[str, ...]]) -> str:
        """Return a text that `template` stands for, what is not sent included."""
        while (inner := re.search(r"\[([^\[\]]*)\]", template)) is not None:
            kept = inner[1] if self._random.random() < 0.5 else ""
            template = template[: inner.start()] + kept + template[inner.end() :]
        return re.sub(r"\{([^}]+)\}", lambda found: self._piece(found[1], words), template)

    def _piece(self, name: str, words: dict[str, tuple[str, ...]]) -> str:
        if name in words:
            return self._random.choice(words[name])
        kind, _, size = name.partition(":")
        if kind in _DIGITS:
            return self._number(_DIGITS[kind])
        written: dict[str, Callable[[], str]] = {
            "build": lambda: self._number(int(size)),
            "digits": lambda: "".join(self._random.choices("0123456789", k=int(size))),
            "date": self._day,
            "minute": lambda: f"{self._day()}{self._below(24)}{self._below(60)}",
            "commit": lambda: "".join(self._random.choices("0123456789abcdef", k=14)),
        }
        return written[kind]()

    def _below(self, end: int) -> str:
        return f"{self._random.randrange(end):02}"

    def _number(self, digits: int) -> str:
        shown = self._random.randint(1, digits)
        return str(self._random.randrange(min(self._largest, 10**shown)))

    def _day(self) -> str:
        day = date(2010, 1, 1) + timedelta(days=self._random.randrange(30 * 365))
        return f"{day:%Y%m%d}"


def _lines(vocabulary: Vocabulary) -> Iterator[tuple[str, dict[str, tuple[str, ...]]]]:
    for _, template, words in lines(read(vocabulary)):
        yield template, words


@pytest.mark.parametrize("vocabulary", Vocabulary)
def test_every_line_is_used(vocabulary: Vocabulary) -> None:
    """Whatever a line of a data file stands for is sent as it is."""
    writer = _Writer(seed=1)
    for template, words in _lines(vocabulary):
        for _ in range(_SAMPLES_OF_EACH):
            text = writer.sample(template, words)
            sent, unsent, _ = text.partition("<")
            if unsent:
                assert kubernetes_version(text.translate(_WITHOUT_MARKS)).value == sent
            elif len(text) <= MAX_CHARACTERS:
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
    everything = "".join(template for template, _ in _lines(vocabulary))
    assert all(f"{{{name}}}" in everything for name in file.words)
    for group in file.group:
        of_group = (group.stem or "") + "".join(group.templates)
        assert all(f"{{{name}}}" in of_group for name in group.words), group.name


@pytest.mark.parametrize("vocabulary", Vocabulary)
def test_sources(vocabulary: Vocabulary) -> None:
    """Every group says where its texts are public."""
    for group in read(vocabulary).group:
        assert group.sources
        assert all(group.sources)


@pytest.mark.parametrize("vocabulary", Vocabulary)
def test_addresses(vocabulary: Vocabulary) -> None:
    """No line stands for what could be an address, unless its vendor writes versions that way."""
    writer = _Writer(seed=2, largest=256)
    for group, template, words in lines(read(vocabulary)):
        for _ in range(10 * _SAMPLES_OF_EACH):
            found = _ADDRESS.search(writer.sample(template, words))
            assert found is None or group.name in _VENDORS_THAT_WRITE_ADDRESSES, template


@pytest.mark.parametrize("vocabulary", Vocabulary)
def test_numbers_stand_apart(vocabulary: Vocabulary) -> None:
    """No two pieces touch: digits of one would add up to a longer number with those of the next."""
    for template, words in _lines(vocabulary):
        for first, second in re.findall(r"\{([^}]+)\}[\[\]]*(?=\{([^}]+)\})", template):
            assert first in words or second in words, template
