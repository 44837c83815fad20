"""Machines have names, addresses and identifiers that tell them apart."""

import re

from tools.simulator.machines import Machines
from tools.simulator.platforms import platforms

MACHINES = [Machines(seed=1).machine(number) for number in range(3_000)]


def _distinct(values: list[str]) -> bool:
    return len(set(values)) == len(values)


def test_names_are_unique() -> None:
    """No two machines of a cluster share a name."""
    assert _distinct([machine.name for machine in MACHINES])


def test_identifiers_are_unique() -> None:
    """No two machines share an address, a machine ID or a system UUID."""
    assert _distinct([machine.address for machine in MACHINES])
    assert _distinct([machine.machine_id for machine in MACHINES])
    assert _distinct([machine.system_uuid for machine in MACHINES])


def test_names_are_valid() -> None:
    """A name is a DNS subdomain, as Kubernetes asks of a node's name."""
    label = "[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
    for machine in MACHINES:
        assert re.fullmatch(rf"{label}(?:\.{label})*", machine.name), machine.name
        assert len(machine.name) <= 253


def test_seed() -> None:
    """Another seed makes other machines."""
    assert Machines(seed=2).machine(0).machine_id != MACHINES[0].machine_id


def test_platform() -> None:
    """A machine is of the platform that is asked for, and otherwise who it always is."""
    platform = platforms()[3]
    machine = Machines(seed=1).machine(0, platform)
    assert machine.platform == platform
    assert machine.machine_id == MACHINES[0].machine_id
