"""The structs of `report.schema` without constraints and notes: what decoding is compared with.

A test holds their fields to those of the originals.
"""

from msgspec import Struct, field


class PlainResource(Struct, frozen=True, gc=False):
    """As `report.Resource`."""

    resource: str
    value: str


class PlainNode(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False, rename="camel"):
    """As `report.Node`."""

    id: str
    operating_system: str | None = None
    os_image: str | None = None
    kernel_version: str | None = None
    architecture: str | None = None
    container_runtime_version: str | None = None
    kubelet_version: str | None = None
    cloud_provider: str | None = None
    capacity: tuple[PlainResource, ...] | None = None
    role: str | None = None


class PlainExtension(Struct, frozen=True, gc=False):
    """As `report.Extension`."""

    name: str
    value: str


class PlainNamespaceCount(
    Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False, rename="camel"
):
    """As `report.NamespaceCount`."""

    count: int
    mean_age: int | None = None
    median_age: int | None = None


class PlainWorkloadKind(
    Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False, rename="camel"
):
    """As `report.WorkloadKind`."""

    kind: str
    per_namespace: tuple[int, ...]
    mean_age: int | None = None
    median_age: int | None = None


class PlainWorkloads(
    Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False, rename="camel"
):
    """As `report.Workloads`."""

    namespaces: PlainNamespaceCount
    kinds: tuple[PlainWorkloadKind, ...] | None = None


class PlainReport(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """As `report.Report`."""

    version: str
    timestamp: str | None = None
    cluster_id: str = field(name="clusterID")
    master_version: str | None = None
    nodes: tuple[PlainNode, ...] | None = None
    extensions: tuple[PlainExtension, ...] | None = None
    workloads: PlainWorkloads | None = None
    distribution: str | None = None
