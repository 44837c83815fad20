"""Distributions and roles: which word a cluster gets, and a node, by what it shows."""

import re
from dataclasses import dataclass

import pytest

from report.vocabulary.distributions import (
    NO_DISTRIBUTION,
    Mark,
    Signs,
    distribution_place,
    distribution_word,
    distributions,
    node_role,
    public_label_keys,
)
from report.vocabulary.recognition import MAX_CHARACTERS

_KIND_OF_TEXT = ("version", "image", "kernel", "runtime")
_NUMBERS = {"version": "v1.30.2", "image": "", "kernel": "6.1.0", "runtime": "containerd://1.7.2"}
EVERY_MARK = [
    (distribution.word, mark) for distribution in distributions() for mark in distribution.marks
]


@dataclass(frozen=True)
class Seen:
    """What a cluster shows, and the word for it."""

    word: str
    signs: tuple[Signs, ...]


def word_of(*signs: Signs) -> str:
    """Return the word for a cluster of nodes that show this."""
    return distribution_word(min(map(distribution_place, signs), default=NO_DISTRIBUTION))


def shown(mark: Mark, *, behind: str = "") -> Signs:
    """Return what a node shows that has this mark, with something behind each of its texts."""
    texts = {
        kind: f"{_NUMBERS[kind]}{getattr(mark, kind)}".replace("#", "7") + behind
        for kind in _KIND_OF_TEXT
        if getattr(mark, kind)
    }
    return Signs(
        **texts,
        provider=mark.provider,
        label_keys=frozenset({mark.label} if mark.label else ()),
    )


@pytest.mark.parametrize(("word", "mark"), EVERY_MARK, ids=str)
def test_every_mark_tells(word: str, mark: Mark) -> None:
    """A node that shows a mark of a distribution, and nothing else, is of that distribution."""
    assert word_of(shown(mark)) == word


@pytest.mark.parametrize(("word", "mark"), EVERY_MARK, ids=str)
def test_no_mark_within_a_word(word: str, mark: Mark) -> None:
    """A mark with a letter behind it is another text, and tells nothing."""
    if not (mark.version or mark.image or mark.kernel or mark.runtime):
        assert word_of(Signs(label_keys=frozenset({f"{mark.label}x"}))) == "other"
        assert word_of(Signs(provider=f"{mark.provider}x")) == "other"
    else:
        assert word_of(shown(mark, behind="acme")) != word


REAL = {
    "EKS": Seen("eks", (Signs("v1.32.7-eks-3abbec1", "Amazon Linux 2023.8.20250721"),)),
    "EKS Distro": Seen("eks-distro", (Signs("v1.27.1-eks-1-27-5"),)),
    "GKE": Seen("gke", (Signs("v1.35.8-gke.1036000"),)),
    "AKS by its package of containerd": Seen(
        "aks",
        (Signs("v1.33.12", "Ubuntu 22.04.5 LTS", "5.15.0-1116-azure", "containerd://1.7.33-1"),),
    ),
    "a virtual machine of Azure": Seen(
        "other",
        (
            Signs(
                "v1.33.12",
                "Ubuntu 22.04.5 LTS",
                "5.15.0-1116-azure",
                "containerd://1.7.12-0ubuntu2~22.04.1",
            ),
        ),
    ),
    "k3s on Azure Linux": Seen("k3s", (Signs("v1.30.6+k3s1", "CBL-Mariner/Linux"),)),
    "a candidate of k3s": Seen("k3s", (Signs("v1.31.0-rc1+k3s1"),)),
    "k3s of 2019": Seen("k3s", (Signs("v1.14.1-k3s.4"),)),
    "RKE2, which brings k3s' containerd": Seen(
        "rke2", (Signs("v1.34.2+rke2r1", runtime="containerd://2.1.5-k3s1"),)
    ),
    "Talos before its first release": Seen(
        "talos", (Signs("v1.14.1", "Talos (v0.1.0-alpha.24)", "4.19.34-talos"),)
    ),
    "OpenShift by CRI-O": Seen(
        "openshift", (Signs("v1.34.1", runtime="cri-o://1.34.2-2.rhaos4.21.gitc8e8b46.el9"),)
    ),
    "OpenShift in IBM's cloud": Seen(
        "openshift",
        (
            Signs(
                label_keys=frozenset(
                    {"ibm-cloud.kubernetes.io/worker-id", "node.openshift.io/os_id"}
                )
            ),
        ),
    ),
    "Civo, which runs k3s": Seen(
        "civo",
        (
            Signs("v1.30.5+k3s1"),
            Signs(label_keys=frozenset({"kubernetes.civo.com/civo-node-pool"})),
        ),
    ),
    "kubeadm": Seen(
        "other", (Signs("v1.32.3", "Debian GNU/Linux 12 (bookworm)", "6.1.0-18-cloud-amd64"),)
    ),
    "a build of one's own": Seen("other", (Signs("v1.30.2-acme-eks"), Signs("v1.30.2+acme"))),
    "a release candidate": Seen(
        "other", (Signs("v1.37.0-rc.1"), Signs("v1.31.0-alpha.3.117+af81"))
    ),
    "no node at all": Seen("other", ()),
}


@pytest.mark.parametrize("seen", REAL.values(), ids=REAL.keys())
def test_clusters(seen: Seen) -> None:
    """Of what real clusters show the word is right, and `other` where nothing tells it."""
    assert word_of(*seen.signs) == seen.word


def test_order_of_nodes() -> None:
    """In whatever order nodes are seen, the distribution that stands first in the file counts."""
    inner, outer = (
        Signs("v1.30.5+k3s1"),
        Signs(label_keys=frozenset({"vcluster.loft.sh/fake-node"})),
    )
    assert word_of(inner, outer) == word_of(outer, inner) == "vcluster"


def test_length() -> None:
    """A text longer than any public one shows no mark."""
    assert word_of(Signs("v1.30.2-eks" + "-" * MAX_CHARACTERS)) == "other"


def test_sources() -> None:
    """Every distribution has a word that a report may hold, a name, and a source."""
    for distribution in distributions():
        assert distribution.word.replace("-", "").isalnum()
        assert distribution.word == distribution.word.lower()
        assert distribution.name
        assert distribution.marks
        assert all(source.startswith("https://") for source in distribution.sources)
        assert distribution.sources


@pytest.mark.parametrize(
    ("keys", "role"),
    [
        ((), "worker"),
        (("node-role.kubernetes.io/control-plane",), "control-plane"),
        (("node-role.kubernetes.io/master",), "control-plane"),
        (("eks.amazonaws.com/nodegroup",), "worker"),
        (("node-role.kubernetes.io/worker", "node-role.kubernetes.io/infra"), "worker"),
        (("node-role.kubernetes.io/worker", "node-role.kubernetes.io/master"), "control-plane"),
    ],
)
def test_role(keys: tuple[str, ...], role: str) -> None:
    """A node is of the control plane where it has one of the two keys, and else a worker."""
    assert node_role(frozenset(keys)) == role


def test_keys() -> None:
    """The keys are label keys with a prefix, each of them once, those of roles among them."""
    keys = public_label_keys()
    assert len(set(keys)) == len(keys)
    assert all(re.fullmatch(r"[a-z0-9.-]+(/[A-Za-z0-9._-]+)?", key) for key in keys)
    assert {"node-role.kubernetes.io/master", "microk8s.io/cluster"} < set(keys)
