"""What a user may choose: which fields are left out, and which are sent as they are."""

from typing import Final

from msgspec import Struct

from report.vocabulary import NODE_TEXTS

VERBATIM_FIELDS: Final = frozenset({"masterVersion", "capacity", *NODE_TEXTS})
"""Wire names that a user may send as they are."""

WORKLOADS: Final = "workloads"
"""Wire name of what is not observed unless the user asks for it."""

DISTRIBUTION: Final = "distribution"
ROLE: Final = "role"

OMITTABLE_FIELDS: Final = VERBATIM_FIELDS | {"cloudProvider", DISTRIBUTION, ROLE, WORKLOADS}
"""Wire names that a user may leave out. A provider ID names a machine: it is never verbatim."""

NEVER_SENT: Final = (
    "names, labels, annotations, taints and owners of nodes",
    "addresses, pod networks and host names",
    "names of container images",
    "machineID, systemUUID, bootID",
    "providerID beyond its scheme",
    "names, labels, annotations and contents of namespaces and of what runs in them",
)
"""What no flag can make a report hold, in words for people."""


class Disclosure(Struct, frozen=True):
    """What the user wants sent otherwise than by default. Both hold wire names of fields."""

    omit: frozenset[str] = frozenset()
    verbatim: frozenset[str] = frozenset()
