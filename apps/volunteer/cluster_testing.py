"""For tests: a look at a simulated cluster of seven nodes, with the real client over HTTP."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from tools.simulator import Cluster as Simulated
from tools.simulator import Rule, Script, Simulator, running_simulator
from volunteer.clock import system_clock
from volunteer.cluster import Cluster
from volunteer.cluster_access import Kubeconfig
from volunteer.kubernetes_api import KubernetesApi
from volunteer.listing import Limits
from volunteer.testing import AlwaysLongest, JumpingClock

NODES: Final = "/api/v1/nodes"
UID: Final = "/api/v1/namespaces/kube-system"
SEVEN: Final = Simulated.generate(nodes=7, seed=1)
PAGES_OF_THREE: Final = Limits(page_size=3)


@contextmanager
def simulated(
    directory: Path,
    *rules: Rule,
    token: str | None = None,
    clock: JumpingClock | None = None,
    limits: Limits = PAGES_OF_THREE,
) -> Iterator[tuple[Cluster, Simulator]]:
    """A cluster of seven nodes in three pages; `token` is right at first, until a rule says so."""
    time = clock.clock if clock else system_clock()
    with running_simulator(SEVEN, script=Script(rules=rules, token=token)) as simulator:
        access = Kubeconfig(simulator.kubeconfig(directory / "kubeconfig", token=token))
        with closing(KubernetesApi(access, now=time.now)) as api:
            yield Cluster(api, clock=time, random=AlwaysLongest(), limits=limits), simulator


def names_of(cluster: Cluster) -> list[str]:
    """Return the names of the nodes that one look sees, in its order."""
    observation = cluster.observe(with_uid=False)
    return [node.name.reveal() for node in observation.nodes]


def all_names(directory: Path) -> list[str]:
    """Return the names that a look sees through which nothing goes wrong."""
    with simulated(directory, limits=Limits()) as (cluster, _):
        return names_of(cluster)
