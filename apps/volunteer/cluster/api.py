"""What observing a cluster takes of the Kubernetes API: GET, and nothing else."""

from collections.abc import Mapping
from typing import Final, Protocol

from volunteer.redacted import Redacted

WHOLE: Final = "application/json"
"""Media type of whole objects."""

METADATA_OF_LIST: Final = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
"""Media type of lists without what the objects hold.

Source: "Retrieving only metadata" in the Kubernetes API concepts. Whole objects are no fallback.
"""


class Answer(Redacted, frozen=True):
    """What the API server said. `retry_after` is seconds, None where it named none."""

    status: int
    body: bytearray
    retry_after: float | None = None


class ClusterApi(Protocol):
    """GET requests to one API server."""

    @property
    def server(self) -> str:
        """The address of the API server, as configured, without credentials."""

    @property
    def renewal(self) -> str:
        """What its user has to renew when the API server does not accept the credentials."""

    def get(
        self, path: str, query: Mapping[str, str], *, seconds: float, accept: str = WHOLE
    ) -> Answer:
        """Return the answer to one request, whatever its status; it may take so many `seconds`.

        `accept` is the media type to ask for.

        Raises `ClusterUnreachable` or `ClusterSilent` for what may pass, and another
        `ClusterError` for what will not; `NoClusterConfigured` where a token cannot be read.
        """

    def renew_credentials(self) -> None:
        """Read the credentials again: tokens are rotated while a pod lives.

        Raises `NoClusterConfigured`.
        """
