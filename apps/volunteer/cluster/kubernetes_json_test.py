"""Kubernetes' JSON, reduced and sealed."""

import msgspec
import pytest

from volunteer.cluster import kubernetes_json
from volunteer.cluster.kubernetes_json import UnreadableAnswer

_PAGE = b"""{"kind": "NodeList", "apiVersion": "v1", "metadata": {"continue": "more"}, "items": [
  {"metadata": {"name": "secret-name", "labels": {"a": "b"}},
   "spec": {"providerID": "aws:///zone/i-1", "podCIDR": "10.0.0.0/24"},
   "status": {"capacity": {"cpu": "4"}, "nodeInfo": {"machineID": "m", "systemUUID": "u",
     "bootID": "b", "kernelVersion": "6.1", "osImage": "Debian", "operatingSystem": "linux",
     "containerRuntimeVersion": "containerd://2", "kubeletVersion": "v1.31.0",
     "kubeProxyVersion": "", "architecture": "amd64"}}},
  {"metadata": {"name": "bare"}}]}"""


def test_nodes() -> None:
    """A page has the nodes with the fields that a report needs, and the token of the next page."""
    page = kubernetes_json.read_node_page(_PAGE)
    node = page.items[0]
    assert page.continue_token == "more"
    assert [
        text.reveal()
        for text in (
            *(node.name, node.provider_id, node.machine_id, node.system_uuid),
            *(node.kernel_version, node.os_image, node.operating_system),
            *(node.container_runtime_version, node.kubelet_version, node.architecture),
        )
    ] == [
        *("secret-name", "aws:///zone/i-1", "m", "u"),
        *("6.1", "Debian", "linux"),
        *("containerd://2", "v1.31.0", "amd64"),
    ]
    assert [(k.reveal(), v.reveal()) for k, v in node.capacity.items()] == [("cpu", "4")]


def test_missing_fields() -> None:
    """A node that has nothing but a name is a node with empty texts."""
    bare = kubernetes_json.read_node_page(_PAGE).items[1]
    assert (bare.os_image.reveal(), bare.provider_id.reveal(), bare.capacity) == ("", "", {})


def test_sealed() -> None:
    """Nothing of a page can be printed or encoded."""
    page = kubernetes_json.read_node_page(_PAGE)
    assert "secret-name" not in repr(page.items)
    with pytest.raises(TypeError):
        msgspec.json.encode(page.items)


def _with_labels(labels: bytes) -> bytes:
    return (
        b'{"kind":"NodeList","metadata":{},"items":[{"metadata":{"name":"n","labels":%s}}]}'
        % labels
    )


@pytest.mark.parametrize(
    ("labels", "keys"),
    [
        (b"{}", set()),
        (b"null", set()),
        (b'{"a.example/team": "secret-team"}', set()),
        (b'{"microk8s.io/cluster": "secret-value"}', {"microk8s.io/cluster"}),
        (b'{"microk8s.io/cluster": ""}', {"microk8s.io/cluster"}),
        (b'{"microk8s.io/cluster": null}', {"microk8s.io/cluster"}),
        (b'{"microk8s.io/clusters": "", "xmicrok8s.io/cluster": ""}', set()),
        (b'{"MicroK8s.io/cluster": ""}', set()),
        (
            b'{"node-role.kubernetes.io/master": "", "k8sd.io/role": {"no": ["label", 1]}}',
            {"node-role.kubernetes.io/master", "k8sd.io/role"},
        ),
        (rb'{"k8sd.io\u002frole": "escaped"}', {"k8sd.io/role"}),
    ],
)
def test_label_keys(labels: bytes, keys: set[str]) -> None:
    """Of labels it is known which public keys are there: no other key, and no value."""
    (node,) = kubernetes_json.read_node_page(_with_labels(labels)).items
    assert node.label_keys == keys


@pytest.mark.parametrize("labels", [b"[]", b'"secret"', b"1"])
def test_labels_that_are_none(labels: bytes) -> None:
    """Labels that are no object are an answer that cannot be read, and are not quoted."""
    with pytest.raises(UnreadableAnswer) as raised:
        kubernetes_json.read_node_page(_with_labels(labels))
    assert "secret" not in str(raised.value)


def test_no_nodes() -> None:
    """A list without nodes is a list, whether empty or null."""
    for items in (b"[]", b"null"):
        page = kubernetes_json.read_node_page(
            b'{"kind":"NodeList","metadata":{},"items":%s}' % items
        )
        assert (page.items, page.continue_token) == ([], "")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"{}",
        b'{"kind": "PodList", "metadata": {}, "items": []}',
        b'{"kind": "NodeList", "metadata": {}, "items": [{"metadata": {"name": 5}}]}',
        b'{"kind": "NodeList", "metadata": {}, "items": [{"metadata": {"name": "\xff"}}]}',
        b"[" * 100_000,
    ],
)
def test_something_else(body: bytes) -> None:
    """A body that is no list of nodes is refused, and none of it is quoted."""
    with pytest.raises(UnreadableAnswer) as refusal:
        kubernetes_json.read_node_page(body)
    assert "html" not in str(refusal.value)


def test_version_and_uid() -> None:
    """The server's version and a namespace's UID are read, and nothing else of them."""
    version = kubernetes_json.read_version(b'{"major": "1", "gitVersion": "v1.31.2"}')
    uid = kubernetes_json.read_uid(
        b'{"kind": "Namespace", "metadata": {"uid": "u-1", "name": "x"}}'
    )
    assert (version.reveal(), uid.reveal()) == ("v1.31.2", "u-1")


def test_status() -> None:
    """An error's message and fresh token are read; a body that is no Status has neither."""
    status = b'{"kind": "Status", "message": "no", "metadata": {"continue": "go-on"}, "code": 410}'
    assert kubernetes_json.read_message(status) == "no"
    assert kubernetes_json.read_fresh_token(status) == "go-on"
    assert kubernetes_json.read_message(b"<html>") == ""
    assert kubernetes_json.read_fresh_token(b"[]") == ""
