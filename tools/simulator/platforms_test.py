"""Every platform in the data file can be used for a machine."""

from tools.simulator.machines import Machines
from tools.simulator.platforms import platforms


def test_placeholders() -> None:
    """No placeholder is left in the facts of any platform's machine."""
    machines = Machines(seed=1)
    for number in range(len(platforms())):
        machine = machines.machine(number)
        texts = [machine.name, machine.provider_id, machine.fill(machine.platform.os_image)]
        assert not any("{" in text for text in texts), machine


def test_unknown_to_vocabularies() -> None:
    """The first platform of every cluster carries a company's own names."""
    machine = Machines(seed=3).machine(0)
    own = [machine.fill(text) for text in (machine.platform.os_image, machine.platform.kernel)]
    assert all(machine.company in text for text in own)
    assert any("{company}" in name for name in machine.platform.resources)


def test_variety() -> None:
    """The platforms name many providers, both operating systems and two architectures."""
    assert len({entry.provider_id.partition(":")[0] for entry in platforms()}) >= 10
    assert {entry.operating_system for entry in platforms()} == {"linux", "windows"}
    assert {entry.architecture for entry in platforms()} == {"amd64", "arm64"}
