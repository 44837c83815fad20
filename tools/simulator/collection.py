"""Lists of objects that the simulated API serves, each object made when a page needs it."""

from collections.abc import Callable
from dataclasses import dataclass

from tools.simulator.messages import JsonObject, compact_json


@dataclass(frozen=True, kw_only=True)
class Collection:
    """All objects of one kind in a cluster, in the API's order: by namespace, then by name.

    `metadata` makes the metadata of the n-th object (from 0); `whole` makes the JSON of the whole
    object, and is None where only metadata is served.
    """

    path: str
    kind: str
    api_version: str
    size: int
    metadata: Callable[[int], JsonObject]
    whole: Callable[[int], bytes] | None

    def partial(self, position: int) -> bytes:
        """Encode one object as a `PartialObjectMetadata` of meta.k8s.io/v1."""
        return compact_json(
            {
                "kind": "PartialObjectMetadata",
                "apiVersion": "meta.k8s.io/v1",
                "metadata": self.metadata(position),
            }
        )


def collection_path(api_version: str, plural: str) -> str:
    """Return where a kind is listed: `/api/v1/pods`, `/apis/apps/v1/deployments`."""
    root = "/apis/" if "/" in api_version else "/api/"
    return f"{root}{api_version}/{plural}"
