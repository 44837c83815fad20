"""The shape of a report on the wire: what a volunteer sends and a collector keeps.

Field names, their order and the limits are those of the wire contract shared with the original
Go programs. `None` stands for a field that is absent; JSON `null` is read as absent too.
Types and lengths are enforced while decoding. Rules that no type can state (which characters a
string may hold, the grammar of extension keys) are enforced by `report.rules` and stated here as
patterns, for `report.schema.json`.

Each field carries a privacy note, which `report.privacy_notes` reads and `docs/privacy.md` prints.
"""

from typing import Annotated, Final, TypeAlias

from msgspec import Meta, Struct, field

from report.field_types import (
    ClusterID,
    ExtensionName,
    ExtensionValue,
    OptionalText,
    ReporterVersion,
    RequiredText,
    UnixSeconds,
    note,
)
from report.workload_schema import Workloads

MAX_NODES: Final = 20_000
MAX_CAPACITIES_PER_NODE: Final = 1_024
"""Real nodes have up to some sixty: plugins that name every device add one each, and Akri never
takes one away (project-akri/akri#181). No report of the original's volunteer is refused for it."""
MAX_EXTENSIONS: Final = 256


_VERSIONS_ARE_SHARED: Final = (
    "Anyone who knows the exact versions of your cluster can tell that a row fits it. It fits "
    "every cluster with the same versions; the rarer they are, the fewer."
)
_WORDS_ARE_SHARED: Final = (
    "As for versions: anyone who knows it of your nodes can tell that a row fits, like many others."
)


class Resource(Struct, frozen=True, gc=False):
    """How much of one resource a node has."""

    resource: Annotated[
        RequiredText,
        note(
            "Name of a resource: `cpu`, `memory`, `pods`, `nvidia.com/gpu`.",
            purpose="To know which kinds of hardware are in use.",
            treatment="Sent where the whole name is on the public list, else the resource is left "
            "out: names such as `example.com/team-red` are of people's own choosing. A collector "
            "leaves out the same ones on receipt.",
            guess=_WORDS_ARE_SHARED,
        ),
    ]
    value: Annotated[
        RequiredText,
        note(
            "How much of it, as a Kubernetes quantity: `4`, `15Gi`.",
            purpose="To know how large nodes are.",
            treatment="Sent where it is a quantity that a node can have of that resource: few "
            "digits, sizes rounded. Sizes are those of `memory`, `storage` and "
            "`ephemeral-storage`, in two digits of a binary unit: `15437428Ki` is sent as `15Gi`.",
            guess="Anyone who knows how large your nodes are can tell that a row fits, as it fits "
            "everyone with machines of these sizes. Sizes stay when IDs change.",
        ),
    ]


class Node(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False, rename="camel"):
    """One anonymous node."""

    id: Annotated[
        RequiredText,
        note(
            "Pseudonym of the node, 32 hex digits.",
            purpose="To tell a node that stays from one that is replaced.",
            treatment="BLAKE2b over the cluster ID and the node's name, machineID and systemUUID. "
            "Its key is your secret, else the UID of the namespace `kube-system`. Where there is "
            "neither, it is a random number, another in every report.",
            guess="With a secret: only those who can read it. With the UID as key: anyone who "
            "knows that UID and a node's name, machineID and systemUUID can test whether that node "
            "is in a row; the operator of a managed cluster and monitoring vendors know all four. "
            "Without a key: nobody.",
        ),
    ]
    operating_system: Annotated[
        OptionalText | None,
        note(
            "Operating system: `linux`, `windows`.",
            purpose="To know what Kubernetes runs on.",
            treatment="Sent where it is on the public list, else `other`.",
            guess=_WORDS_ARE_SHARED,
        ),
    ] = None
    os_image: Annotated[
        OptionalText | None,
        note(
            "Distribution and release: `Debian GNU/Linux 12 (bookworm)`.",
            purpose="To know which distributions, and which of their releases, are in use.",
            treatment="The family, the numbers of its release, and code names on the public list; "
            "the rest is cut. `other` where the family is not on the list.",
            guess=_VERSIONS_ARE_SHARED,
        ),
    ] = None
    kernel_version: Annotated[
        OptionalText | None,
        note(
            "Version of the kernel: `6.1.0-18-cloud-amd64`.",
            purpose="To know how old the kernels are that Kubernetes has to support.",
            treatment="Numbers and the suffixes of known distributions; another suffix is cut.",
            guess=_VERSIONS_ARE_SHARED,
        ),
    ] = None
    architecture: Annotated[
        OptionalText | None,
        note(
            "Processor architecture: `amd64`, `arm64`.",
            purpose="To know which architectures images have to be built for.",
            treatment="Sent where it is on the public list, else `other`.",
            guess=_WORDS_ARE_SHARED,
        ),
    ] = None
    container_runtime_version: Annotated[
        OptionalText | None,
        note(
            "Container runtime and its version: `containerd://1.7.13`.",
            purpose="To know which runtimes, and how old ones, are in use.",
            treatment="A known runtime, numbers and known flavours; the rest is cut.",
            guess=_VERSIONS_ARE_SHARED,
        ),
    ] = None
    kubelet_version: Annotated[
        OptionalText | None,
        note(
            "Version of the kubelet: `v1.30.2`.",
            purpose="To know which versions are in use, and how far nodes lag behind.",
            treatment="Numbers and the flavours of known distributions; the rest is cut.",
            guess=_VERSIONS_ARE_SHARED,
        ),
    ] = None
    cloud_provider: Annotated[
        OptionalText | None,
        note(
            "Where the node runs: `aws`, `gce`, `unknown`.",
            purpose="To know where clusters run.",
            treatment="The scheme of providerID where it is on the public list, else `unknown`. "
            "Nothing after the scheme is ever sent, whatever the flags.",
            guess=_WORDS_ARE_SHARED,
        ),
    ] = None
    capacity: Annotated[
        Annotated[tuple[Resource, ...], Meta(max_length=MAX_CAPACITIES_PER_NODE)] | None,
        note(
            "Resources that the node has.",
            purpose="To know how large nodes are, and what hardware they have.",
            treatment="Only resources with a public name and a quantity, in alphabetical order.",
            guess="See `resource` and `value`.",
        ),
    ] = None
    role: Annotated[
        OptionalText | None,
        note(
            "What the node is for: `control-plane` or `worker`.",
            purpose="To tell the nodes that run Kubernetes itself from those that run workloads.",
            treatment="One of the two words: the first where the node has one of the two label "
            "keys with which Kubernetes marks it, whatever their values. No label is sent.",
            guess=_WORDS_ARE_SHARED,
        ),
    ] = None


class Extension(Struct, frozen=True, gc=False):
    """One fact that the user chose to add."""

    name: Annotated[
        ExtensionName,
        note(
            "Name of a fact of your own, such as `example.com/region`.",
            purpose="Whatever you want it for.",
            treatment="Your own words, sent as they are.",
            guess="Anyone who knows your words recognises them.",
        ),
    ]
    value: Annotated[
        ExtensionValue,
        note(
            "The fact itself.",
            purpose="Whatever you want it for.",
            treatment="Your own words, sent as they are.",
            guess="Anyone who knows your words recognises them.",
        ),
    ]


Nodes: TypeAlias = Annotated[tuple[Node, ...], Meta(max_length=MAX_NODES)]
Extensions: TypeAlias = Annotated[tuple[Extension, ...], Meta(max_length=MAX_EXTENSIONS)]


class Report(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """One report from one cluster."""

    version: Annotated[
        ReporterVersion,
        note(
            "Version of the program that made the report. Never parsed.",
            purpose="To know which reports a defect of that program touched.",
            treatment="Sent as it is: it comes from the program, not from your cluster.",
            guess="None: everybody who runs the same release sends the same.",
        ),
    ]
    timestamp: Annotated[
        UnixSeconds | None,
        note(
            "When the report was made, in UNIX seconds.",
            purpose="To date a report that is printed or passed on.",
            treatment="A collector does not keep it: it stamps the hour of receipt.",
            guess="Anyone who sees the connection knows its time and address anyway. The hour that "
            "is kept fits every line of an access log in that hour.",
        ),
    ] = None
    cluster_id: Annotated[
        ClusterID,
        note(
            "Name under which the reports of one cluster are counted.",
            purpose="To count a cluster once, however often it reports.",
            treatment="What you typed, unchanged; a random UUID is best. With `auto`, a UUID "
            "derived from your secret, or else from the UID of the namespace `kube-system`.",
            guess="Anyone who knows what you typed finds your rows. With `auto` and a secret: only "
            "those who can read it. With `auto` and no secret: those who know that UID.",
        ),
    ] = field(name="clusterID")
    master_version: Annotated[
        OptionalText | None,
        note(
            "Version of the Kubernetes API server: `v1.30.2`.",
            purpose="To know which versions are in use, and for how long.",
            treatment="Numbers and the flavours of known distributions; the rest is cut.",
            guess=_VERSIONS_ARE_SHARED,
        ),
    ] = None
    nodes: Annotated[
        Nodes | None,
        note(
            "The nodes of the cluster, none of them by name.",
            purpose="To know how large clusters are, and how alike their nodes.",
            treatment="Sorted by `id`: the order in which Kubernetes lists nodes is that of their "
            "names.",
            guess="Anyone who knows how many nodes you run, and of which kinds, can tell that a "
            "row fits; a very large or very unusual cluster may be the only one.",
        ),
    ] = None
    extensions: Annotated[
        Extensions | None,
        note(
            "Facts that you chose to add. Usually none.",
            purpose="Whatever you want them for.",
            treatment="Your own words, sent as they are.",
            guess="Anyone who knows your words recognises them.",
        ),
    ] = None
    workloads: Annotated[
        Workloads | None,
        note(
            "How many namespaces and workloads there are, and their ages. Absent unless asked for.",
            purpose="To know how clusters are used, beyond their nodes.",
            treatment="Left out without `--include workloads`. Counts and rounded ages only, and "
            "no name of anything.",
            guess="See the fields below.",
        ),
    ] = None
    distribution: Annotated[
        OptionalText | None,
        note(
            "Distribution of Kubernetes: `eks`, `k3s`, `openshift`.",
            purpose="To know which distributions are in use.",
            treatment="A word of a public list, told by the marks of versions and images, by "
            "schemes of providerID, and by which documented label keys nodes have, whatever their "
            "values; else `other`. No label is sent.",
            guess="Anyone who knows which distribution you run can tell that a row fits, as it "
            "fits everyone else who runs it.",
        ),
    ] = None
