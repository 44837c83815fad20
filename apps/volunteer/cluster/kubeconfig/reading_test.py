"""Kubeconfigs as people have them."""

import time
from contextlib import closing
from pathlib import Path

import pytest

from tools.simulator import Cluster, Rule, Script, Verbatim, running_simulator
from volunteer.cluster.access import Kubeconfig, Surroundings
from volunteer.cluster.errors import InvalidKubeconfig
from volunteer.cluster.kubeconfig.endpoint import kubeconfig_endpoint
from volunteer.cluster.kubeconfig.reading import choose_context, read_kubeconfigs
from volunteer.cluster.kubernetes_api import KubernetesApi
from volunteer.cluster.testing import ALONE

_WHOLE = """\
apiVersion: v1
kind: Config
current-context: c
clusters:
- name: k
  cluster: {server: 'https://one.example'}
users:
- name: u
  user: {token: one}
contexts:
- name: c
  context: {cluster: k, user: u}
"""
_OF_KUBECTL_CONFIG = """\
apiVersion: v1
clusters: null
contexts: null
current-context: ""
kind: Config
preferences: {}
users: null
"""


def _server(content: str | bytes, folder: Path, *, context: str | None = None) -> str:
    file = folder / "config"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return kubeconfig_endpoint(Kubeconfig(file, context), ALONE).server


def _refusal(content: str | bytes, folder: Path, *, context: str | None = None) -> str:
    with pytest.raises(InvalidKubeconfig) as refusal:
        _server(content, folder, context=context)
    line = str(refusal.value)
    assert "\n" not in line
    return line.removeprefix(f"{folder / 'config'}: ")


@pytest.mark.parametrize(
    "content",
    [
        _WHOLE,
        b"\xef\xbb\xbf" + _WHOLE.encode(),
        _WHOLE.encode("utf-16"),
        _WHOLE.replace("\n", "\r\n"),
        f"---\n{_WHOLE}",
        f"{_WHOLE}---\nkind: Pod\n",
        f"{_WHOLE}---\n\tno YAML at all",
        _WHOLE.replace("apiVersion: v1\nkind: Config\n", ""),
        f"{_WHOLE}preferences: {{colors: true}}\nunknown: [1, {{2: 3}}]\n5: x\ntrue: y\n",
        f"{_WHOLE}unknown: [2020-99-99, =, !foo bar, !foo [a], !foo {{a: b}}, null]\n",
        _WHOLE.replace("{token: one}", "{token: !!binary b25l}"),
        _WHOLE.replace("{token: one}", "{token: 2020-01-01, as-groups: null}"),
    ],
)
def test_whole(tmp_path: Path, content: str | bytes) -> None:
    """A byte order mark, other line ends, more documents and more fields are as for kubectl."""
    assert _server(content, tmp_path) == "https://one.example"


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("", "contexts: is empty: name another --kubeconfig"),
        ("# a comment\n", "contexts: is empty: name another --kubeconfig"),
        ("{}", "contexts: is empty: name another --kubeconfig"),
        (_OF_KUBECTL_CONFIG, "contexts: is empty: name another --kubeconfig"),
        ("[]", "is not a kubeconfig: it holds no mapping"),
        ("text", "is not a kubeconfig: it holds no mapping"),
        ("a: [", "line 2: is not YAML"),
        ("\0", "line 1: is not YAML"),
        (b"a: 1\n\xff\xfe\xfd", "line 2: is not YAML"),
        ("a: *none", "line 1: is not YAML"),
        ("a: !!binary canary", "line 1: is not YAML"),
        ("a: !!binary /w==", "is not YAML as in a kubeconfig"),
        ("? [a]\n: b", "line 1: is not YAML"),
        (_WHOLE.replace("- name: k", "\t- name: k"), "line 5: tab: YAML is indented with blanks"),
        ("kind: Pod\napiVersion: v1", "kind: is not a kubeconfig: must be Config of v1"),
        ("apiVersion: v2", "kind: is not a kubeconfig: must be Config of v1"),
        (
            '{"clusters": 5}',
            "clusters: must be a list, not a number",
        ),
        (
            "&a\nclusters: [*a]\nusers: [{name: u, token: canary}]\ncontexts: {canary: canary}",
            "refers to itself",
        ),
        (
            "contexts: {canary: canary}",
            "contexts: must be a list, not a mapping",
        ),
        (
            _WHOLE.replace("{token: one}", "{token: y}"),
            "users[0].user.token: must be a text, not true or false (put it in quotes)",
        ),
        (
            _WHOLE.replace("{token: one}", "{token: 0o17}"),
            "users[0].user.token: must be a text, not a number (put it in quotes)",
        ),
        (
            _WHOLE.replace("user: u}", "user: u, namespace: 5}"),
            "contexts[0].context.namespace: must be a text, not a number (put it in quotes)",
        ),
        (_WHOLE + "preferences: []\n", "preferences: must be a mapping, not a list"),
        (
            _WHOLE + "- name: c\n  context: {cluster: canary}\n",
            "contexts[1].name: is the name of an earlier entry, too",
        ),
        (
            _WHOLE.replace("current-context: c\n", ""),
            "current-context: is not set: choose one of 1 contexts with --context",
        ),
        (
            _WHOLE.replace("current-context: c", "current-context: other"),
            (
                "current-context: there is no context 'other' (`kubectl config get-contexts` lists"
                " them)"
            ),
        ),
        (
            _WHOLE.replace("cluster: k", "cluster: gone"),
            "contexts[0].context.cluster: there is no cluster 'gone'",
        ),
        (
            _WHOLE.replace("cluster: k, ", ""),
            "contexts[0].context.cluster: is not set: a context needs a cluster",
        ),
        (
            _WHOLE.replace("user: u}", "user: gone}"),
            "contexts[0].context.user: there is no user 'gone'",
        ),
    ],
)
def test_refused(tmp_path: Path, content: str | bytes, line: str) -> None:
    """What is no kubeconfig is refused in one line that says where, and quotes no value."""
    assert _refusal(content, tmp_path) == line


def test_wanted_context(tmp_path: Path) -> None:
    """--context wins over the current one; one that is not there is named."""
    more = "- name: d\n  context: {cluster: k}\n"
    assert _server(_WHOLE + more, tmp_path, context="d") == "https://one.example"
    line = _refusal(_WHOLE, tmp_path, context="\x1b[31mno")
    assert line.startswith("--context: there is no context '\\x1b[31mno' (")


@pytest.mark.parametrize(
    ("server", "address"),
    [
        ("https://rancher.example/k8s/clusters/c-m-1", "/k8s/clusters/c-m-1"),
        ("https://rancher.example/k8s/clusters/c-m-1/", "/k8s/clusters/c-m-1"),
        ("https://[fd00::1]:6443", "https://[fd00::1]:6443"),
        ("HTTPS://Host.example", "https://Host.example"),
        ("127.0.0.1:6443", "http://127.0.0.1:6443"),
        ("localhost", "http://localhost"),
        ("https://one.example/k8s/?a=b#c", "https://one.example/k8s"),
    ],
)
def test_addresses(tmp_path: Path, server: str, address: str) -> None:
    """A server's address may have a path, be of IPv6, or lack a scheme; a query is ignored."""
    content = _WHOLE.replace("https://one.example", server)
    assert _server(content, tmp_path).endswith(address)


@pytest.mark.parametrize(
    "server",
    [
        "https://",
        "https://h:99999",
        "https://[::1",
        "https://a b",
        "https://a..b",
    ],
)
def test_no_addresses(tmp_path: Path, server: str) -> None:
    """What is no address is refused, without quoting it."""
    content = _WHOLE.replace("https://one.example", server)
    rule = "must be the address of an API server: https://HOST[:PORT][/PATH]"
    assert _refusal(content, tmp_path) == f"clusters[0].cluster.server: {rule}"


def test_path_of_a_server(tmp_path: Path) -> None:
    """Requests go below the path in a server's address."""
    rule = Rule(path="/k8s/clusters/c-1/version", fault=Verbatim(code=200, body=b"{}"))
    with running_simulator(Cluster.generate(nodes=1), script=Script(rules=(rule,))) as simulator:
        file = tmp_path / "config"
        url = f"{simulator.url}/k8s/clusters/c-1"
        file.write_text(_WHOLE.replace("https://one.example", url))
        with closing(KubernetesApi(Kubeconfig(file), ALONE)) as api:
            assert api.get("/version", {}, seconds=10.0).body == b"{}"


def test_many_contexts(tmp_path: Path) -> None:
    """Two thousand contexts are read in a moment."""
    entries = range(2_000)
    content = "\n".join(
        [
            "current-context: c1999",
            "clusters:",
            *(f"- {{name: k{n}, cluster: {{server: 'https://h{n}.example'}}}}" for n in entries),
            "users:",
            *(f"- {{name: u{n}, user: {{token: t{n}}}}}" for n in entries),
            "contexts:",
            *(f"- {{name: c{n}, context: {{cluster: k{n}, user: u{n}}}}}" for n in entries),
        ]
    )
    before = time.process_time()
    assert _server(content, tmp_path) == "https://h1999.example"
    assert time.process_time() - before < 5.0


def test_merging(tmp_path: Path) -> None:
    """Of several files the first wins, for the current context and for each entry as a whole; those
    that are missing or empty do not count; relative paths start at the file that they stand in.
    """
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    (first / "config").write_text(
        "current-context: ''\nusers: [{name: u, user: {tokenFile: t}}]\n"
        "clusters: [{name: k, cluster: {server: 'https://first.example'}}]\n"
    )
    (first / "t").write_text("of-the-first")
    (second / "config").write_text(
        _WHOLE.replace("https://one.example'", "https://second.example', tls-server-name: x")
    )
    (tmp_path / "empty").write_text("")
    listed = [tmp_path / "missing", tmp_path / "empty", first / "config", second / "config"]
    variables = {"KUBECONFIG": ":" + ":".join(map(str, [*listed, first / "config"]))}
    endpoint = kubeconfig_endpoint(Kubeconfig(), Surroundings(variables, {}))
    assert (endpoint.server, endpoint.server_name) == ("https://first.example", None)
    assert endpoint.credentials()["Authorization"] == "Bearer of-the-first"
    chosen = choose_context(read_kubeconfigs(Kubeconfig(), variables), None)
    assert chosen.cluster.place.file == first / "config"


def test_several_documents_are_warned_about(tmp_path: Path) -> None:
    """That more documents are not read is said."""
    file = tmp_path / "config"
    file.write_text(f"{_WHOLE}---\nkind: Pod\n")
    (warning,) = kubeconfig_endpoint(Kubeconfig(file), ALONE).warnings
    assert warning == f"{file}: of several documents the first is read, as kubectl does"


def test_where_kubectl_looks(tmp_path: Path) -> None:
    """Without a flag and a variable the file is where kubectl has it."""
    folder = tmp_path / ".kube"
    folder.mkdir()
    (folder / "config").write_text(_WHOLE)
    for variables in ({"HOME": str(tmp_path)}, {"HOME": str(tmp_path), "KUBECONFIG": ""}):
        surroundings = Surroundings(variables, {})
        assert kubeconfig_endpoint(Kubeconfig(), surroundings).server == "https://one.example"


@pytest.mark.parametrize(
    ("variables", "line"),
    [
        ({}, "no kubeconfig, and this is no pod: name one with --kubeconfig"),
        (
            {"HOME": "/nowhere"},
            (
                "/nowhere/.kube/config cannot be read: No such file or directory"
                " (name one with --kubeconfig)"
            ),
        ),
        ({"KUBECONFIG": "/a:/b"}, "/a:/b: no such file: name one with --kubeconfig"),
        ({"KUBECONFIG": "/"}, "/ cannot be read: Is a directory (name one with --kubeconfig)"),
        ({"KUBECONFIG": "/dev/zero"}, "/dev/zero: holds more than 16777216 bytes"),
    ],
)
def test_no_file(variables: dict[str, str], line: str) -> None:
    """A file that is not there, or is none, is named with what to do."""
    with pytest.raises(InvalidKubeconfig) as refusal:
        kubeconfig_endpoint(Kubeconfig(), Surroundings(variables, {}))
    assert str(refusal.value) == line
