"""Who each node is: the identifying facts that follow from a seed and a number."""

from dataclasses import dataclass
from typing import Final

from tools.simulator.draws import Draws
from tools.simulator.platforms import Platform, platforms

COMPANIES: Final = ("initech", "globex", "umbrella", "hooli", "wayne", "stark")
REGIONS: Final = ("eu-west-1", "us-east-1", "ap-south-1", "eu-central-1")

# Odd, hence invertible modulo 2**32: different numbers give different serials.
_SCRAMBLE: Final = 2_654_435_761
_SERIALS: Final = 2**32


@dataclass(frozen=True, kw_only=True)
class Machine:
    """One node's identity. Everything here must never leave a cluster."""

    number: int
    platform: Platform
    company: str
    region: str
    zone: str
    name: str
    provider_id: str
    address: str
    external_address: str
    machine_id: str
    system_uuid: str
    boot_id: str
    uid: str

    def fill(self, template: str) -> str:
        """Put the company into a platform's text."""
        return template.format(company=self.company)


class Machines:
    """All machines of one cluster, made when asked for."""

    def __init__(self, *, seed: int) -> None:
        draws = Draws(seed, "machines")
        unknown, *known = platforms()
        order = draws.shuffled(range(len(known)))
        self._platforms = (unknown, *(known[position] for position in order))
        self._seed = seed
        self._offset = draws.number(_SERIALS)
        self._region = draws.choice(REGIONS)
        self.company = draws.choice(COMPANIES)

    def machine(self, number: int, platform: Platform | None = None) -> Machine:
        """Make the machine with this number (from 0); its name is unique in the cluster.

        By default its platform is one of `platforms()`, each in its turn.
        """
        draws = Draws(self._seed, "machine", number)
        if platform is None:
            platform = self._platforms[number % len(self._platforms)]
        serial = (number * _SCRAMBLE + self._offset) % _SERIALS
        # 10.64.0.0/10 has room for four million nodes, each with its own address.
        address = f"10.{64 + (number >> 16)}.{number >> 8 & 255}.{number & 255}"
        zone = self._region + draws.choice("abc")
        system_uuid = draws.uuid()
        pieces = {
            "company": self.company,
            "region": self._region,
            "zone": zone,
            "address": address.replace(".", "-"),
            "serial": f"{serial:08x}",
            "number": serial,
            "uuid": system_uuid,
            "hex17": draws.hexadecimal(17),
        }
        name = platform.name.format(**pieces)
        return Machine(
            number=number,
            platform=platform,
            company=self.company,
            region=self._region,
            zone=zone,
            name=name,
            provider_id=platform.provider_id.format(name=name, **pieces),
            address=address,
            external_address=f"203.0.113.{draws.number(256)}",
            machine_id=draws.hexadecimal(32),
            system_uuid=system_uuid,
            boot_id=draws.uuid(),
            uid=draws.uuid(),
        )
