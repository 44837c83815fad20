"""Runs the program that a kubeconfig names for credentials.

Source: "client-go credential plugins" in Kubernetes' documentation, and the types of
`client.authentication.k8s.io`. What the program says of its own on stderr may hold anything, so it
is shown to a person at a terminal and to nobody else.
"""

import base64
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, NoReturn

import msgspec
from msgspec import Struct

from volunteer.cluster.access import Surroundings, parse_token
from volunteer.cluster.kubeconfig.documents import Cluster, ExecPlugin, Place, Placed
from volunteer.http.deadline import DeadlinePassed, within
from volunteer.http.tls import ClientCertificate
from volunteer.redacted import Redacted
from volunteer.termination import before_exit

_GROUP: Final = "client.authentication.k8s.io/"
_VERSIONS: Final = (f"{_GROUP}v1", f"{_GROUP}v1beta1")
_NEVER, _IF_AVAILABLE, _ALWAYS = _MODES = ("Never", "IfAvailable", "Always")
_CLUSTER_CONFIG: Final = "client.authentication.k8s.io/exec"
_LONGEST_HINT: Final = 500
_MOST_BYTES: Final = 1024 * 1024


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


def check(plugin: Placed[ExecPlugin], surroundings: Surroundings) -> None:
    """Raise `InvalidKubeconfig` for a plugin that kubectl would not run."""
    value, place = plugin.value, plugin.place
    mode = value.interactive_mode
    if not value.command:
        place.below("command").refuse("is not set: a plugin needs a command")
    if value.api_version not in _VERSIONS:
        place.below("apiVersion").refuse(f"must be {' or '.join(_VERSIONS)}: update the plugin")
    if not mode and value.api_version == _VERSIONS[0]:
        place.below("interactiveMode").refuse(f"is not set: must be {', '.join(_MODES)}")
    if mode and mode not in _MODES:
        place.below("interactiveMode").refuse(f"must be {', '.join(_MODES)}")
    if mode == _ALWAYS and not surroundings.is_interactive:
        place.below("interactiveMode").refuse("is Always, and there is no terminal to ask at")
    for index, variable in enumerate(value.env):
        if not variable.name or "=" in variable.name or "\0" in variable.name + variable.value:
            place.below(f"env[{index}]").refuse("is not a variable that a program can have")


def run_plugin(
    plugin: Placed[ExecPlugin],
    cluster: Cluster,
    authority: bytes | None,
    surroundings: Surroundings,
) -> PluginCredentials:
    """Return the credentials that a plugin prints. Raises `InvalidKubeconfig` where it prints none.

    `authority` is the cluster's, in PEM form, for a plugin that is to know the cluster.
    """
    is_interactive = surroundings.is_interactive and plugin.value.interactive_mode != _NEVER
    call = _Call(plugin.value, plugin.place, surroundings, is_interactive)
    return call.credentials(call.output(call.information(cluster, authority)))


class _Call(Struct, frozen=True):
    """One call of a plugin."""

    plugin: ExecPlugin
    place: Place
    surroundings: Surroundings
    is_interactive: bool

    def information(self, cluster: Cluster, authority: bytes | None) -> bytes:
        """Return what KUBERNETES_EXEC_INFO holds."""
        spec: dict[str, object] = {"interactive": self.is_interactive}
        if self.plugin.provide_cluster_info:
            spec["cluster"] = _described(cluster, authority)
        info = {"apiVersion": self.plugin.api_version, "kind": "ExecCredential", "spec": spec}
        try:
            return msgspec.json.encode(info)
        except (TypeError, ValueError, RecursionError) as error:
            self.place.refuse("cannot be told what the cluster's extensions hold", error)

    def output(self, information: bytes) -> bytes:
        """Return what the plugin prints, once it has exited with status 0."""
        around = self.surroundings
        seconds = around.asking_seconds if self.is_interactive else around.helper_seconds
        own = {each.name: each.value for each in self.plugin.env}
        try:
            output, status = _run(
                [self._program(), *self.plugin.args],
                {**around.environment, **own, "KUBERNETES_EXEC_INFO": information.decode()},
                seconds=seconds,
                is_interactive=self.is_interactive,
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
        command = self.plugin.command
        if "/" in command:
            path: str | Path | None = self.place.path(command)
        else:
            path = shutil.which(command, path=self.surroundings.environment.get("PATH"))
        if path is None or not Path(path).exists():
            self._fail("is not there")
        return str(Path(path).absolute())

    def _fail(self, what: str, cause: BaseException | None = None) -> NoReturn:
        """Refuse, naming the command, and what its author wrote for who has not installed it."""
        words = " ".join(self.plugin.install_hint.split())
        hint = "".join(c for c in words if c.isprintable())[:_LONGEST_HINT]
        advice = hint or "run it yourself to see why"
        rule = f"the plugin {self.plugin.command!a} {what} ({advice})"
        self.place.below("command").refuse(rule, cause)


def _described(cluster: Cluster, authority: bytes | None) -> dict[str, object]:
    """Return the `Cluster` of client.authentication.k8s.io: what a plugin may know of it."""
    extensions = {each.name: each.extension for each in cluster.extensions}
    members = {
        "server": cluster.server,
        "tls-server-name": cluster.tls_server_name,
        "insecure-skip-tls-verify": cluster.insecure_skip_tls_verify,
        "certificate-authority-data": authority and base64.b64encode(authority).decode("ascii"),
        "proxy-url": cluster.proxy_url,
        "disable-compression": cluster.disable_compression,
        "config": extensions.get(_CLUSTER_CONFIG),
    }
    return {name: value for name, value in members.items() if value}


def _run(
    command: Sequence[str], variables: Mapping[str, str], *, seconds: float, is_interactive: bool
) -> tuple[bytes, int]:
    """Return what a program prints, a mebibyte at most, and its exit status.

    Nothing of it is left when its time is over, or ours. Raises `DeadlinePassed`, and `OSError` or
    `ValueError` where it cannot be started.
    """
    process = subprocess.Popen(  # noqa: S603 - the user's kubeconfig names it
        command,
        env=variables,
        stdin=None if is_interactive else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=sys.stderr if is_interactive else subprocess.DEVNULL,
        # In a session of its own it could not ask at the terminal.
        start_new_session=not is_interactive,
    )
    assert process.stdout is not None  # noqa: S101 - a pipe was asked for
    stdout = process.stdout

    def kill() -> None:
        with suppress(OSError):
            if is_interactive:
                process.kill()
            else:  # with all that it started: it leads a session
                os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    with before_exit(kill):
        try:
            return within(seconds, lambda: (stdout.read(_MOST_BYTES), process.wait()))
        except BaseException:
            kill()
            raise
