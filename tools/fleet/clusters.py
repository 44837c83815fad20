"""The clusters of a fleet: each follows from a seed and its number, its state from a day."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from report import (
    Identifying,
    NodeObservation,
    Observation,
    Pseudonyms,
    WorkloadKindObservation,
    WorkloadsObservation,
)
from report.pseudonym import derive_cluster_id_from_secret
from report.vocabulary import public_label_keys
from tools.fleet.catalogue import distributions, providers
from tools.fleet.pools import (
    AMD64,
    ARM64,
    Pool,
    accelerated_pool,
    usual_pool,
    version_text,
    windows_pool,
)
from tools.fleet.upgrades import Upgrades
from tools.simulator.draws import Draws
from tools.simulator.machines import Machine, Machines
from tools.simulator.node_documents import node_capacity, node_info, node_labels
from tools.simulator.workloads import Namespaces, Workload

MONTH_DAYS: Final = 30

_MOST_NODES: Final = 3_000
_LATE: Final = 35  # of a hundred clusters, how many join while the fleet is watched
_COUNT_WORKLOADS: Final = 18  # of a hundred clusters
_BEHIND: Final = {0: 78, 1: 15, 2: 5, 3: 2}
_GROWTH: Final = {98: 20, 100: 45, 102: 25, 105: 10}  # of a hundred nodes, a month later
_SWING: Final = 8  # of a hundred nodes, how many come and go
_SIDE_SHARE: Final = 30  # of a hundred nodes, how many are in a pool for something special
_A_NODE: Final = {"pods": 12, "deployments": 4, "services": 4, "configmaps": 8}
_PUBLIC_KEYS: Final = frozenset(public_label_keys())


class Cluster:
    """One cluster. `origin` is the first day of the fleet's last month, `months` how many it has
    before that one; a cluster that `leaves` does so within these.
    """

    def __init__(
        self, number: int, *, seed: int, origin: date, months: int, leaves: bool = False
    ) -> None:
        self._label: Final = (seed, "cluster", number)
        draws = Draws(*self._label)
        kinds = distributions()
        self.distribution: Final = kinds[
            draws.weighted({place: each.share for place, each in enumerate(kinds)})
        ]
        self._provider: Final = providers()[draws.weighted(self.distribution.providers)]
        self._origin: Final = origin
        self.joined, self.left = self._draw_stay(draws, months=months, leaves=leaves)
        self._upgrades: Final = Upgrades.draw(self.distribution, draws, since=self.joined)
        median, spread = self.distribution.nodes
        self._nodes: Final = min(draws.log_normal(median, spread), _MOST_NODES)
        self._growth: Final = draws.weighted(_GROWTH) / 100
        self._control_plane: Final = draws.choice(self.distribution.control_plane or (0,))
        self._counts_workloads: Final = draws.number(100) < _COUNT_WORKLOADS
        self._pool, self._side_pool = self._draw_pools(draws)
        secret = bytes.fromhex(draws.hexadecimal(64))
        cluster_id = derive_cluster_id_from_secret(secret)
        self.pseudonyms: Final = Pseudonyms.from_secret(secret, cluster_id)
        self._machines: Final = Machines(seed=draws.number(1 << 32))

    def observe(self, day: date) -> Observation:
        """Return what a volunteer sees of the cluster on a day."""
        release = self._upgrades.release(day)
        version = version_text(self.distribution, release)
        return Observation(
            master_version=Identifying(version),
            nodes=self._observe_nodes(day),
            workloads=self._observe_workloads(day) if self._counts_workloads else None,
        )

    def is_there(self, day: date) -> bool:
        """Whether the cluster takes part on a day."""
        return self.joined <= day and (self.left is None or day <= self.left)

    def _draw_stay(self, draws: Draws, *, months: int, leaves: bool) -> tuple[date, date | None]:
        """Draw the first day, and the last one of a cluster that leaves."""
        watched = timedelta(days=months * MONTH_DAYS)
        began = self._origin - watched
        joined = began - timedelta(days=1 + draws.number(365))
        if months and draws.number(100) < _LATE:
            joined = began + timedelta(days=draws.number(watched.days))
        if not leaves:
            return joined, None
        there = max(joined, began)
        return joined, there + timedelta(days=draws.number((self._origin - there).days))

    def _draw_pools(self, draws: Draws) -> tuple[Pool, Pool]:
        """Draw the usual pool, and the one for something special: the same where there is none."""
        distribution = self.distribution
        on_arm = draws.number(200) < distribution.arm64
        behind = draws.weighted(_BEHIND)
        usual = usual_pool(
            distribution, draws, architecture=ARM64 if on_arm else AMD64, behind=behind
        )
        special = draws.number(100)
        if special < distribution.accelerated and self._provider.accelerators:
            return usual, accelerated_pool(usual, self._provider, draws)
        special -= distribution.accelerated
        if 0 <= special < distribution.windows:
            return usual, windows_pool(draws)
        special -= distribution.windows
        if 0 <= special < distribution.arm64 // 2:
            return usual, usual_pool(distribution, draws, architecture=ARM64, behind=behind)
        return usual, usual

    def _observe_nodes(self, day: date) -> Iterator[NodeObservation]:
        release = self._upgrades.release(day)
        first, usual, special = (
            pool.platform(
                self.distribution, self._provider, release, is_control_plane=is_control_plane
            )
            for pool, is_control_plane in (
                (self._pool, True),
                (self._pool, False),
                (self._side_pool, False),
            )
        )
        for number in range(1, self._control_plane + 1):
            yield _observed(self._machines.machine(number, first))
        for number in range(self._control_plane + 1, self._size(day) + 1):
            is_special = Draws(*self._label, "pool", number).number(100) < _SIDE_SHARE
            yield _observed(self._machines.machine(number, special if is_special else usual))

    def _size(self, day: date) -> int:
        months = (day - self._origin).days // MONTH_DAYS
        swing = Draws(*self._label, "swing", months).number(2 * _SWING + 1) - _SWING
        nodes = self._nodes * self._growth**months * (1 + swing / 100)
        return max(self._control_plane, 1, round(nodes))

    def _observe_workloads(self, day: date) -> WorkloadsObservation:
        nodes = self._size(day)
        seed = Draws(*self._label, "workloads").number(1 << 32)
        namespaces = Namespaces(seed=seed, nodes=nodes, company=self._machines.company)
        made = (self.joined - date(1970, 1, 1)).days * 86_400.0
        return WorkloadsObservation(
            namespaces={Identifying(name): made for name in namespaces.names},
            kinds=[
                WorkloadKindObservation(
                    kind=kind,
                    counts={
                        Identifying(name): count
                        for name, count in Workload(
                            seed=seed, kind=kind, namespaces=namespaces, count=nodes * each
                        )
                        .counts()
                        .items()
                    },
                    created=[made],
                )
                for kind, each in _A_NODE.items()
            ],
        )


def _observed(machine: Machine) -> NodeObservation:
    """Return what a volunteer keeps of the node's document."""
    info = {name: Identifying(value) for name, value in node_info(machine).items()}
    return NodeObservation(
        name=Identifying(machine.name),
        machine_id=info["machineID"],
        system_uuid=info["systemUUID"],
        provider_id=Identifying(machine.provider_id),
        operating_system=info["operatingSystem"],
        os_image=info["osImage"],
        kernel_version=info["kernelVersion"],
        architecture=info["architecture"],
        container_runtime_version=info["containerRuntimeVersion"],
        kubelet_version=info["kubeletVersion"],
        capacity={
            Identifying(name): Identifying(value) for name, value in node_capacity(machine).items()
        },
        label_keys=_PUBLIC_KEYS.intersection(node_labels(machine)),
    )
