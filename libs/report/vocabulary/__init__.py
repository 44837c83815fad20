"""The public words that a report may hold.

Each vocabulary takes one text of a cluster and says what of it may be sent. The words are data
files in this folder, with their sources; `templates` says how to read them.
"""

from report.vocabulary.platforms import architecture, operating_system, os_image
from report.vocabulary.providers import cloud_provider
from report.vocabulary.recognised import Recognised
from report.vocabulary.resources import is_known_resource, is_quantity
from report.vocabulary.versions import (
    container_runtime_version,
    kernel_version,
    kubernetes_version,
)

__all__ = [
    "Recognised",
    "architecture",
    "cloud_provider",
    "container_runtime_version",
    "is_known_resource",
    "is_quantity",
    "kernel_version",
    "kubernetes_version",
    "operating_system",
    "os_image",
]
