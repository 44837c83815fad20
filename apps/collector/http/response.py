"""An HTTP response: from an application (WSGI, PEP 3333), before it is bytes, and as bytes."""

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Final, NamedTuple
from wsgiref.util import is_hop_by_hop

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication, WSGIEnvironment

SHORT_BODY_BYTES: Final = 4096
"""A longer body is not copied, so that clients who read it slowly share the one that there is."""

# By name, because annotations of a function inside another are evaluated whenever that is called.
Headers = list[tuple[str, str]]
Write = Callable[[bytes], object]
ExceptionInfo = (
    tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None] | None
)


class InvalidResponse(ValueError):
    """A response that cannot be sent as HTTP; the message names the rule."""


class Response(NamedTuple):
    """What a request is answered with.

    `status` is a code and a reason (`"204 No Content"`). `body` is sent whole, with its length;
    the server adds Content-Length, Date and Connection.
    """

    status: str
    headers: Sequence[tuple[str, str]] = ()
    body: bytes = b""

    @property
    def status_code(self) -> int:
        """The code alone."""
        return int(self.status[:3])


def plain_text(status: str, text: str, *headers: tuple[str, str]) -> Response:
    """A response of one line, for what never reaches the application."""
    content_type = ("Content-Type", "text/plain; charset=utf-8")
    return Response(status, (content_type, *headers), f"{text}\n".encode())


def call_application(application: "WSGIApplication", environ: "WSGIEnvironment") -> Response:
    """Run the application to the end of its body.

    The body is taken whole, because a response may have to be replaced when the commit fails.
    Raises whatever the application raises.
    """
    started: list[tuple[str, Headers]] = []
    body: list[bytes] = []

    def start_response(status: str, headers: Headers, exc_info: ExceptionInfo = None, /) -> Write:
        if started and exc_info is None:
            raise RuntimeError("start_response was called twice")
        started.append((status, headers))
        return body.append

    chunks = application(environ, start_response)
    try:
        body.extend(chunks)
        if not started:
            raise RuntimeError("start_response was not called")
        return Response(*started[-1], b"".join(body))
    finally:
        close = getattr(chunks, "close", None)
        if close is not None:
            close()


def encode(
    response: Response, *, to_head: bool, connection: str | None, date: str
) -> tuple[bytes, bytes]:
    """The response as the bytes to send: its head, with a short body, and a long body as it is.

    `to_head` leaves the body out, as a response to HEAD does; `connection` is the value of the
    Connection header, None for none; `date` an IMF-fixdate. Raises InvalidResponse.
    """
    lines = [f"HTTP/1.1 {response.status}", f"Date: {date}"]
    length = str(len(response.body))
    for name, value in response.headers:
        if is_hop_by_hop(name):  # PEP 3333: these belong to the connection, so to the server
            raise InvalidResponse(f"the header {name} is for the server to send")
        if name.lower() == "content-length":
            # To a HEAD the application may answer with the length and without the body.
            length = value if to_head else length
        else:
            lines.append(f"{name}: {value}")
    # RFC 9110, 8.6: no Content-Length in a 204. The end of its header is the end of it, so the
    # connection can be kept; waitress closes it.
    body_allowed = response.status[:3] not in {"204", "304"}
    if body_allowed:
        lines.append(f"Content-Length: {length}")
    if connection is not None:
        lines.append(f"Connection: {connection}")
    head = _encoded_head(lines)
    if to_head or not body_allowed:
        return head, b""
    if len(response.body) <= SHORT_BODY_BYTES:
        return head + response.body, b""
    return head, response.body


def _encoded_head(lines: list[str]) -> bytes:
    head = "\r\n".join(lines)
    # A line break inside a value would begin a header, or a response, that the application
    # never meant (response splitting).
    if head.count("\n") != len(lines) - 1 or head.count("\r") != len(lines) - 1:
        raise InvalidResponse("a status or header holds a line break")
    try:
        return f"{head}\r\n\r\n".encode("latin-1")
    except UnicodeEncodeError as error:
        raise InvalidResponse("a status or header holds a character outside Latin-1") from error
