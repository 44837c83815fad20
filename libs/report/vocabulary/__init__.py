"""The public words that a report may hold.

Each function takes one text of a cluster and says what of it may be sent. The words are in the data
files of this folder, with their sources; `report.vocabulary.templates` says how to read them.
"""

from collections.abc import Callable, Mapping
from typing import Final

from report.vocabulary.distributions import (
    NO_DISTRIBUTION,
    Signs,
    distribution_place,
    distribution_word,
    node_role,
    public_label_keys,
)
from report.vocabulary.quantities import (
    SIZES,
    is_public_quantity,
    is_quantity,
    rounded_size,
)
from report.vocabulary.recognition import Recognised
from report.vocabulary.versions import (
    container_runtime_version,
    kernel_version,
    kubernetes_version,
    os_image,
)
from report.vocabulary.words import (
    architecture,
    cloud_provider,
    is_known_resource,
    is_known_workload_kind,
    operating_system,
)

NODE_TEXTS: Final[Mapping[str, Callable[[str], Recognised]]] = {
    "operatingSystem": operating_system,
    "osImage": os_image,
    "kernelVersion": kernel_version,
    "architecture": architecture,
    "containerRuntimeVersion": container_runtime_version,
    "kubeletVersion": kubernetes_version,
}
"""What says of a text of `v1.NodeInfo` how much of it is public, by the field's name, which is the
same in a report. A user may send each of these texts as it is.
"""

__all__ = [
    "NODE_TEXTS",
    "NO_DISTRIBUTION",
    "SIZES",
    "Recognised",
    "Signs",
    "architecture",
    "cloud_provider",
    "container_runtime_version",
    "distribution_place",
    "distribution_word",
    "is_known_resource",
    "is_known_workload_kind",
    "is_public_quantity",
    "is_quantity",
    "kernel_version",
    "kubernetes_version",
    "node_role",
    "operating_system",
    "os_image",
    "public_label_keys",
    "rounded_size",
]
