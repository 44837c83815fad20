"""What a vocabulary says of a text."""

from typing import Final, NamedTuple

KEPT_VALUES: Final = 1024
"""How many answers each vocabulary remembers: nodes of a cluster are much alike."""


class Recognised(NamedTuple):
    """What may be sent of a text, and why it is not the whole.

    `value` is a public text, None where nothing may be sent. `rule` says in a clause what was
    withheld and why, None where the text is sent as it was.
    """

    value: str | None
    rule: str | None


ABSENT: Final = Recognised(None, None)
"""The cluster said nothing."""
