"""TLS for tests: a throw-away authority and a server certificate, kept in `testdata/`.

The server's names only localhost, 127.0.0.1 and ::1. Both are valid from 2020 to 2120, so that no
test depends on the date, and the authority's private key was not kept: it signs nothing more. They
were made with `openssl ca` (P-256, SHA-256, the extensions that RFC 5280 asks for), and are in the
tree because a machine that runs the tests need not have openssl.
"""

import ssl
from functools import cache
from importlib.resources import as_file, files
from typing import Final

_TEST_DATA: Final = files(__package__) / "testdata"


@cache
def authority_pem() -> str:
    """Return the certificate of the authority that a client must trust, as PEM text."""
    return (_TEST_DATA / "test-only-ca.pem").read_text()


def server_context() -> ssl.SSLContext:
    """Make the server's side of TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with (
        as_file(_TEST_DATA / "test-only-server.pem") as certificate,
        as_file(_TEST_DATA / "test-only-server.key") as key,
    ):
        context.load_cert_chain(certificate, key)
    return context
