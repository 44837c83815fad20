"""A machine as the Kubernetes API describes it: the JSON of a `v1.Node`, about 8 KB."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from tools.simulator.draws import Draws
from tools.simulator.machines import Machine
from tools.simulator.messages import JsonObject, compact_json

# Every generated object was made before this moment. A fixed one: the same seed, the same bytes.
GENERATED_AT: Final = datetime(2026, 1, 1, tzinfo=UTC)
_YEAR_SECONDS: Final = 365 * 24 * 3600
_CONDITIONS: Final = (
    ("MemoryPressure", "False", "KubeletHasSufficientMemory"),
    ("DiskPressure", "False", "KubeletHasNoDiskPressure"),
    ("PIDPressure", "False", "KubeletHasSufficientPID"),
    ("Ready", "True", "KubeletReady"),
)
# The list of images is put into the finished text: it is made once for many nodes.
_IMAGES_PLACEHOLDER: Final = b'"images":[]'


def node_json(machine: Machine, images: bytes, resource_version: int) -> bytes:
    """Encode one node with this list of images (JSON)."""
    document = {
        "metadata": node_metadata(machine, resource_version),
        "spec": _spec(machine),
        "status": _status(machine),
    }
    return compact_json(document).replace(_IMAGES_PLACEHOLDER, b'"images":' + images, 1)


def node_metadata(machine: Machine, resource_version: int) -> JsonObject:
    """Make the metadata of a node, all of it identifying."""
    return {
        "name": machine.name,
        "uid": machine.uid,
        "resourceVersion": str(resource_version),
        "creationTimestamp": timestamp(created_at(machine.uid)),
        "labels": node_labels(machine),
        "annotations": {
            "csi.volume.kubernetes.io/nodeid": compact_json({"csi.example": machine.name}).decode(),
            "node.alpha.kubernetes.io/ttl": "0",
            "volumes.kubernetes.io/controller-managed-attach-detach": "true",
            f"{machine.company}.example/owner": f"alice@{machine.company}.example",
        },
        "ownerReferences": [
            {
                "apiVersion": "cluster.x-k8s.io/v1beta1",
                "kind": "Machine",
                "name": f"{machine.company}-{machine.number}",
                "uid": machine.system_uuid,
            }
        ],
        "managedFields": _managed_fields(machine),
    }


def created_at(label: str) -> datetime:
    """Return when the object with this label was made: at most a year before `GENERATED_AT`."""
    age_seconds = 60 + Draws("created", label).number(_YEAR_SECONDS)
    return GENERATED_AT - timedelta(seconds=age_seconds)


def timestamp(moment: datetime) -> str:
    """Write a moment as the API does (RFC 3339, UTC, whole seconds)."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def node_labels(machine: Machine) -> Mapping[str, str]:
    """Make the labels of a node: the keys are public, most values are not."""
    platform = machine.platform
    role = {"node-role.kubernetes.io/control-plane": ""} if machine.number == 0 else {}
    return {
        "beta.kubernetes.io/arch": platform.architecture,
        "beta.kubernetes.io/os": platform.operating_system,
        "kubernetes.io/arch": platform.architecture,
        "kubernetes.io/hostname": machine.name,
        "kubernetes.io/os": platform.operating_system,
        "node.kubernetes.io/instance-type": platform.instance_type,
        "topology.kubernetes.io/region": machine.region,
        "topology.kubernetes.io/zone": machine.zone,
        f"{machine.company}.example/team": "payments",
        **{key: machine.fill(value) for key, value in platform.labels.items()},
        **role,
    }


def _managed_fields(machine: Machine) -> list[JsonObject]:
    labels: JsonObject = {f"f:{name}": {} for name in node_labels(machine)}
    conditions: JsonObject = {
        f'k:{{"type":"{kind}"}}': {"f:lastHeartbeatTime": {}, "f:status": {}, "f:reason": {}}
        for kind, _, _ in _CONDITIONS
    }
    return [
        {
            "manager": "kubelet",
            "operation": "Update",
            "apiVersion": "v1",
            "time": timestamp(GENERATED_AT),
            "fieldsType": "FieldsV1",
            "fieldsV1": {"f:metadata": {"f:labels": labels}},
        },
        {
            "manager": "kubelet",
            "operation": "Update",
            "apiVersion": "v1",
            "time": timestamp(GENERATED_AT),
            "fieldsType": "FieldsV1",
            "fieldsV1": {"f:status": {"f:conditions": conditions, "f:images": {}}},
            "subresource": "status",
        },
    ]


def _spec(machine: Machine) -> JsonObject:
    pod_network = f"172.{16 + (machine.number >> 8 & 15)}.{machine.number & 255}.0/24"
    spec: JsonObject = {"podCIDR": pod_network, "podCIDRs": [pod_network]}
    if machine.provider_id:
        spec["providerID"] = machine.provider_id
    if machine.platform.operating_system == "windows":
        spec["taints"] = [{"key": "os", "value": "windows", "effect": "NoSchedule"}]
    return spec


def _status(machine: Machine) -> JsonObject:
    capacity = node_capacity(machine)
    return {
        "capacity": capacity,
        "allocatable": {**capacity, "cpu": f"{int(capacity['cpu']) * 1000 - 80}m"},
        "conditions": [_condition(machine, *condition) for condition in _CONDITIONS],
        "addresses": [
            {"type": "InternalIP", "address": machine.address},
            {"type": "ExternalIP", "address": machine.external_address},
            {"type": "Hostname", "address": machine.name},
        ],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
        "nodeInfo": node_info(machine),
        "images": [],
    }


def node_capacity(machine: Machine) -> dict[str, str]:
    """Make what a node offers; its platform's resources come before what is drawn."""
    draws = Draws("capacity", machine.uid)
    cpus = 2 << draws.number(6)
    return {
        "cpu": str(cpus),
        "ephemeral-storage": f"{20_000_000 + draws.number(80_000_000)}Ki",
        "hugepages-2Mi": "0",
        "memory": f"{cpus * 4_000_000 - draws.number(200_000)}Ki",
        "pods": "110",
        **{machine.fill(name): value for name, value in machine.platform.resources.items()},
    }


def _condition(machine: Machine, kind: str, status: str, reason: str) -> JsonObject:
    return {
        "type": kind,
        "status": status,
        "lastHeartbeatTime": timestamp(GENERATED_AT),
        "lastTransitionTime": timestamp(created_at(machine.uid)),
        "reason": reason,
        "message": f"kubelet on {machine.name} reports {reason}",
    }


def node_info(machine: Machine) -> Mapping[str, str]:
    """Make `status.nodeInfo`."""
    platform = machine.platform
    return {
        "machineID": machine.machine_id,
        "systemUUID": machine.system_uuid,
        "bootID": machine.boot_id,
        "kernelVersion": machine.fill(platform.kernel),
        "osImage": machine.fill(platform.os_image),
        "containerRuntimeVersion": machine.fill(platform.runtime),
        "kubeletVersion": platform.kubelet,
        "kubeProxyVersion": platform.kubelet,
        "operatingSystem": platform.operating_system,
        "architecture": platform.architecture,
    }
