"""How much a template lets through: the number of texts that it matches, counted.

What is counted is the regular expression that the library compares texts to, and not the language
that it was written in: so a piece that lets more through than its name says is found as well.
"""

import importlib
import math
import re
from collections.abc import Sequence
from typing import Any

UNSENT = "unsent"
"""The group of a template that is matched and not sent."""


def bits(expressions: Sequence[re.Pattern[str]]) -> float:
    """Return the logarithm to base 2 of how many texts these match together; `inf` if without end.

    A text that two of them match, or one in two ways, counts twice: it is an upper bound.
    """
    return math.log2(sum(map(texts, expressions)))


def texts(expression: re.Pattern[str]) -> float:
    """Return how many texts, of what is sent of them, `expression` matches at most."""
    parsed = _parser().parse(expression.pattern, expression.flags & ~re.UNICODE)
    return _sequence(parsed, expression.groupindex.get(UNSENT))


def longest(expression: re.Pattern[str]) -> int:
    """Return the length of the longest text that `expression` matches."""
    return int(_parser().parse(expression.pattern).getwidth()[1])


def _parser() -> Any:  # noqa: ANN401 - Python's own, which has no types
    return importlib.import_module("re._parser")


def _sequence(items: Any, unsent: int | None) -> float:  # noqa: ANN401 - as above
    return math.prod(_item(str(operator), argument, unsent) for operator, argument in items)


def _item(operator: str, argument: Any, unsent: int | None) -> float:  # noqa: ANN401 - as above
    match operator:
        case "LITERAL":
            return 1
        case "IN":
            return sum(map(_members, argument))
        case "BRANCH":
            return sum(_sequence(branch, unsent) for branch in argument[1])
        case "MAX_REPEAT":
            fewest, most, repeated = argument
            return _repeated(_sequence(repeated, unsent), int(fewest), int(most))
        case "SUBPATTERN":
            group, _, _, inner = argument
            return 1 if group is not None and group == unsent else _sequence(inner, unsent)
    raise NotImplementedError(operator)


def _members(member: tuple[object, Any]) -> int:
    operator, argument = member
    if str(operator) == "LITERAL":
        return 1
    if str(operator) == "RANGE":
        first, last = argument
        return int(last) - int(first) + 1
    raise NotImplementedError(operator)


def _repeated(one: float, fewest: int, most: int) -> float:
    if most - fewest > 1_000:
        return math.inf
    return sum(one**times for times in range(fewest, most + 1))
