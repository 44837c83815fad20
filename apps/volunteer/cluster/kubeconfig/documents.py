"""What a kubeconfig holds: the fields that matter here, under their names in the file.

Source: `k8s.io/client-go/tools/clientcmd/api/v1`. Its decoder takes null and "" for absent, ignores
fields that it does not know, and takes no number for a text; so does this.
"""

from typing import Any

from msgspec import field

from volunteer.redacted import Redacted


class NamedExtension(Redacted, frozen=True):
    """Data of a third party. `extension` is anything."""

    name: str | None = None
    extension: Any = None


class Cluster(Redacted, frozen=True, rename="kebab"):
    """Where an API server is, and whom it has to be vouched for by."""

    server: str | None = None
    tls_server_name: str | None = None
    insecure_skip_tls_verify: bool | None = None
    certificate_authority: str | None = None
    certificate_authority_data: str | None = None
    proxy_url: str | None = None
    extensions: list[NamedExtension] | None = None


class EnvironmentVariable(Redacted, frozen=True):
    """A variable that a plugin is started with."""

    name: str | None = None
    value: str | None = None


class ExecPlugin(Redacted, frozen=True, rename="camel"):
    """A program that prints credentials."""

    api_version: str | None = None
    command: str | None = None
    args: list[str] | None = None
    env: list[EnvironmentVariable] | None = None
    install_hint: str | None = None
    provide_cluster_info: bool | None = None
    interactive_mode: str | None = None


class AuthProvider(Redacted, frozen=True):
    """How credentials came about before there were plugins."""

    name: str | None = None
    config: dict[str, str | None] | None = None


class User(Redacted, frozen=True, rename="kebab"):
    """Who asks."""

    client_certificate: str | None = None
    client_certificate_data: str | None = None
    client_key: str | None = None
    client_key_data: str | None = None
    token: str | None = None
    token_file: str | None = field(default=None, name="tokenFile")
    as_: str | None = field(default=None, name="as")
    as_uid: str | None = None
    as_groups: list[str] | None = None
    as_user_extra: dict[str, list[str] | None] | None = None
    username: str | None = None
    password: str | None = None
    auth_provider: AuthProvider | None = None
    exec: ExecPlugin | None = None


class Context(Redacted, frozen=True):
    """Which user asks which cluster."""

    cluster: str | None = None
    user: str | None = None


class NamedCluster(Redacted, frozen=True):
    """An entry of `clusters`."""

    name: str | None = None
    cluster: Cluster | None = None


class NamedUser(Redacted, frozen=True):
    """An entry of `users`."""

    name: str | None = None
    user: User | None = None


class NamedContext(Redacted, frozen=True):
    """An entry of `contexts`."""

    name: str | None = None
    context: Context | None = None


class Document(Redacted, frozen=True, rename="kebab"):
    """A whole file."""

    api_version: str | None = field(default=None, name="apiVersion")
    kind: str | None = None
    current_context: str | None = None
    clusters: list[NamedCluster] | None = None
    users: list[NamedUser] | None = None
    contexts: list[NamedContext] | None = None
