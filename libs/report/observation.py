"""What the volunteer saw: identifying, and sealed so that it cannot leave by accident.

Every text that comes from a cluster is an `Identifying` from the moment it is decoded. It has no
useful repr, no encoder takes it, and it cannot be pickled or copied into a log line. The only way
on is `report.anonymisation`, which opens it and returns a `Report`.

`Observation` and `NodeObservation` are plain slotted classes on purpose: msgspec and many other
encoders take dataclasses and Structs, and take neither of these.
"""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, NoReturn, final

REDACTED: Final = "[redacted]"


class Sealed:
    """Refuses every standard way of turning an object into text or bytes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({REDACTED})"

    def __format__(self, format_spec: str) -> str:
        return repr(self)

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError(f"{type(self).__name__} holds identifying facts and cannot be serialised")

    def __getstate__(self) -> NoReturn:
        self.__reduce_ex__(None)


@final
class Identifying(Sealed):
    """A text that may identify a cluster, a node or a person."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text. Only `report.anonymisation` and `report.pseudonym` have a reason to call
        this; tests/architecture/sealed_test.py keeps it so.
        """
        return self._text

    def __eq__(self, other: object) -> bool:
        """Whether both hold the same text, so that equal ones can be counted unopened."""
        return isinstance(other, Identifying) and other._holds(self._text)

    def __hash__(self) -> int:
        return hash(self._text)

    def _holds(self, text: str) -> bool:
        return self._text == text

    def __bool__(self) -> bool:
        """Whether there is a text at all; what a cluster does not say is an empty one."""
        return bool(self._text)


EMPTY: Final = Identifying("")
"""What the API does not say."""


@final
class NodeObservation(Sealed):
    """One node as the Kubernetes API describes it, reduced to the fields that a report needs.

    Fields are named after `v1.Node`: `metadata.name`, `status.nodeInfo.*`, `spec.providerID`,
    `status.capacity`. A field that the API left out is an empty text. `label_keys` are those of
    the public keys (`report.vocabulary.public_label_keys`) that are in `metadata.labels`.
    """

    __slots__ = (
        "architecture",
        "capacity",
        "container_runtime_version",
        "kernel_version",
        "kubelet_version",
        "label_keys",
        "machine_id",
        "name",
        "operating_system",
        "os_image",
        "provider_id",
        "system_uuid",
    )

    def __init__(
        self,
        *,
        name: Identifying,
        machine_id: Identifying = EMPTY,
        system_uuid: Identifying = EMPTY,
        provider_id: Identifying = EMPTY,
        operating_system: Identifying = EMPTY,
        os_image: Identifying = EMPTY,
        kernel_version: Identifying = EMPTY,
        architecture: Identifying = EMPTY,
        container_runtime_version: Identifying = EMPTY,
        kubelet_version: Identifying = EMPTY,
        capacity: Mapping[Identifying, Identifying] = MappingProxyType({}),
        label_keys: frozenset[str] = frozenset(),
    ) -> None:
        self.name = name
        self.machine_id = machine_id
        self.system_uuid = system_uuid
        self.provider_id = provider_id
        self.operating_system = operating_system
        self.os_image = os_image
        self.kernel_version = kernel_version
        self.architecture = architecture
        self.container_runtime_version = container_runtime_version
        self.kubelet_version = kubelet_version
        self.capacity = capacity
        self.label_keys = label_keys


@final
class WorkloadKindObservation(Sealed):
    """All objects of one kind: how many there are in each namespace, and when each was made.

    `kind` is its plural, as the API names it. `created` is UNIX seconds, in no order.
    """

    __slots__ = ("counts", "created", "kind")

    def __init__(
        self, *, kind: str, counts: Mapping[Identifying, int], created: Sequence[float]
    ) -> None:
        self.kind = kind
        self.counts = counts
        self.created = created


@final
class WorkloadsObservation(Sealed):
    """Namespaces, by name, with the UNIX seconds at which they were made (None where the API does
    not say), and what is in them: a stream that is read once, one kind in memory.
    """

    __slots__ = ("kinds", "namespaces")

    def __init__(
        self,
        *,
        namespaces: Mapping[Identifying, float | None],
        kinds: Iterable[WorkloadKindObservation],
    ) -> None:
        self.namespaces = namespaces
        self.kinds = kinds


@final
class Observation(Sealed):
    """What was seen of a cluster at one time.

    `nodes` may be a stream that is read once, page by page, so that a large cluster is never
    whole in memory before it is anonymous. `kube_system_uid` is the UID of the `kube-system`
    namespace where the volunteer may read it, else None. `workloads` is None unless asked for.
    """

    __slots__ = ("kube_system_uid", "master_version", "nodes", "workloads")

    def __init__(
        self,
        *,
        master_version: Identifying,
        nodes: Iterable[NodeObservation],
        kube_system_uid: Identifying | None = None,
        workloads: WorkloadsObservation | None = None,
    ) -> None:
        self.master_version = master_version
        self.nodes = nodes
        self.kube_system_uid = kube_system_uid
        self.workloads = workloads
