"""What may be sent of one resource of a node: its name and how much of it."""

from typing import Final, NamedTuple

from report import vocabulary
from report.field_types import MAX_TEXT_CHARACTERS
from report.rules import is_plain_text
from report.schema import Resource

NO_QUANTITY: Final = "its value is not a Kubernetes quantity"
NO_PUBLIC_NAME: Final = "the resource's name is not a public one"
NO_PUBLIC_QUANTITY: Final = "its value is more, or more exact, than nodes commonly have of it"
EXACT_SIZE: Final = "an exact size of memory or disk, sent to two digits"


class Judged(NamedTuple):
    """What is sent of a resource, or None, and why it is not all that was seen, or None."""

    resource: Resource | None
    rule: str | None


def rounded(size: str) -> str:
    """Return a size of memory or of a disk as it is sent; anything else is returned unchanged."""
    try:
        return vocabulary.rounded_size(size)
    except ValueError:
        return size


def judge(name: str, quantity: str, *, verbatim: bool) -> Judged:
    """Return what may be sent: a public name with a quantity that is public for it. Sizes of memory
    and disks have to be rounded before.

    Where the user wants capacities verbatim, it is any name that the wire takes, and any quantity.
    """
    if not vocabulary.is_quantity(quantity):
        return Judged(None, NO_QUANTITY)
    if verbatim and name and fits_the_wire(name):
        return Judged(Resource(name, quantity), None)
    if not vocabulary.is_known_resource(name):
        return Judged(None, NO_PUBLIC_NAME)
    if not vocabulary.is_public_quantity(name, quantity):
        return Judged(None, NO_PUBLIC_QUANTITY)
    return Judged(Resource(name, quantity), None)


def fits_the_wire(text: str) -> bool:
    """Whether `text` may stand in a report as it is: its length and its characters."""
    return len(text) <= MAX_TEXT_CHARACTERS and is_plain_text(text)
