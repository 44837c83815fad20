"""Where a report goes: standard output, or a collector."""

from typing import Final, TypeAlias
from urllib.parse import SplitResult, urlsplit

from msgspec import Struct

from command_line.errors import InvalidValue
from volunteer.http.hosts import is_host, is_near

DATABASES: Final = """\
stdout                       the report as one line of JSON; nothing leaves this machine
https://HOST[:PORT][/PATH]   a collector
http://HOST[:PORT][/PATH]    a collector within the cluster or on this machine

Reports are posted to /api/v1 below the path; a path that ends in /api/v1 is taken as it is.
"""
"""What `--print-databases` prints."""

_API_PATH: Final = "/api/v1"
_URL_RULE: Final = "must be a URL with a host, in ASCII, such as https://census.example.com:8443"


class StandardOutput(Struct, frozen=True):
    """One line of JSON on standard output."""


class Collector(Struct, frozen=True):
    """A collector. `url` is where reports are posted; a path of the user's own comes first."""

    url: str

    @property
    def host(self) -> str:
        """The host's name or address, in lower case, without brackets."""
        return urlsplit(self.url).hostname or ""

    @property
    def may_be_read_on_the_way(self) -> bool:
        """Whether reports go in the clear over a network that others may listen to."""
        return urlsplit(self.url).scheme == "http" and not is_near(self.host)


Destination: TypeAlias = StandardOutput | Collector


def parse_destination(text: str) -> Destination:
    """Return what `--database` names. Raises `InvalidValue`."""
    if text == "stdout":
        return StandardOutput()
    if not text.lower().startswith(("http://", "https://")):
        raise InvalidValue("must be stdout, https://HOST or http://HOST")
    parts = _parts(text)
    if parts.username is not None or parts.query or parts.fragment:
        raise InvalidValue("must be a URL without credentials, query and fragment")
    path = parts.path.rstrip("/").removesuffix(_API_PATH) + _API_PATH
    return Collector(f"{parts.scheme}://{parts.netloc}{path}")


def _parts(text: str) -> SplitResult:
    if not text.isprintable() or " " in text:
        raise InvalidValue("must be a URL without spaces and control characters")
    try:
        parts = urlsplit(text)
        _ = parts.port  # reading it checks it
    except ValueError as error:
        # Python's text would quote what may be a part of a password.
        raise InvalidValue(_URL_RULE) from error
    if not is_host(parts.netloc.rpartition("@")[2]):
        raise InvalidValue(_URL_RULE)
    return parts
