"""Every form of credentials in `testdata/forms.toml`, against the simulator over TLS."""

import base64
import json
import logging
import os
import re
import ssl
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import pytest

from tools.simulator import Cluster, Script, Simulator, certificates, running_simulator
from tools.simulator.proxies import running_proxy
from volunteer.cluster.access import Kubeconfig, Surroundings
from volunteer.cluster.errors import ClusterError, InvalidKubeconfig
from volunteer.cluster.kubernetes_api import KubernetesApi
from volunteer.cluster.testing import says_json
from volunteer.delivery.testing import running_collector
from volunteer.testing import wait_for

FORMS: Final[list[dict[str, Any]]] = tomllib.loads(
    (files(__package__) / "testdata" / "forms.toml").read_text(encoding="utf-8")
)["form"]
_TOKEN: Final = "canary-token"
_NODES: Final = "/api/v1/nodes"
_REFRESHED: Final = {"id_token": _TOKEN, "refresh_token": "canary-next", "token_type": "Bearer"}
_PRINT_CERTIFICATE: Final = """#!/usr/bin/env python3
import json
status = {"clientCertificateData": open("CLIENT").read(), "clientKeyData": open("KEY").read()}
credential = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential"}
print(json.dumps({**credential, "status": status}))
"""


@dataclass(frozen=True)
class _World:
    """What the vectors need around them: a server, files, proxies, an identity provider."""

    simulator: Simulator
    folder: Path
    texts: Mapping[str, str]

    def kubeconfig(self, form: Mapping[str, Any]) -> Path:
        """Write the kubeconfig of a vector."""
        default = "{server: 'https://@address@', certificate-authority-data: @ca.pem@}"
        text = (
            "apiVersion: v1\nkind: Config\ncurrent-context: c\n"
            f"clusters:\n- name: c\n  cluster: {form.get('cluster', default)}\n"
            f"users:\n- name: u\n  user: {form['user']}\n"
            "contexts:\n- name: c\n  context: {cluster: c, user: u}\n"
        )
        file = self.folder / "kubeconfig"
        file.write_text(re.sub(r"@([a-z0-9.-]+)@", lambda found: self.texts[found[1]], text))
        return file


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_World]:
    folder = tmp_path_factory.mktemp("kubeconfig")
    pems = _write_files(folder)
    script = Script(
        token=_TOKEN,
        password="jo:canary-password",
        client="test-only-client",
        powerless=frozenset({"norights"}),
    )
    with ExitStack() as stack:
        simulator = stack.enter_context(
            running_simulator(Cluster.generate(nodes=1, seed=1), tls=True, script=script)
        )
        tokens = stack.enter_context(running_collector(says_json(200, _REFRESHED)))
        issuer = stack.enter_context(
            running_collector(says_json(200, {"token_endpoint": tokens.url}))
        )
        proxies = {
            "http-proxy": running_proxy("http", login="me:canary-proxy"),
            "socks5-proxy": running_proxy("socks5", login="me:canary-proxy"),
            "refusing-proxy": running_proxy("http", refuses=True),
        }
        texts = {name: stack.enter_context(proxy).url for name, proxy in proxies.items()}
        data = {name: base64.b64encode(pem.encode()).decode() for name, pem in pems.items()}
        address = simulator.url.removeprefix("https://")
        yield _World(simulator, folder, {**texts, **data, "address": address, "issuer": issuer.url})


def _write_files(folder: Path) -> Mapping[str, str]:
    pems = {
        "ca.pem": certificates.authority_pem(),
        "client.pem": certificates.client_pem(),
        "client.key": certificates.client_key_pem(),
        "encrypted.key": certificates.client_key_pem(encrypted=True),
        "other.key": certificates.server_key_pem(),
    }
    plugin = _PRINT_CERTIFICATE.replace("CLIENT", str(folder / "client.pem"))
    texts = {
        "token": f"{_TOKEN}\n",
        "empty": "",
        "commented.pem": f"# Autorit\u00e9\n{pems['ca.pem']}",
        "two-tokens": "canary\ncanary\n",
        "print-certificate": plugin.replace("KEY", str(folder / "client.key")),
    }
    for name, text in {**pems, **texts}.items():
        (folder / name).write_text(text)
    (folder / "print-certificate").chmod(0o700)
    (folder / "ca.der").write_bytes(ssl.PEM_cert_to_DER_cert(pems["ca.pem"].partition("\n")[2]))
    return pems


def _outcome(world: _World, file: Path) -> dict[str, Any]:
    """Ask for the nodes, and return what became of it, as a vector says it."""
    surroundings = Surroundings(
        {"PATH": os.environ.get("PATH", os.defpath)}, {}, helper_seconds=1.0
    )
    seen = len(world.simulator.requests)
    try:
        with closing(KubernetesApi(Kubeconfig(file), surroundings)) as api:
            answer = api.get(_NODES, {"limit": "500"}, seconds=10.0)
            assert "canary" not in api.renewal
    except InvalidKubeconfig as error:
        outcome: dict[str, Any] = {"refused": str(error).removeprefix(f"{file}: ")}
    except ClusterError as error:
        outcome = {"failed": error.why.replace(str(file), "@file@")}
    else:
        outcome = {"answered": answer.status}
    if "answered" in outcome:
        (request,) = world.simulator.requests[seen:]
        outcome |= {"sent": request.headers, "client": request.client}
    else:
        assert len(world.simulator.requests) == seen
    return outcome


@pytest.mark.parametrize("form", FORMS, ids=[form["form"] for form in FORMS])
def test_form(world: _World, form: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    """Each form does what its vector says, and shows no secret on its way."""
    file = world.kubeconfig(form)
    with caplog.at_level(logging.DEBUG):
        outcome = _outcome(world, file)
    sent = {name.lower(): value for name, value in form.get("sent", {}).items()}
    headers = outcome.get("sent", {})
    assert {name: headers.get(name) for name in sent} == sent
    for told in ("refused", "failed", "answered"):
        assert outcome.get(told) == form.get(told)
    assert outcome.get("client") == form.get("client")
    ours = [each.getMessage() for each in caplog.records if each.name.startswith("volunteer")]
    warned = [f"{file}: {form['warned']}"] if "warned" in form else []
    assert [line for line in ours if "refresh token" not in line] == warned
    assert "canary" not in "".join(ours) + json.dumps({**outcome, "sent": {}})


def test_document() -> None:
    """The table in docs/credentials.md says of each form what its vector says, and no more."""
    lines = Path("docs/credentials.md").read_text(encoding="utf-8").splitlines()
    start = lines.index("| a kubeconfig holds | what happens |") + 2
    table = lines[start : lines.index("", start)]
    assert table == [f"| {form['form']} | {form['happens']} |" for form in FORMS]


def test_groups(world: _World) -> None:
    """Each group that is impersonated has a header of its own."""
    form = next(form for form in FORMS if "`as-groups`, " in form["form"])
    _outcome(world, world.kubeconfig(form))
    assert world.simulator.requests[-1].groups == ("dev", "ops")


def test_no_process_is_left(world: _World) -> None:
    """Of a plugin that does not end nothing is left, not even what it started."""
    form = next(form for form in FORMS if form["form"] == "`exec` that does not end")
    mark = "SPARTAKUS_TEST_OF_PLUGINS"
    file = world.kubeconfig({**form, "user": form["user"].replace("sleep", f"{mark}=1 sleep")})
    _outcome(world, file)
    wait_for(lambda: not _processes_with(mark.encode()), seconds=10.0)


def _processes_with(variable: bytes) -> list[Path]:
    found = []
    for each in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):  # a process that has just ended
            if variable in each.read_bytes():
                found.append(each)
    return found
