"""What a report would hold of texts that nodes of real clusters say of themselves."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from report import vocabulary
from report.vocabulary import Recognised

WHOLE: Final = "whole"
CUT: Final = "cut"
WITHHELD: Final = "withheld"
_PLACEHOLDERS: Final = frozenset({"other", "unknown"})


class Surveyed(NamedTuple):
    """Of one `text` of `field`: what is `sent` of it (None: nothing), and how much that is."""

    field: str
    text: str
    sent: str | None
    outcome: str


class NotATextOfANode(Exception):
    """A line of the file is not a field and a text. The message says which and what is expected."""


def _resource(name: str) -> Recognised:
    known = vocabulary.is_known_resource(name)
    return Recognised(name, None) if known else Recognised(None, "not a public name")


RECOGNISERS: Final[Mapping[str, Callable[[str], Recognised]]] = {
    **vocabulary.NODE_TEXTS,
    "providerID": vocabulary.cloud_provider,
    "resource": _resource,
}
"""By the name of the field in the Kubernetes API; `resource` is a key of `capacity`."""


def survey(lines: Iterable[str]) -> Iterator[Surveyed]:
    """Yield what comes out of each line, a field and a text with a TAB between them.

    Further columns, empty lines and lines that begin with `#` are skipped.
    Raises NotATextOfANode for any other line.
    """
    for number, line in enumerate(lines, start=1):
        if line.strip() and not line.startswith("#"):
            yield _answer(number, line.rstrip("\r\n"))


def shares(answers: Iterable[Surveyed]) -> Iterator[str]:
    """Yield a line for each field: how many texts come out whole, cut, and not at all."""
    counts = Counter((answer.field, answer.outcome) for answer in answers)
    for field in RECOGNISERS:
        whole, cut, withheld = (counts[field, outcome] for outcome in (WHOLE, CUT, WITHHELD))
        total = whole + cut + withheld
        if total:
            yield (
                f"{field}: {total} texts, {whole / total:.1%} whole, {cut / total:.1%} cut, "
                f"{withheld / total:.1%} withheld"
            )


def _answer(number: int, line: str) -> Surveyed:
    field, tab, rest = line.partition("\t")
    if not tab or field not in RECOGNISERS:
        fields = ", ".join(RECOGNISERS)
        raise NotATextOfANode(f"line {number}: expected FIELD, a TAB and a text; FIELD is {fields}")
    text, _, _ = rest.partition("\t")
    sent = RECOGNISERS[field](text).value
    return Surveyed(field, text, sent, _outcome(field, text, sent))


def _outcome(field: str, text: str, sent: str | None) -> str:
    if sent is None or (sent in _PLACEHOLDERS and sent != text):
        return WITHHELD
    return WHOLE if sent == text or field == "providerID" else CUT
