"""A value that holds what nobody should read in a log."""

from msgspec import Struct


class Redacted(Struct, frozen=True):
    """Base of values whose `repr` names their class and nothing that they hold."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"
