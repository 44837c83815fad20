"""What a vocabulary says of a text."""

from typing import Final, NamedTuple


class Recognised(NamedTuple):
    """What may be sent of a text, and why it is not the whole.

    `value` is public; it is None where nothing may be sent. `rule` is a clause that says what was
    withheld and why; it is None where the text is sent as it was. It never quotes the text.
    """

    value: str | None
    rule: str | None


ABSENT: Final = Recognised(None, None)
"""The cluster said nothing: nothing is sent and nothing withheld."""

OTHER: Final = "other"
"""What is sent in place of an operating system, an architecture or an image that is not public.
It is a word of each of their files."""

MAX_CHARACTERS: Final = 96
"""More than the longest public text has. No more of a text is ever read."""

REMEMBERED: Final = 1_024
"""How many answers a vocabulary remembers: the nodes of a cluster are much alike."""
