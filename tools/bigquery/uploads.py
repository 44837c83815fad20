"""How a file reaches BigQuery: with its description in one request, or piece by piece.

https://cloud.google.com/bigquery/docs/reference/api-uploads
"""

import re
from typing import Final

from tools.bigquery.messages import Response

_BOUNDARY: Final = re.compile(r'boundary="?([^";]+)"?')
_RANGE: Final = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")
_EMPTY_RANGE: Final = re.compile(r"bytes \*/\d+")


def split_multipart(body: bytes, content_type: str) -> tuple[bytes, bytes]:
    """Return description and file of a multipart upload (RFC 2387). Raises ValueError."""
    boundary = _BOUNDARY.search(content_type)
    if boundary is None:
        raise ValueError("no boundary")
    delimiter = b"--" + boundary[1].encode()
    # Delimiters stand at the beginning and the end; the file between them may be of any length.
    head, _, rest = body.removeprefix(delimiter).partition(b"\r\n" + delimiter)
    end = rest.rindex(b"\r\n" + delimiter)
    return _content(head), _content(rest[:end])


class ResumableUploads:
    """Uploads under way, each with what has arrived of it."""

    def __init__(self) -> None:
        self._descriptions: Final[list[bytes]] = []
        self._arrived: Final[list[bytearray]] = []

    def begin(self, description: bytes) -> str:
        """Begin an upload; return its ID."""
        self._descriptions.append(description)
        self._arrived.append(bytearray())
        return str(len(self._descriptions) - 1)

    def receive(self, upload_id: str, piece: bytes, content_range: str) -> bool:
        """Take a piece; return whether it was the last. Raises ValueError for one out of order."""
        arrived = self._arrived[int(upload_id)]
        place = _RANGE.fullmatch(content_range)
        if place is None:
            if not _EMPTY_RANGE.fullmatch(content_range):
                raise ValueError("no range")
            return True
        start, end, total = place.groups()
        if int(start) != len(arrived) or int(end) + 1 - int(start) != len(piece):
            raise ValueError("out of order")
        arrived.extend(piece)
        return total == str(len(arrived))

    def finished(self, upload_id: str) -> tuple[bytes, bytes]:
        """Return description and file of an upload that is complete."""
        return self._descriptions[int(upload_id)], bytes(self._arrived[int(upload_id)])

    def so_far(self, upload_id: str) -> Response:
        """Return the answer to a piece that was not the last."""
        last = len(self._arrived[int(upload_id)]) - 1
        return Response(status=308, body=b"", headers={"Range": f"bytes=0-{last}"})


def _content(part: bytes) -> bytes:
    """Return a part without its headers."""
    return part.partition(b"\r\n\r\n")[2]
