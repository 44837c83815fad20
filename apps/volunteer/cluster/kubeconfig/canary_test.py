"""No secret leaves, whatever the kubeconfig and whatever the API server answers.

A kubeconfig of any shape, with a canary in each field that is secret, goes through the whole
program, against servers that answer anything, with every verbosity, and with proxies in all
variables. Nothing of a canary may be on stdout, on stderr, at a proxy or in a file.
"""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tools.simulator import Cluster, Rule, Script, Verbatim, certificates, running_simulator
from tools.simulator.proxies import SeenByProxy, running_proxy

_CANARY: Final = "canary4711"
_NUMBER: Final = 471_147_114_711
_MARKS: Final = (_CANARY, str(_NUMBER), base64.b64encode(_CANARY.encode()).decode()[:10])
_STATUSES: Final = {0, 2, 3}
_NODES: Final = "/api/v1/nodes"
_AFTER_THE_LAST_ATTEMPT: Final = {"Retry-After": "7200"}

# Runs the program again and again in one process, as `python -m volunteer.main` would.
_PROGRAM: Final = """
import json, sys, traceback
from volunteer.main import main
for line in sys.stdin:
    try:
        status = main(json.loads(line))
    except SystemExit as error:
        status = error.code
    except BaseException:
        traceback.print_exc()
        status = -1
    sys.stdout.flush()
    sys.stderr.flush()
    with open(3, "w", closefd=False) as done:
        print(json.dumps(status), file=done, flush=True)
"""


@dataclass(frozen=True)
class _Surroundings:
    process: "subprocess.Popen[str]"
    done: Any
    folder: Path
    servers: tuple[str, ...]
    proxy: SeenByProxy

    def run(self, kubeconfig: str, *flags: str) -> tuple[int, str]:
        """Run the program once, and return its status and all that it said."""
        (self.folder / "config").write_text(kubeconfig, encoding="utf-8", errors="surrogatepass")
        outputs = (self.folder / "stdout", self.folder / "stderr")
        for output in outputs:
            os.truncate(output, 0)
        assert self.process.stdin is not None
        file = self.folder / "config"
        words = ["--cluster-id=x", "--period=0", f"--kubeconfig={file}", *flags]
        self.process.stdin.write(json.dumps(words) + "\n")
        self.process.stdin.flush()
        line = self.done.readline()
        said = "".join(output.read_text(errors="replace") for output in outputs)
        assert line, said
        return json.loads(line), said


def _scripts() -> list[Script]:
    """Servers that answer anything to a request for nodes."""
    text = f'{{"kind": "{_CANARY}", "message": "{_CANARY}", "metadata": {{"continue": 5}}}}'
    bodies = [text.encode(), b"<html>" + _CANARY.encode(), b"\xff\x00", b"", b"[" * 5_000]
    answers = [Verbatim(code=200, body=body) for body in bodies]
    answers += [
        Verbatim(code=code, body=bodies[0], headers=_AFTER_THE_LAST_ATTEMPT)
        for code in (301, 400, 401, 403, 404, 410, 418, 429, 500, 503)
    ]
    scripts = [Script(rules=(Rule(path=_NODES, times=None, fault=each),)) for each in answers]
    known = Script(token=_CANARY, password=f"jo:{_CANARY}", client="test-only-client")
    return [Script(), known, *scripts]


@pytest.fixture(scope="module")
def surroundings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Surroundings]:
    folder, temporary = tmp_path_factory.mktemp("canary"), tmp_path_factory.mktemp("temporary")
    (folder / "ca.pem").write_text(certificates.authority_pem())
    (folder / "client.pem").write_text(certificates.client_pem())
    (folder / "client.key").write_text(certificates.client_key_pem())
    (folder / "secret").write_text(f"{_CANARY}\n")
    (folder / "bytes").write_bytes(b"\xff\x00" + _CANARY.encode())
    (folder / "two-secrets").write_text(f"{_CANARY}\n{_CANARY}\n")
    cluster = Cluster.generate(nodes=2, seed=1)
    with ExitStack() as stack:
        simulators = [
            stack.enter_context(running_simulator(cluster, tls=True, script=script))
            for script in _scripts()
        ]
        plain = stack.enter_context(running_simulator(cluster))
        proxy = stack.enter_context(running_proxy("http", refuses=True))
        reading, writing = os.pipe()
        names = ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY")
        with (
            (folder / "stdout").open("ab") as stdout,
            (folder / "stderr").open("ab") as stderr,
            subprocess.Popen(
                [sys.executable, "-c", f"import os; os.dup2({writing}, 3)\n{_PROGRAM}"],
                env={
                    **dict.fromkeys(names, proxy.url),
                    "PYTHONPATH": os.pathsep.join(map(os.path.abspath, filter(None, sys.path))),
                    "PATH": os.environ.get("PATH", os.defpath),
                    "HOME": str(temporary),
                    "TMPDIR": str(temporary),
                },
                cwd=temporary,
                stdin=subprocess.PIPE,
                stdout=stdout,
                stderr=stderr,
                text=True,
                pass_fds=[writing],
            ) as process,
            os.fdopen(reading) as done,
        ):
            os.close(writing)
            servers = (plain.url, *(simulator.url for simulator in simulators))
            yield _Surroundings(process, done, folder, servers, proxy)
            assert process.stdin is not None
            process.stdin.close()
        assert list(temporary.rglob("*")) == []


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


_TEXTS: Final = st.sampled_from(
    [
        *(_CANARY, f"{_CANARY}\n", f"{_CANARY}\n{_CANARY}", f"\x1b[31m{_CANARY}", f" {_CANARY}\t"),
        *(f"{_CANARY}\u00e4\u202e", f"https://jo:{_CANARY}@127.0.0.1:1", _encoded(_CANARY)),
    ]
)
_PATHS: Final = st.sampled_from(
    ["secret", "two-secrets", "bytes", "nowhere", ".", "/dev/null", "client.key"]
)
_PEMS: Final = st.sampled_from(
    [
        *(_encoded(certificates.client_pem()), _encoded(certificates.client_key_pem())),
        *(_encoded(certificates.client_pem() + _CANARY), _encoded(_CANARY), f"!{_CANARY}"),
    ]
)
_ODD: Final = st.sampled_from(
    [None, _NUMBER, True, 1.5, [], {}, [_CANARY], {_CANARY: _CANARY}, [[{_CANARY: _NUMBER}]]]
)


def _maybe(usual: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """What a field usually holds, and now and then anything."""
    return st.integers(0, 15).flatmap(lambda chance: _ODD if chance == 0 else usual)


_CREDENTIAL: Final = json.dumps(
    {
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "status": {"token": _CANARY},
    }
)
_COMMANDS: Final = st.sampled_from(
    [
        [f"echo '{_CREDENTIAL}'; echo {_CANARY} >&2"],
        [f"echo {_CANARY}; echo {_CANARY} >&2; exit 3"],
        [f"echo {_CREDENTIAL.replace('status', _CANARY)!r}"],
        ["env >&2; env"],
    ]
)
_PLUGIN: Final = st.fixed_dictionaries(
    {
        "apiVersion": _maybe(st.just("client.authentication.k8s.io/v1")),
        "command": _maybe(st.sampled_from(["sh", "nowhere", "./nowhere", "./secret", ""])),
        "args": _maybe(_COMMANDS.map(lambda command: ["-c", *command])),
        "interactiveMode": _maybe(st.sampled_from(["Never", "IfAvailable", "Always"])),
    },
    optional={
        "env": _maybe(st.lists(st.fixed_dictionaries({"name": st.just("A"), "value": _TEXTS}))),
        "provideClusterInfo": _maybe(st.booleans()),
        "installHint": _maybe(st.just("get it\nthere")),
    },
)
_PROVIDER: Final = st.fixed_dictionaries(
    {"name": _maybe(st.sampled_from(["gcp", "azure", "oidc", "openstack"]))},
    optional={
        "config": _maybe(
            st.fixed_dictionaries(
                {"idp-issuer-url": st.just("https://127.0.0.1:1"), "client-id": _TEXTS},
                optional={
                    "id-token": _TEXTS,
                    "refresh-token": _TEXTS,
                    "client-secret": _TEXTS,
                    "access-token": _TEXTS,
                    "idp-certificate-authority-data": _PEMS,
                },
            )
        )
    },
)
_USER: Final = st.fixed_dictionaries(
    {},
    optional={
        "token": _maybe(_TEXTS),
        "tokenFile": _maybe(_PATHS),
        "username": _maybe(st.just("jo")),
        "password": _maybe(_TEXTS),
        "client-certificate-data": _maybe(_PEMS),
        "client-key-data": _maybe(_PEMS),
        "client-certificate": _maybe(_PATHS),
        "client-key": _maybe(_PATHS),
        "exec": _maybe(_PLUGIN),
        "auth-provider": _maybe(_PROVIDER),
        "as": _maybe(_TEXTS),
        "as-groups": _maybe(st.lists(_TEXTS, max_size=2)),
        "as-user-extra": _maybe(st.just({_CANARY: [_CANARY]})),
        "as-uid": _maybe(_TEXTS),
    },
)


_WITH_CA: Final[dict[str, Any]] = {"certificate-authority": "ca.pem"}
_INSECURE: Final[dict[str, Any]] = {"insecure-skip-tls-verify": True}
_TRUST: Final[tuple[dict[str, Any], ...]] = (
    *([_WITH_CA] * 6),
    *(_INSECURE, {}, _WITH_CA | _INSECURE, {"certificate-authority": "secret"}),
    {"certificate-authority": "bytes"},
)


@st.composite
def _kubeconfigs(draw: st.DrawFn, servers: int) -> tuple[Any, int]:
    """A kubeconfig of any shape, and which server it leads to; mostly with one credential."""
    server = draw(st.integers(0, servers - 1))
    user = draw(_USER)
    if draw(st.booleans()):
        keep = draw(st.sampled_from(sorted(user))) if user else ""
        user = {name: value for name, value in user.items() if name == keep}
    cluster = draw(
        st.fixed_dictionaries(
            {"server": _maybe(st.sampled_from(["@", "@", "@", "@login"]))},
            optional={
                "tls-server-name": st.sampled_from(["localhost", "localhost", "other"]),
            },
        )
    )
    trust = draw(st.sampled_from(_TRUST))
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "c",
        "clusters": draw(_maybe(st.just([{"name": "c", "cluster": {**cluster, **trust}}]))),
        "users": draw(
            _maybe(st.sampled_from([[{"name": "u", "user": user}], [{"name": "u", **user}]]))
        ),
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
    }
    return document, server


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_no_canary(surroundings: _Surroundings, data: st.DataObject) -> None:
    """No canary and no traceback comes out, and the status is one of the documented ones."""
    servers = surroundings.servers
    document, server = data.draw(_kubeconfigs(len(servers)))
    scheme, _, address = servers[server].partition("://")
    text = json.dumps(document, indent=1, ensure_ascii=data.draw(st.booleans()))
    text = text.replace('"@login"', f'"{scheme}://jo:{_CANARY}@{address}"')
    text = text.replace('"@"', f'"{servers[server]}"')
    if data.draw(st.integers(0, 9)) == 0:
        cut = data.draw(st.integers(0, len(text)))
        text = (
            text[:cut]
            + data.draw(st.sampled_from(["", "\t", "\0", "'", "*x ", "!x "]))
            + text[cut:]
        )
    flags = data.draw(st.sampled_from([(), ("-v",), ("--v=9",), ("preview",)]))
    status, said = surroundings.run(text, *flags)
    assert status in _STATUSES, said
    for mark in (*_MARKS, "Traceback", "Error("):
        assert mark not in said
    if status == 2:
        # Whatever was said before is the start line.
        *_, line = said.splitlines()
        assert line.startswith(f"volunteer: {surroundings.folder / 'config'}: ")
    assert surroundings.proxy.targets == []
