"""Chooses one context: which user asks which cluster."""

from msgspec import Struct

from volunteer.cluster.errors import InvalidKubeconfig
from volunteer.cluster.kubeconfig.documents import Cluster, User
from volunteer.cluster.kubeconfig.places import Placed
from volunteer.cluster.kubeconfig.reading import Merged

_OPTION = "--context"


class Chosen(Struct, frozen=True):
    """`user` is None where the context names none: then nobody in particular asks."""

    cluster: Placed[Cluster]
    user: Placed[User] | None


def choose_context(merged: Merged, wanted: str | None) -> Chosen:
    """Return what the context `wanted`, or else the current one, leads to.

    Raises `InvalidKubeconfig` for what is not there, by its name.
    """
    name = wanted or (merged.current_context.value if merged.current_context else "")
    field = _OPTION if wanted else "current-context"
    if not merged.contexts:
        raise InvalidKubeconfig(merged.names, "contexts", "is empty: name another --kubeconfig")
    if not name:
        rule = f"is not set: choose one of {len(merged.contexts)} contexts with {_OPTION}"
        raise InvalidKubeconfig(merged.names, field, rule)
    context = merged.contexts.get(name)
    if context is None:
        rule = f"there is no context {_shown(name)} (`kubectl config get-contexts` lists them)"
        raise InvalidKubeconfig(merged.names, field, rule)
    cluster_name, user_name = context.value.cluster, context.value.user
    if not cluster_name:
        context.place.below("cluster").refuse("is not set: a context needs a cluster")
    if cluster_name not in merged.clusters:
        context.place.below("cluster").refuse(f"there is no cluster {_shown(cluster_name)}")
    if user_name and user_name not in merged.users:
        context.place.below("user").refuse(f"there is no user {_shown(user_name)}")
    user = merged.users[user_name] if user_name else None
    return Chosen(merged.clusters[cluster_name], user)


def _shown(name: str) -> str:
    return ascii(name)
