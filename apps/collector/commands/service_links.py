"""Variables that Kubernetes makes, and that look like ours.

A pod gets variables for each Service of its namespace: one named `spartakus` makes
`SPARTAKUS_PORT=tcp://10.0.0.1:80`, which is no port and was set by nobody.
https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
"""

import re
from collections.abc import MutableMapping
from typing import Final

_NAME: Final = re.compile(r"SPARTAKUS_(?:\w+_)?PORT")
_LINK: Final = re.compile(r"(?:tcp|udp|sctp)://.*")


def drop_service_links(environment: MutableMapping[str, str]) -> None:
    """Remove such variables from `environment`, so that the flags keep their defaults."""
    for name, value in list(environment.items()):
        if _NAME.fullmatch(name) and _LINK.fullmatch(value):
            del environment[name]
