"""For tests: a simulated cluster of seven nodes, observed with the real client over HTTP."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from tools.simulator import Cluster as Simulated
from tools.simulator import Rule, Script, Simulator, running_simulator
from volunteer.clock import system_clock
from volunteer.cluster.access import Kubeconfig, Surroundings
from volunteer.cluster.kubernetes_api import KubernetesApi
from volunteer.cluster.listing import Limits, Listing
from volunteer.cluster.observation import observe
from volunteer.delivery.testing import Says
from volunteer.testing import AlwaysLongest, JumpingClock

ALONE: Final = Surroundings(environment={}, proxies={})
"""A process without variables."""
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
) -> Iterator[tuple[Listing, Simulator]]:
    """A cluster of seven nodes in three pages; `token` is right at first, until a rule says so."""
    time = clock.clock if clock else system_clock()
    with running_simulator(SEVEN, script=Script(rules=rules, token=token)) as simulator:
        access = Kubeconfig(simulator.kubeconfig(directory / "kubeconfig", token=token))
        with closing(KubernetesApi(access, ALONE)) as api:
            yield Listing(api, clock=time, random=AlwaysLongest(), limits=limits), simulator


def names_of(listing: Listing) -> list[str]:
    """Return the names of the nodes that one observation has, in its order."""
    observation = observe(listing, with_uid=False)
    return [node.name.reveal() for node in observation.nodes]


def all_names(directory: Path) -> list[str]:
    """Return the names of an observation in which nothing goes wrong."""
    with simulated(directory, limits=Limits()) as (listing, _):
        return names_of(listing)


def expired_identity(simulator: Simulator, directory: Path, *, issuer: str) -> Path:
    """Write a kubeconfig whose user has an identity of OpenID Connect that has expired."""
    provider = {
        "client-id": "volunteer",
        "client-secret": "secret",
        "id-token": "e30.eyJleHAiOjF9.x",  # {} and {"exp": 1}
        "idp-issuer-url": issuer,
        "refresh-token": "old",
    }
    file = simulator.kubeconfig(directory / "kubeconfig")
    kubeconfig = json.loads(file.read_text())
    kubeconfig["users"][0]["user"] = {"auth-provider": {"name": "oidc", "config": provider}}
    file.write_text(json.dumps(kubeconfig))
    return file


def says_json(status: int, document: object) -> Says:
    """An answer in JSON of a server that is not the cluster."""
    return Says(status, {"Content-Type": "application/json"}, json.dumps(document).encode())
