"""Names of resources that are public, and the quantities that they may have."""

import re
from functools import cache, lru_cache
from typing import Final

from report.vocabulary.recognised import KEPT_VALUES
from report.vocabulary.templates import Templates, load

# Kubernetes' resource.Quantity: <signedNumber><suffix>, the suffix binary (Ki), decimal (k, m)
# or exponent form (e3). Nineteen digits hold every 64-bit number, and no more.
_QUANTITY: Final = re.compile(
    r"[+-]?(?:[0-9]{1,19}(?:\.[0-9]{0,9})?|\.[0-9]{1,9})"
    r"(?:[KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]{1,2})?",
    re.ASCII,
)


@lru_cache(KEPT_VALUES)
def is_known_resource(name: str) -> bool:
    """Whether the name of a resource is public, and not of somebody's own choosing."""
    return _resources().match(name)


def is_quantity(text: str) -> bool:
    """Whether `text` is a Kubernetes quantity, of a length that real ones have."""
    return _QUANTITY.fullmatch(text) is not None


@cache
def _resources() -> Templates:
    return load("resources.toml")["resource"]
