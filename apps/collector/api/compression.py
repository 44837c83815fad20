"""Decompressing a request body within a limit."""

import gzip
import io
import zlib

from collector.errors import BodyTooLarge, InvalidCompression


def inflate(body: bytes, *, limit: int) -> bytes:
    """Return the content of `body`, gzip data of one or more members (RFC 1952).

    Nothing beyond `limit` bytes is ever inflated, so a small body cannot become a large one.
    Raises `BodyTooLarge` beyond the limit and `InvalidCompression` for what is not gzip.
    """
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(body)) as stream:
            content = stream.read(limit + 1)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InvalidCompression from error
    if len(content) > limit:
        raise BodyTooLarge(limit)
    return content
