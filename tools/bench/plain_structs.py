"""The structs of `report.schema` without constraints and notes: what decoding is compared with.

A test holds their fields to those of the originals.
"""

from msgspec import Struct, field


class PlainResource(Struct, frozen=True, gc=False):
    """As `report.Resource`."""

    resource: str
    value: str


class PlainNode(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
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


class PlainExtension(Struct, frozen=True, gc=False):
    """As `report.Extension`."""

    name: str
    value: str


class PlainReport(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """As `report.Report`."""

    version: str
    timestamp: str | None = None
    cluster_id: str = field(name="clusterID")
    master_version: str | None = None
    nodes: tuple[PlainNode, ...] | None = None
    extensions: tuple[PlainExtension, ...] | None = None
