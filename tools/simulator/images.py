"""Container images that a node says it holds: names, digests, sizes."""

from typing import Final

from tools.simulator.draws import Draws
from tools.simulator.messages import compact_json

_PUBLIC: Final = (
    "registry.k8s.io/pause:3.9",
    "registry.k8s.io/kube-proxy:v1.30.5",
    "registry.k8s.io/coredns/coredns:v1.11.3",
    "registry.k8s.io/ingress-nginx/controller:v1.11.3",
    "quay.io/prometheus/node-exporter:v1.8.2",
    "quay.io/cilium/cilium:v1.16.3",
    "docker.io/library/redis:7.4-alpine",
    "docker.io/library/postgres:16.4",
    "docker.io/grafana/grafana:11.3.0",
)
_SERVICES: Final = ("checkout", "ledger", "payroll", "search", "invoices", "login", "mailer")
_FEWEST: Final = 18
_MOST: Final = 24


def image_lists(*, seed: int, company: str) -> tuple[bytes, ...]:
    """Return the JSON of a few lists of images, to be shared by all nodes of a cluster.

    They are half the size of a node, and the costly half to make.
    """
    return tuple(
        compact_json([_image(Draws(seed, "image", number, n), company) for n in range(number)])
        for number in range(_FEWEST, _MOST + 1)
    )


def _image(draws: Draws, company: str) -> dict[str, object]:
    """Make one image: half of them public, half the company's own."""
    service = f"{draws.choice(_SERVICES)}:{draws.hexadecimal(7)}"
    own = f"registry.{company}.example/payments/{service}"
    tagged = draws.choice((draws.choice(_PUBLIC), own))
    repository = tagged.rpartition(":")[0]
    return {
        "names": [f"{repository}@sha256:{draws.hexadecimal(64)}", tagged],
        "sizeBytes": 300_000 + draws.number(900_000_000),
    }
