"""From a request to the application's answer (WSGI, PEP 3333)."""

import sys
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Final

from collector.http.request import Request
from collector.http.response import Answer

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication, WSGIEnvironment

AWAITS_COMMIT: Final = "collector.awaits_commit"
"""The environ key that an application sets to True when its answer holds once it is committed."""

ExceptionInfo = tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None]


def make_environ(
    request: Request, *, client: tuple[str, int], server: tuple[str, int]
) -> "WSGIEnvironment":
    """The request as PEP 3333 hands it to an application; addresses are (host, port)."""
    environ: WSGIEnvironment = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": request.path,
        "QUERY_STRING": request.query,
        "REQUEST_URI": request.request_uri,
        "REMOTE_ADDR": client[0],
        "REMOTE_PORT": str(client[1]),
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1]),
        "SERVER_PROTOCOL": f"HTTP/{request.version}",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": request.get_body_stream(),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in request.headers.items():
        bare = name in {"CONTENT_TYPE", "CONTENT_LENGTH"}
        environ[name if bare else f"HTTP_{name}"] = value
    return environ


class _Response:
    """What the application says through `start_response` and the callable that it returns."""

    def __init__(self) -> None:
        self._status: str | None = None
        self._headers: list[tuple[str, str]] = []
        self._body: list[bytes] = []

    def start(
        self,
        status: str,
        headers: list[tuple[str, str]],
        exc_info: ExceptionInfo | None = None,
        /,
    ) -> Callable[[bytes], object]:
        if self._status is not None and exc_info is None:
            raise RuntimeError("start_response was called twice")
        self._status, self._headers = status, headers
        return self._body.append

    def answer(self, chunks: Iterable[bytes]) -> Answer:
        self._body.extend(chunks)
        if self._status is None:
            raise RuntimeError("start_response was not called")
        return Answer(self._status, self._headers, b"".join(self._body))


def call_application(application: "WSGIApplication", environ: "WSGIEnvironment") -> Answer:
    """Run the application to the end of its body.

    The body is taken whole, because an answer may have to be replaced when the commit fails.
    Raises whatever the application raises.
    """
    response = _Response()
    chunks = application(environ, response.start)
    try:
        return response.answer(chunks)
    finally:
        close = getattr(chunks, "close", None)
        if close is not None:
            close()
