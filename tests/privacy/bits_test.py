"""No text of a report has room for a message: what the vocabularies let through is counted.

64 bits a text and 24 a quantity are too few for an address with a name, a telephone number with a
name, or half of a UUID beside the version that stands there anyway.
"""

import math
import re

import pytest

from report.vocabulary.quantities import public_quantities
from report.vocabulary.recognition import MAX_CHARACTERS
from report.vocabulary.templates import PIECES, Template
from report.vocabulary.vocabularies import Vocabulary, lines, read
from tests.privacy.bits import bits, longest, texts

MAX_BITS_OF_A_TEXT = 64
MAX_BITS_OF_A_QUANTITY = 24
RESOURCES = (
    "cpu",
    "pods",
    "memory",
    "storage",
    "ephemeral-storage",
    "hugepages-2Mi",
    "nvidia.com/gpu",
)


def expressions(vocabulary: Vocabulary) -> dict[str, re.Pattern[str]]:
    """Return the expression of each template."""
    return {
        template: Template(template, words).expression
        for _, template, words in lines(read(vocabulary))
    }


@pytest.mark.parametrize("vocabulary", Vocabulary)
def test_text(vocabulary: Vocabulary) -> None:
    """No template, and no vocabulary as a whole, lets more than 64 bits through."""
    found = expressions(vocabulary)
    heaviest = sorted(((bits([one]), template) for template, one in found.items()), reverse=True)
    assert bits([*found.values()]) <= MAX_BITS_OF_A_TEXT, heaviest[:10]


@pytest.mark.parametrize("vocabulary", Vocabulary)
def test_length(vocabulary: Vocabulary) -> None:
    """Every public text is shorter than what is read of one, so none is cut for its length."""
    assert max(map(longest, expressions(vocabulary).values())) < MAX_CHARACTERS


@pytest.mark.parametrize("resource", RESOURCES)
def test_quantity(resource: str) -> None:
    """No quantity lets more than 24 bits through."""
    assert bits([public_quantities(resource)]) <= MAX_BITS_OF_A_QUANTITY


@pytest.mark.parametrize(
    ("expression", "count"),
    [
        ("abc", 1),
        ("[0-9]", 10),
        ("[0-9a-f]{14}", 16**14),
        ("a?b", 2),
        ("(?:a|b|cd)", 3),
        ("(?:0|[1-9][0-9]{0,2})", 1000),
        ("(?:x[0-9])?y", 11),
        ("a(?P<unsent>[0-9]{5})", 1),
        ("a(?P<other>[0-9]{5})", 100_000),
        ("[0-9]+", math.inf),
        ("[0-9]*", math.inf),
        (PIECES["date"], 30 * 365 + 7),  # the leap years from 2012 to 2036
        (PIECES["minute"], (30 * 365 + 7) * 24 * 60),
    ],
)
def test_count(expression: str, count: float) -> None:
    """The number of texts is counted exactly where no text is matched in two ways."""
    assert texts(re.compile(expression)) == count


@pytest.mark.parametrize("expression", [".", r"\d", "[^a]", "a(?=b)", r"(a)\1"])
def test_what_is_not_counted(expression: str) -> None:
    """What could match more than it seems to is refused, so that no template comes to hold it."""
    with pytest.raises(NotImplementedError):
        texts(re.compile(expression))
