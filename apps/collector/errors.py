"""The errors of the collector. The text of each is one line for people: the thing and the rule.

None quotes a report, a cluster ID or a client's address, so every text may be answered and logged.
"""

from command_line.errors import InvalidValue, ProgramError


class CollectorError(ProgramError):
    """Base of the errors that the collector raises on purpose, besides those of its usage."""


class DataDirectoryUnusable(CollectorError):
    """The data directory cannot be made, written or locked."""


class CannotListen(CollectorError):
    """The address to serve on is taken, forbidden, or not of this machine."""


class InvalidWarehouseAddress(InvalidValue):
    """A text does not name a warehouse."""


class FileUnusable(CollectorError):
    """A file holds something that this version cannot use; the file was left as it is."""


class WarehouseUnusable(CollectorError):
    """The warehouse can never be used as it is: somebody has to act. It was left as it is."""


class WarehouseUnavailable(CollectorError):
    """The warehouse cannot take reports now; trying again later may help.

    `retry_after` is how many seconds the warehouse asks to be left alone, None where it does not
    say. `written` is how many of the batch's first reports it took all the same. Only the drain
    waits and tries again.
    """

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after
        self.written = 0


class DrainFailed(CollectorError):
    """The process that feeds the warehouse does not start, or fails."""


class CommandFailed(CollectorError):
    """A command cannot do what it is for."""


class SpoolUnavailable(CollectorError):
    """The spool cannot take reports now: the disk is full or fails.

    Its text is for clients. `reason` is for the log: the file, what the system says, what helps.
    """

    def __init__(self, reason: str = "") -> None:
        super().__init__("the report cannot be stored now; please try again later")
        self.reason = reason


class SpoolFull(SpoolUnavailable):
    """The spool has reached a limit, and takes more once the warehouse has taken some."""


class PublishingHeld(CollectorError):
    """Nothing is released until somebody has looked: a release could be the second of its days."""


class NothingPublished(CollectorError):
    """An address of the statistics at which there is nothing."""


class Refusal(CollectorError):
    """Base of the reasons to refuse a post, besides an invalid report."""


class UnsupportedContentType(Refusal):
    """The body is not declared as JSON."""

    def __init__(self) -> None:
        super().__init__("the content type must be application/json")


class UnsupportedContentEncoding(Refusal):
    """The body is encoded with something other than gzip."""

    def __init__(self) -> None:
        super().__init__("the content encoding must be gzip, or none")


class InvalidCompression(Refusal):
    """The body is declared as gzip and is not."""

    def __init__(self) -> None:
        super().__init__("the body must be gzip data, as its content encoding says")


class BodyTooLarge(Refusal):
    """The body exceeds the limit, counted after decompression."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"the body must be at most {limit} bytes, counted after decompression")


class DecompressionTooCostly(Refusal):
    """The body takes more to decompress than what it can become is worth."""

    def __init__(self) -> None:
        super().__init__("the body takes too long to decompress: send it plain, or in one member")


class InvalidIdempotencyKey(Refusal):
    """The Idempotency-Key header breaks its rule."""

    def __init__(self) -> None:
        super().__init__("the Idempotency-Key must be 1 to 128 visible ASCII characters")


class IdempotencyKeyReused(Refusal):
    """The key was used before, with another report."""

    def __init__(self) -> None:
        super().__init__("this Idempotency-Key was used before with another report")


class RateExceeded(Refusal):
    """A client posts more often than it may. `retry_after_seconds` is 1 or more."""

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__("too many reports from this address; see Retry-After")
        self.retry_after_seconds = retry_after_seconds
