"""The release of a census, read as anybody reads it: the rules, without the network."""

from census.release import Release
from census.untrusted import NotARelease, read
from volunteer.delivery.rules import Ask, NoReply, Refused, follow, judge
from volunteer.errors import CensusUnavailable, NoCensus
from volunteer.http.retry import TryAgain


def read_release(get: Ask, url: str) -> Release:
    """Return the release at `url`, asked for once. Raises `NoCensus` and `CensusUnavailable`."""
    reply = follow(get, url)
    if isinstance(reply, NoReply):
        raise CensusUnavailable(f"no release from {url}: {reply.why}")
    if isinstance(reply, Refused):
        raise NoCensus(f"no release from {url}: it {reply.why}")
    match judge(reply):
        case Refused(why):
            raise NoCensus(f"no release from {url}: it {why}")
        case TryAgain(why):
            raise CensusUnavailable(f"no release from {url}: it {why}")
        case _:
            pass
    try:
        return read(reply.body)
    except NotARelease as error:
        raise NoCensus(f"no release from {url}: {error}") from error
