"""Values that hold secrets."""

import pytest

from volunteer.cluster.access import Surroundings
from volunteer.cluster.kubeconfig.exec_plugin import PluginCredentials
from volunteer.http.client import Response
from volunteer.http.proxies import Proxy
from volunteer.http.tls import ClientCertificate
from volunteer.redacted import Redacted
from volunteer.reporting.prepare import Identity

_CANARY = "canary"
_BYTES = _CANARY.encode()


@pytest.mark.parametrize(
    "value",
    [
        ClientCertificate(_BYTES, _BYTES),
        Response(200, {"Set-Cookie": _CANARY}, None, bytearray(_BYTES)),
        Identity(_CANARY, _BYTES),
        PluginCredentials(_CANARY, ClientCertificate(_BYTES, _BYTES)),
        Proxy("http", "host", 1, "HTTP_PROXY", _CANARY, _CANARY),
        Surroundings({"TOKEN": _CANARY}, {}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_shows_nothing(value: Redacted) -> None:
    """A value that holds a secret shows its class and nothing else, wherever it is printed."""
    for shown in (repr(value), str(value), f"{value}", repr([value])):
        assert type(value).__name__ in shown
        assert _CANARY not in shown
