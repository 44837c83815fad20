"""What is listed is what the public list of words has, in its order."""

from report.vocabulary.vocabularies import Vocabulary, read
from volunteer.cluster.object_kinds import NODES, NODES_ROLE, WORKLOADS, WORKLOADS_ROLE


def test_public_words() -> None:
    """The kinds that are listed are the public ones, in the order of a report."""
    (group,) = read(Vocabulary.WORKLOADS).group
    assert tuple(kind.plural for kind in WORKLOADS) == group.templates


def test_paths() -> None:
    """Kinds of the core and of other groups are listed where the API serves them."""
    paths = {kind.plural: kind.path for kind in (NODES, *WORKLOADS)}
    assert paths["nodes"] == "/api/v1/nodes"
    assert paths["deployments"] == "/apis/apps/v1/deployments"
    assert paths["ingresses"] == "/apis/networking.k8s.io/v1/ingresses"


def test_commands() -> None:
    """The commands grant `list` and name each kind with its group."""
    assert NODES_ROLE.commands("--user=me") == (
        "kubectl create clusterrole spartakus-volunteer --verb=list --resource=nodes",
        (
            "kubectl create clusterrolebinding spartakus-volunteer"
            " --clusterrole=spartakus-volunteer --user=me"
        ),
    )
    role, _ = WORKLOADS_ROLE.commands("--user=me")
    assert role.startswith(
        "kubectl create clusterrole spartakus-volunteer-workloads --verb=list"
        " --resource=namespaces,pods,services,deployments.apps,"
    )
