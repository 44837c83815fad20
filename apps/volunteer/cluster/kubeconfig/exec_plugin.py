"""Runs the program that a kubeconfig names for credentials.

Source: "client-go credential plugins" in Kubernetes' documentation, and the types of
`client.authentication.k8s.io`. What the program says of its own on stderr may hold anything, so it
is shown to a person at a terminal and to nobody else.
"""

import base64
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NoReturn

import msgspec
from msgspec import Struct

from volunteer.cluster.access import Surroundings, parse_token
from volunteer.cluster.kubeconfig.documents import Cluster, ExecPlugin
from volunteer.cluster.kubeconfig.places import Place, Placed
from volunteer.cluster.kubeconfig.plugin_process import run_program
from volunteer.http.deadline import DeadlinePassed
from volunteer.http.tls import ClientCertificate
from volunteer.redacted import Redacted

_GROUP: Final = "client.authentication.k8s.io/"
_VERSIONS: Final = (f"{_GROUP}v1", f"{_GROUP}v1beta1")
_NEVER, _IF_AVAILABLE, _ALWAYS = _MODES = ("Never", "IfAvailable", "Always")
_CLUSTER_CONFIG: Final = "client.authentication.k8s.io/exec"
_LONGEST_HINT: Final = 500


class PluginCredentials(Redacted, frozen=True):
    """What a plugin printed."""

    token: str | None
    certificate: ClientCertificate | None


class _Status(Redacted, frozen=True, rename="camel"):
    token: str | None = None
    client_certificate_data: str | None = None
    client_key_data: str | None = None


class _ExecCredential(Redacted, frozen=True, rename="camel"):
    api_version: str | None = None
    kind: str | None = None
    status: _Status | None = None


def run_plugin(
    plugin: Placed[ExecPlugin],
    cluster: Cluster,
    authority: bytes | None,
    surroundings: Surroundings,
) -> PluginCredentials:
    """Return the credentials that a plugin prints. Raises `InvalidKubeconfig` where it prints none.

    `authority` is the cluster's, in PEM form, for a plugin that is to know the cluster.
    """
    _check(plugin, surroundings)
    call = _Call(plugin.value, plugin.place, surroundings)
    output = call.output(_exec_info(plugin, cluster, authority, surroundings))
    return call.credentials(output)


def _check(plugin: Placed[ExecPlugin], surroundings: Surroundings) -> None:
    value, place = plugin.value, plugin.place
    if not value.command:
        place.below("command").refuse("is not set: a plugin needs a command")
    if value.api_version not in _VERSIONS:
        place.below("apiVersion").refuse(f"must be {' or '.join(_VERSIONS)}: update the plugin")
    mode = value.interactive_mode
    if not mode and value.api_version == _VERSIONS[0]:
        place.below("interactiveMode").refuse(f"is not set: must be {', '.join(_MODES)}")
    if mode and mode not in _MODES:
        place.below("interactiveMode").refuse(f"must be {', '.join(_MODES)}")
    if mode == _ALWAYS and not surroundings.is_interactive:
        place.below("interactiveMode").refuse("is Always, and there is no terminal to ask at")
    for index, variable in enumerate(value.env or ()):
        name = variable.name or ""
        if not name or "=" in name or "\0" in name + (variable.value or ""):
            place.below(f"env[{index}]").refuse("is not a variable that a program can have")


def _exec_info(
    plugin: Placed[ExecPlugin],
    cluster: Cluster,
    authority: bytes | None,
    surroundings: Surroundings,
) -> bytes:
    """Return what the plugin is told in KUBERNETES_EXEC_INFO."""
    spec: dict[str, object] = {"interactive": _is_interactive(plugin.value, surroundings)}
    if plugin.value.provide_cluster_info:
        extensions = {each.name: each.extension for each in cluster.extensions or ()}
        told = {
            "server": cluster.server,
            "tls-server-name": cluster.tls_server_name,
            "insecure-skip-tls-verify": cluster.insecure_skip_tls_verify,
            "certificate-authority-data": authority and base64.b64encode(authority).decode("ascii"),
            "proxy-url": cluster.proxy_url,
            "config": extensions.get(_CLUSTER_CONFIG),
        }
        spec["cluster"] = {name: value for name, value in told.items() if value}
    info = {"apiVersion": plugin.value.api_version, "kind": "ExecCredential", "spec": spec}
    try:
        return msgspec.json.encode(info)
    except (TypeError, ValueError, RecursionError) as error:
        plugin.place.refuse("cannot be told what the cluster's extensions hold", error)


def _is_interactive(plugin: ExecPlugin, surroundings: Surroundings) -> bool:
    return surroundings.is_interactive and plugin.interactive_mode != _NEVER


class _Call(Struct, frozen=True):
    """One call of a plugin."""

    plugin: ExecPlugin
    place: Place
    surroundings: Surroundings

    def output(self, info: bytes) -> bytes:
        """Return what the plugin prints, once it has ended well."""
        around = self.surroundings
        interactive = _is_interactive(self.plugin, around)
        seconds = around.asking_seconds if interactive else around.helper_seconds
        try:
            output, status = run_program(
                [self._program(), *(self.plugin.args or ())],
                variables=self._variables(info),
                seconds=seconds,
                is_interactive=interactive,
            )
        except DeadlinePassed as error:
            self._fail(f"was not done in {seconds:g} s", error)
        except OSError as error:
            self._fail(f"cannot be started: {error.strerror}", error)
        except ValueError as error:
            self._fail("cannot be started: its arguments cannot be passed", error)
        if status != 0:
            self._fail(f"failed with exit status {status}")
        return output

    def credentials(self, output: bytes) -> PluginCredentials:
        """Return the credentials in `output`."""
        try:
            printed = msgspec.json.decode(output, type=_ExecCredential)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            self._fail("printed no ExecCredential in JSON", error)
        if printed.kind != "ExecCredential" or printed.api_version != self.plugin.api_version:
            self._fail(f"printed no ExecCredential of {self.plugin.api_version}")
        status = printed.status or _Status()
        certificate = self._certificate(status)
        if not status.token and certificate is None:
            self._fail("printed neither a token nor a certificate")
        token = parse_token(status.token) if status.token else None
        if status.token and token is None:
            self._fail("printed a token that no header can carry")
        return PluginCredentials(token, certificate)

    def _certificate(self, status: _Status) -> ClientCertificate | None:
        certificate, key = status.client_certificate_data, status.client_key_data
        if not certificate and not key:
            return None
        if not certificate or not key:
            self._fail("printed a certificate without its key, or the other way round")
        return ClientCertificate(certificate.encode(), key.encode())

    def _program(self) -> str:
        """Return the program's path: a command with a `/` in it starts at the kubeconfig."""
        command = self.plugin.command or ""
        if "/" in command:
            path: str | Path | None = self.place.path(command)
        else:
            path = shutil.which(command, path=self.surroundings.environment.get("PATH"))
        if path is None or not Path(path).exists():
            self._fail("is not there")
        return str(Path(path).absolute())

    def _variables(self, info: bytes) -> Mapping[str, str]:
        own = {each.name or "": each.value or "" for each in self.plugin.env or ()}
        told = {"KUBERNETES_EXEC_INFO": info.decode()}
        return {**self.surroundings.environment, **own, **told}

    def _fail(self, what: str, cause: BaseException | None = None) -> NoReturn:
        """Refuse, naming the command, and what its author wrote for who has not installed it."""
        words = " ".join((self.plugin.install_hint or "").split())
        hint = "".join(c for c in words if c.isprintable())[:_LONGEST_HINT]
        command = ascii(self.plugin.command)
        advice = hint or "run it yourself to see why"
        self.place.below("command").refuse(f"the plugin {command} {what} ({advice})", cause)
