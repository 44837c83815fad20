"""A request as it arrives: waitress's parser, made stricter where it is lenient.

Everything that the server relies on inside waitress is in this module; `request_test.py` holds
a test for each.
"""

import re
import sys
from typing import TYPE_CHECKING, Final

from waitress.adjustments import Adjustments
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.receiver import ChunkedReceiver
from waitress.utilities import BadRequest, Error, RequestEntityTooLarge

from collector.http import Limits
from collector.http.response import Response, plain_text

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment

MAX_CHUNK_LINE_BYTES: Final = 1024
MAX_CHUNK_OVERHEAD_BYTES: Final = 4 * 1024
BODY_BYTES_A_BYTE_OF_OVERHEAD: Final = 32
"""Chunks of 200 bytes are well above it; each costs microseconds, whatever it carries."""
MAX_TARGET_BYTES: Final = 8_000
"""What everybody should support (RFC 9110, 4.1), and nothing here needs."""
MAX_HEADER_FIELDS: Final = 128
"""Clients send ten, a chain of proxies some more; 8,000 fit into the limit of bytes and take ten
milliseconds."""
TOO_MANY_FIELDS: Final = plain_text(
    "431 Request Header Fields Too Large", f"a header may have at most {MAX_HEADER_FIELDS} fields"
)
TARGET_TOO_LONG: Final = plain_text(
    "414 URI Too Long", f"the target may hold at most {MAX_TARGET_BYTES} bytes"
)
TLS_RECORD: Final = b"\x16"
"""What a TLS handshake begins with (RFC 8446, 5.1), and no request."""
NO_TLS: Final = plain_text("400 Bad Request", "this port speaks http, not https")
TRANSFER_ENCODING: Final = re.compile(rb"\ntransfer-encoding:([^\r\n]*)", re.IGNORECASE)
BLANK_LINE: Final = BadRequest("a chunk must begin with its size")
FOLDED_LINE: Final = re.compile(rb"\n[ \t]")

SAME_FOR_ALL: Final = {
    "SCRIPT_NAME": "",
    "wsgi.version": (1, 0),
    "wsgi.url_scheme": "http",
    "wsgi.input_terminated": True,
    "wsgi.multithread": False,
    "wsgi.multiprocess": False,
    "wsgi.run_once": False,
}
"""What the environ of every request holds."""

Endpoint = tuple[str, int]


class Request(HTTPRequestParser):
    """One request, complete or not; `receive` feeds it.

    A request that breaks a rule of HTTP or a limit is complete as well: `error_response` answers
    it, and the connection has to be closed, because where the next request begins is not known.
    """

    # Set by waitress and missing in its stubs.
    path: str
    query: str
    request_uri: str

    def __init__(self, limits: "RequestLimits") -> None:
        super().__init__(limits.adjustments)
        self.method = ""
        self._limits = limits
        self._error_response: Response | None = None

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

    def read_body(self) -> bytes:
        """Return a copy of the body as it arrived, which can still be read."""
        stream = self.get_body_stream()
        body = stream.read()
        stream.seek(0)
        return body

    @property
    def missing(self) -> int | None:
        """Bytes of the body that have yet to come; None where only the client knows."""
        if not self.headers_finished or self.chunked:
            return None
        return self.content_length - self.body_size

    @property
    def keeps_connection(self) -> bool:
        """Whether the client lets the connection serve another request (RFC 9112, 9.3)."""
        options = self.headers.get("CONNECTION")
        if self.connection_close or options is None:
            return not self.connection_close
        return "close" not in [option.strip() for option in options.lower().split(",")]

    @property
    def error_response(self) -> Response | None:
        """What answers a request that breaks a rule of HTTP or a limit; None for a good one."""
        if self._error_response is not None or self.error is None:
            return self._error_response
        return plain_text(f"{self.error.code} {self.error.reason}", self.error.body)

    def fail_with(self, response: Response) -> None:
        """Take no more of this request: `response` answers it, and what it holds is freed."""
        self._error_response = response
        self.completed = True
        self.close()

    def receive(self, data: bytes) -> int:
        """Take what belongs to this request from the front of `data`; returns how many bytes."""
        if isinstance(self.body_rcv, ChunkedReceiver):
            return self._receive_chunks(data, self.body_rcv)
        if not self.begun and data.startswith(TLS_RECORD):
            self.fail_with(NO_TLS)
            return len(data)
        consumed = self.received(data)
        if self.content_length > self._limits.max_body_bytes:
            self._complete_with(self._body_too_long())
        return consumed

    def _receive_chunks(self, data: bytes, receiver: ChunkedReceiver) -> int:
        # Waitress copies what is left of its input for every chunk, so it gets a part at a time.
        consumed = 0
        while consumed < len(data) and not self.completed:
            part = data[consumed : _end_of_part(receiver, data, consumed)]
            # RFC 9112, 7.1: a chunk begins with its size, which waitress lets blank lines precede.
            is_blank = receiver.control_line + part == b"\r\n" and _awaits_size(receiver)
            consumed += self.received(part)
            error = BLANK_LINE if is_blank else self._chunk_excess(receiver)
            if error is not None:
                self._complete_with(error)
        return consumed

    def _complete_with(self, error: Error) -> None:
        self.error = error
        self.completed = True

    def parse_header(self, header_plus: bytes) -> None:
        """Parse request line and header; raises ParsingError, which becomes a 400."""
        self._error_response = _costly_header(header_plus)
        if self._error_response is not None:
            return
        if FOLDED_LINE.search(header_plus):
            # RFC 9112, 5.2: to be refused, or read as a space; parsers differ in which.
            raise ParsingError("a header may not be folded over lines")
        if b"\ntransfer-encoding" in header_plus.lower():
            _require_known_length(header_plus)
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

    def _body_too_long(self) -> Error:
        return RequestEntityTooLarge(
            f"the body may hold at most {self._limits.max_body_bytes} bytes"
        )

    def _chunk_excess(self, receiver: ChunkedReceiver) -> Error | None:
        """Waitress bounds none of these, and a body of tiny chunks costs it seconds."""
        if len(receiver.control_line) > MAX_CHUNK_LINE_BYTES:
            return BadRequest("the line before a chunk is too long")
        if len(receiver.trailer) > self._limits.max_header_bytes:
            return BadRequest("the trailer after the last chunk is too long")
        overhead = self.body_bytes_received - self.body_size
        allowed = self.body_size // BODY_BYTES_A_BYTE_OF_OVERHEAD
        if overhead > MAX_CHUNK_OVERHEAD_BYTES + allowed:
            return BadRequest("the chunks are too small")
        return self._body_too_long() if self.body_size > self._limits.max_body_bytes else None


def _awaits_size(receiver: ChunkedReceiver) -> bool:
    """Whether the next thing to come is the line before a chunk."""
    return not (
        receiver.chunk_remainder or receiver.validate_chunk_end or receiver.all_chunks_received
    )


def _end_of_part(receiver: ChunkedReceiver, data: bytes, start: int) -> int:
    """Return where in `data` ends what comes next: a line, what it announces, or a line's end."""
    if _awaits_size(receiver):
        return data.find(b"\n", start) + 1 or len(data)
    if receiver.all_chunks_received:
        return len(data)
    return start + (receiver.chunk_remainder or 2 - len(receiver.chunk_end))


def _costly_header(header_plus: bytes) -> Response | None:
    """Return what answers a header that costs milliseconds to parse, before it is parsed."""
    if header_plus.count(b"\n") > MAX_HEADER_FIELDS + 2:
        return TOO_MANY_FIELDS
    return TARGET_TOO_LONG if header_plus.find(b"\n") > MAX_TARGET_BYTES else None


def _require_known_length(header_plus: bytes) -> None:
    """Raise ParsingError where Transfer-Encoding leaves the length of the body unknown.

    RFC 9112, 6.1: chunked at most once, and 6.3: chunked last. What else is named, waitress
    answers with 501. An empty list says neither that there are chunks nor that there are none.
    """
    lines = TRANSFER_ENCODING.findall(header_plus)
    codings = [each.strip(b" \t").lower() for line in lines for each in line.split(b",")]
    if codings and (codings[-1] != b"chunked" or codings.count(b"chunked") > 1 or b"" in codings):
        raise ParsingError("Transfer-Encoding must be chunked, once and last")


def make_environ(request: Request, *, client: Endpoint, server: Endpoint) -> "WSGIEnvironment":
    """The request as PEP 3333 hands it to an application; addresses are (host, port)."""
    environ: WSGIEnvironment = {
        "REQUEST_METHOD": request.method,
        "PATH_INFO": request.path,
        "QUERY_STRING": request.query,
        "REQUEST_URI": request.request_uri,
        "REMOTE_ADDR": client[0],
        "REMOTE_PORT": str(client[1]),
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1]),
        "SERVER_PROTOCOL": f"HTTP/{request.version}",
        "wsgi.input": request.get_body_stream(),
        "wsgi.errors": sys.stderr,
        **SAME_FOR_ALL,
    }
    for name, value in request.headers.items():
        bare = name in {"CONTENT_TYPE", "CONTENT_LENGTH"}
        environ[name if bare else f"HTTP_{name}"] = value
    return environ


class RequestLimits:
    """The sizes that a request may have, in the form that waitress's parser reads them."""

    def __init__(self, limits: Limits) -> None:
        self.max_header_bytes = limits.max_header_bytes
        self.max_body_bytes = limits.max_body_bytes
        self.adjustments = Adjustments()
        self.adjustments.max_request_header_size = limits.max_header_bytes
        # Never reached: waitress counts a chunked body with its framing, so that a body of
        # exactly the limit would be refused. `Request` measures the body itself.
        self.adjustments.max_request_body_size = 2 * limits.max_body_bytes + 1024
        # Bodies stay in memory, which is bounded: a temporary file needs a writable directory,
        # which a locked-down container lacks, and is memory again where that is a tmpfs.
        self.adjustments.inbuf_overflow = 2 * limits.max_body_bytes
