"""Where something stands in a kubeconfig, so that an error can name it."""

import base64
import binascii
import errno
from pathlib import Path
from typing import Final, Generic, NoReturn, TypeVar

from msgspec import Struct

from volunteer.cluster.errors import InvalidKubeconfig
from volunteer.http.deadline import DeadlinePassed, within

T = TypeVar("T")
_MOST_BYTES: Final = 1024 * 1024
_READING_SECONDS: Final = 20.0


def read_at_most(file: Path, count: int) -> bytes:
    """Return what a file holds, `count` bytes at most. Raises `OSError`, also for a pipe into which
    nobody writes.
    """

    def read() -> bytes:
        with file.open("rb") as opened:
            return opened.read(count)

    try:
        return within(_READING_SECONDS, read)
    except DeadlinePassed as error:
        raise TimeoutError(errno.ETIMEDOUT, f"nothing came in {_READING_SECONDS:g} s") from error


class Place(Struct, frozen=True):
    """A field of a file, such as `users[0].user`."""

    file: Path
    field: str

    def below(self, name: str) -> "Place":
        """Return the place of a field within this one."""
        return Place(self.file, f"{self.field}.{name}")

    def refuse(self, rule: str, cause: BaseException | None = None) -> NoReturn:
        """Raise `InvalidKubeconfig` for what stands here; `rule` quotes no value."""
        raise InvalidKubeconfig(str(self.file), self.field, rule) from cause

    def path(self, written: str) -> Path:
        """Return the path that is `written` here: a relative one starts at the kubeconfig."""
        return self.file.parent / written

    def read(self, written: str) -> bytes:
        """Return what the file holds whose path is `written` here. Raises `InvalidKubeconfig`."""
        try:
            content = read_at_most(self.path(written), _MOST_BYTES + 1)
        except OSError as error:
            self.refuse(f"the file cannot be read: {error.strerror}", error)
        except ValueError as error:
            self.refuse("is not the path of a file", error)
        if len(content) > _MOST_BYTES:
            self.refuse(f"the file holds more than {_MOST_BYTES} bytes")
        return content


class Placed(Struct, Generic[T], frozen=True):
    """A value and where it stands."""

    value: T
    place: Place


def file_or_data(
    place: Place, name: str, *, file: str | None, data: str | None
) -> Placed[bytes] | None:
    """Return what the field `name` or its twin `name-data` holds, or None without both.

    Raises `InvalidKubeconfig`, also for both: kubectl takes them for a mistake, too.
    """
    data_place = place.below(f"{name}-data")
    if file and data:
        data_place.refuse(f"stands beside {name}: keep one of them")
    if file:
        where = place.below(name)
        return Placed(where.read(file), where)
    if not data:
        return None
    try:
        # Go's decoder ignores the ends of lines, and nothing else.
        content = base64.b64decode(data.replace("\r", "").replace("\n", ""), validate=True)
    except (binascii.Error, ValueError) as error:
        data_place.refuse("must be base64", error)
    return Placed(content, data_place)
