"""What a kubeconfig holds, under the names in the file, and where in the file a field is.

Source: `k8s.io/client-go/tools/clientcmd/api/v1`. Its decoder takes null and "" for absent, ignores
fields that it does not know, and takes no number for a text; so does this.
"""

import base64
import binascii
import errno
from pathlib import Path
from typing import Any, Final, Generic, NoReturn, TypeVar

from msgspec import Struct, field

from volunteer.cluster.errors import InvalidKubeconfig
from volunteer.http.deadline import DeadlinePassed, within
from volunteer.redacted import Redacted

T = TypeVar("T")
_MOST_BYTES: Final = 1024 * 1024
_READING_SECONDS: Final = 20.0


class NamedExtension(Redacted, frozen=True):
    """Data of a third party. `extension` is anything."""

    name: str = ""
    extension: Any = None


class Cluster(Redacted, frozen=True, rename="kebab"):
    """Where an API server is, and which authority vouches for it."""

    server: str = ""
    tls_server_name: str = ""
    insecure_skip_tls_verify: bool = False
    certificate_authority: str = ""
    certificate_authority_data: str = ""
    proxy_url: str = ""
    disable_compression: bool = False
    extensions: tuple[NamedExtension, ...] = ()


class EnvironmentVariable(Redacted, frozen=True):
    """A variable that a plugin is started with."""

    name: str = ""
    value: str = ""


class ExecPlugin(Redacted, frozen=True, rename="camel"):
    """A program that prints credentials."""

    api_version: str = ""
    command: str = ""
    args: tuple[str, ...] = ()
    env: tuple[EnvironmentVariable, ...] = ()
    install_hint: str = ""
    provide_cluster_info: bool = False
    interactive_mode: str = ""


class AuthProvider(Redacted, frozen=True):
    """How credentials came about before there were plugins."""

    name: str = ""
    config: dict[str, str] = field(default_factory=dict)


class User(Redacted, frozen=True, rename="kebab"):
    """Who asks."""

    client_certificate: str = ""
    client_certificate_data: str = ""
    client_key: str = ""
    client_key_data: str = ""
    token: str = ""
    token_file: str = field(default="", name="tokenFile")
    as_: str = field(default="", name="as")
    as_uid: str = ""
    as_groups: tuple[str, ...] = ()
    as_user_extra: dict[str, tuple[str, ...]] = field(default_factory=dict)
    username: str = ""
    password: str = ""
    auth_provider: AuthProvider | None = None
    exec: ExecPlugin | None = None


class Context(Redacted, frozen=True):
    """Which user asks which cluster."""

    cluster: str = ""
    user: str = ""
    namespace: str = ""


class NamedCluster(Redacted, frozen=True):
    """An entry of `clusters`."""

    name: str = ""
    cluster: Cluster = Cluster()


class NamedUser(Redacted, frozen=True):
    """An entry of `users`."""

    name: str = ""
    user: User = User()


class NamedContext(Redacted, frozen=True):
    """An entry of `contexts`."""

    name: str = ""
    context: Context = Context()


class Preferences(Redacted, frozen=True):
    """Fields that kubectl checks, and does not use."""

    colors: bool = False


class Document(Redacted, frozen=True, rename="kebab"):
    """A whole file."""

    api_version: str = field(default="v1", name="apiVersion")
    kind: str = "Config"
    current_context: str = ""
    clusters: tuple[NamedCluster, ...] = ()
    users: tuple[NamedUser, ...] = ()
    contexts: tuple[NamedContext, ...] = ()
    preferences: Preferences = Preferences()
    extensions: tuple[NamedExtension, ...] = ()


class Place(Struct, frozen=True):
    """A field of a file, such as `users[0].user`."""

    file: Path
    field: str

    def __str__(self) -> str:
        return f"{self.file}: {self.field}"

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


def file_or_data(place: Place, name: str, *, file: str, data: str) -> Placed[bytes] | None:
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
