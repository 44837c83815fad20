"""Pools of alike nodes, as platforms of the simulated Kubernetes API."""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from tools.fleet.catalogue import Distribution, Image, Provider, containerd, images
from tools.fleet.upgrades import Release
from tools.simulator.draws import Draws
from tools.simulator.platforms import Platform

ARM64: Final = "arm64"
AMD64: Final = "amd64"
CONTROL_PLANE_KEY: Final = "node-role.kubernetes.io/control-plane"
_MACHINES: Final = {AMD64: "x86_64", ARM64: "aarch64"}
_WINDOWS: Final = {"windows-2019": 25, "windows-2022": 65, "windows-2025": 10}
_CPUS: Final = {2: 20, 4: 34, 8: 24, 16: 13, 32: 6, 64: 3}
_LARGE_CPUS: Final = {32: 25, 48: 15, 64: 20, 96: 25, 128: 15}
_GIB_A_CPU: Final = {2: 18, 4: 62, 8: 20}
_GIB_OF_DISK: Final = {20: 15, 50: 20, 80: 15, 100: 30, 200: 15, 500: 5}
_ACCELERATORS: Final = {1: 50, 2: 10, 4: 15, 8: 25}
_KIB_A_GIB: Final = 1024 * 1024
# What the kernel and the firmware keep of the memory, of a thousand.
_KEPT: Final = 20


class Pool(Struct, frozen=True, kw_only=True):
    """Alike nodes of one cluster. Its images are in the order in which it would take them."""

    images: tuple[str, ...]
    resources: Mapping[str, str]
    architecture: str = AMD64
    behind: int = 0
    """How many minors its kubelets are behind the API server."""

    def image(self, minor: int) -> Image:
        """Return the image for a minor: the first that there is for it."""
        known = images()
        fitting = (
            known[name] for name in self.images if known[name].since <= minor <= known[name].until
        )
        return next(fitting, known[self.images[0]])

    def platform(
        self,
        distribution: Distribution,
        provider: Provider,
        release: Release,
        *,
        is_control_plane: bool,
    ) -> Platform:
        """Return what its nodes say of themselves while the API server runs `release`."""
        behind = 0 if is_control_plane else self.behind
        own = Release(release.minor - behind, release.patch)
        image = self.image(own.minor)
        architecture = image.architecture or self.architecture
        texts = {
            "minor": str(own.minor),
            "version": own.version,
            "containerd": containerd(own.minor),
            "arch": architecture,
            "machine": _MACHINES[architecture],
            "ubuntu": provider.ubuntu,
        }
        keys = (*distribution.labels, *((CONTROL_PLANE_KEY,) if is_control_plane else ()))
        runtime = distribution.runtime if image.runtime is None else image.runtime
        return Platform(
            name=provider.name,
            os_image=image.os_image.format(**texts),
            kernel=image.kernel.format(**texts),
            runtime=runtime.format(**texts),
            kubelet=image.kubelet or version_text(distribution, own),
            architecture=architecture,
            provider_id=provider.id,
            instance_type="",
            operating_system=image.operating_system,
            resources=self.resources,
            labels=dict.fromkeys(keys, ""),
        )


def version_text(distribution: Distribution, release: Release) -> str:
    """Return what the API server and kubelets of a distribution say of their version."""
    draws = Draws(distribution.word, *release)
    return distribution.version.format(
        version=release.version,
        commit=draws.hexadecimal(7),
        build=f"1{draws.number(1_000):03}000",
    )


def usual_pool(distribution: Distribution, draws: Draws, *, architecture: str, behind: int) -> Pool:
    """Draw the pool that most of a cluster's nodes are in."""
    return Pool(
        images=_ordered(distribution.images, draws),
        resources=_sizes(draws, _CPUS),
        architecture=architecture,
        behind=behind,
    )


def windows_pool(draws: Draws) -> Pool:
    """Draw a pool of Windows nodes."""
    return Pool(images=_ordered(_WINDOWS, draws), resources=_sizes(draws, _CPUS))


def accelerated_pool(pool: Pool, provider: Provider, draws: Draws) -> Pool:
    """Draw a pool of large nodes with accelerators, otherwise like another."""
    name = draws.weighted(provider.accelerators)
    count = draws.weighted(_ACCELERATORS)
    return Pool(
        images=pool.images,
        resources={**_sizes(draws, _LARGE_CPUS), name: str(count)},
        behind=pool.behind,
    )


def _ordered(shares: Mapping[str, int], draws: Draws) -> tuple[str, ...]:
    """Draw an order in which the more frequent tend to come first."""
    left = dict(shares)
    ordered: list[str] = []
    while left:
        ordered.append(draws.weighted(left))
        del left[ordered[-1]]
    return tuple(ordered)


def _sizes(draws: Draws, shares: Mapping[int, int]) -> dict[str, str]:
    cpus = draws.weighted(shares)
    memory = cpus * draws.weighted(_GIB_A_CPU) * _KIB_A_GIB
    disk = draws.weighted(_GIB_OF_DISK) * _KIB_A_GIB
    return {
        "cpu": str(cpus),
        "memory": f"{memory - memory * draws.number(_KEPT) // 1000}Ki",
        "ephemeral-storage": f"{disk - disk * draws.number(_KEPT) // 1000}Ki",
    }
