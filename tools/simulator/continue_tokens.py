"""The opaque text by which a client asks for the next page of a list."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Final

_FORMAT_VERSION: Final = "meta.k8s.io/v1"


class MalformedToken(Exception):
    """A text that no server of this kind gave out."""


@dataclass(frozen=True, kw_only=True)
class ContinueToken:
    """Where the next page begins, and in which state of the store the list was begun.

    The encoding looks as the API server's does: URL-safe base64, without padding, of a JSON object.
    """

    revision: int
    offset: int

    def encode(self) -> str:
        """Write the token as a client sees it."""
        document = {"v": _FORMAT_VERSION, "rv": self.revision, "start": str(self.offset)}
        return urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str) -> "ContinueToken":
        """Read a token back. Raises MalformedToken."""
        try:
            document = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            token = cls(revision=int(document["rv"]), offset=int(document["start"]))
        except (ValueError, KeyError, TypeError) as error:
            raise MalformedToken("not base64 of a token's JSON") from error
        if token.offset < 0:
            raise MalformedToken("its start is before the first object")
        return token
