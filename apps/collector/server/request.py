"""A request as it arrives: waitress's parser, made stricter where it is lenient.

Everything that the server relies on inside waitress is in this module; `request_test.py` holds
a test for each.
"""

import re
from typing import Final

from waitress.adjustments import Adjustments
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.receiver import ChunkedReceiver
from waitress.utilities import BadRequest, Error, RequestEntityTooLarge

from collector.server.answer import Answer, plain_text
from collector.server.settings import ServerSettings

MAX_CHUNK_LINE_BYTES: Final = 1024
MAX_CHUNK_OVERHEAD_BYTES: Final = 16 * 1024
FOLDED_LINE: Final = re.compile(rb"\n[ \t]")

# Waitress copies what is left of its input for every chunk in it, so it gets little at a time.
CHUNKED_PIECE_BYTES: Final = 8 * 1024


class Request(HTTPRequestParser):
    """One request, complete or not; `receive` feeds it.

    A refused request is complete as well: `refusal` then holds its answer, and the connection
    has to be closed, because where the next request begins is not known.
    """

    # Set by waitress and missing in its stubs.
    path: str
    query: str
    request_uri: str

    def __init__(self, limits: "RequestLimits") -> None:
        super().__init__(limits.adjustments)
        self.method = ""
        self._limits = limits
        self._refusal: Answer | None = None

    @property
    def begun(self) -> bool:
        """Whether any byte of it has arrived."""
        return self.headers_finished or bool(self.header_plus)

    @property
    def awaits_continue(self) -> bool:
        """Whether the client holds its body back until we ask for it (RFC 9110, 10.1.1)."""
        return self.expect_continue and self.headers_finished and not self.completed

    @property
    def body_size(self) -> int:
        """Bytes of the body that have arrived and are held in memory."""
        return 0 if self.body_rcv is None else len(self.body_rcv)

    @property
    def missing(self) -> int | None:
        """Bytes of the body that have yet to come; None where only the client knows."""
        if not self.headers_finished or self.chunked:
            return None
        return self.content_length - self.body_size

    @property
    def keeps_connection(self) -> bool:
        """Whether the client lets the connection serve another request (RFC 9112, 9.3)."""
        options = self.headers.get("CONNECTION", "").lower().split(",")
        return not self.connection_close and "close" not in [option.strip() for option in options]

    @property
    def refusal(self) -> Answer | None:
        """The answer to a request that breaks a rule of HTTP or a limit; None for a good one."""
        if self._refusal is not None or self.error is None:
            return self._refusal
        return plain_text(f"{self.error.code} {self.error.reason}", self.error.body)

    def refuse(self, answer: Answer) -> None:
        """Take no more of this request: it is answered so, and what it holds is freed."""
        self._refusal = answer
        self.completed = True
        self.close()

    def receive(self, data: bytes) -> int:
        """Take what belongs to this request from the front of `data`; returns how many bytes."""
        consumed = self.received(data[:CHUNKED_PIECE_BYTES] if self.chunked else data)
        excess = self._excess()
        if excess is not None:
            self.error = excess
            self.completed = True
        return consumed

    def parse_header(self, header_plus: bytes) -> None:
        """Parse request line and header; raises ParsingError, which becomes a 400."""
        if FOLDED_LINE.search(header_plus):
            # RFC 9112, 5.2: to be refused, or read as a space; parsers differ in which.
            raise ParsingError("a header may not be folded over lines")
        try:
            super().parse_header(header_plus)
        except ValueError as error:
            # urlsplit refuses some targets, and int() a length of more than 4,300 digits.
            raise ParsingError("request target or Content-Length is invalid") from error
        self.method = header_plus.split(b" ", 1)[0].decode("latin-1")
        self._require_unambiguous_framing()
        self._require_host()

    def _require_unambiguous_framing(self) -> None:
        """RFC 9112, 6.1 and 6.3: what two parsers could cut in two ways is refused."""
        if self.version not in {"1.0", "1.1"}:
            raise ParsingError("the version must be HTTP/1.0 or HTTP/1.1")
        if self.version == "1.0" and "TRANSFER_ENCODING" in self.headers:
            raise ParsingError("HTTP/1.0 has no Transfer-Encoding")
        if self.chunked and "CONTENT_LENGTH" in self.headers:
            raise ParsingError("Content-Length and Transfer-Encoding exclude each other")

    def _require_host(self) -> None:
        """RFC 9112, 3.2: exactly one Host in HTTP/1.1. Waitress joins repeated ones by commas."""
        host = self.headers.get("HOST")
        if (host is None and self.version == "1.1") or (host is not None and "," in host):
            raise ParsingError("there must be exactly one Host header")

    def _excess(self) -> Error | None:
        limit = self._limits.max_body_bytes
        if self.content_length > limit or self.body_size > limit:
            return RequestEntityTooLarge(f"the body may hold at most {limit} bytes")
        receiver = self.body_rcv
        return self._chunk_excess(receiver) if isinstance(receiver, ChunkedReceiver) else None

    def _chunk_excess(self, receiver: ChunkedReceiver) -> Error | None:
        """Waitress bounds none of these, and a body of tiny chunks costs it seconds."""
        if len(receiver.control_line) > MAX_CHUNK_LINE_BYTES:
            return BadRequest("the line before a chunk is too long")
        if len(receiver.trailer) > self._limits.max_header_bytes:
            return BadRequest("the trailer after the last chunk is too long")
        overhead = self.body_bytes_received - self.body_size
        if overhead > MAX_CHUNK_OVERHEAD_BYTES + self.body_size // 4:
            return BadRequest("the chunks are too small")
        return None


class RequestLimits:
    """The sizes that a request may have, in the form that waitress's parser reads them."""

    def __init__(self, settings: ServerSettings) -> None:
        self.max_header_bytes = settings.max_header_bytes
        self.max_body_bytes = settings.max_body_bytes
        self.adjustments = Adjustments()
        self.adjustments.max_request_header_size = settings.max_header_bytes
        # Never reached: waitress counts a chunked body with its framing, so that a body of
        # exactly the limit would be refused. `Request` measures the body itself.
        self.adjustments.max_request_body_size = 2 * settings.max_body_bytes + 1024
        # Bodies stay in memory, which is bounded: a temporary file needs a writable directory,
        # which a locked-down container lacks, and is memory again where that is a tmpfs.
        self.adjustments.inbuf_overflow = 2 * settings.max_body_bytes
