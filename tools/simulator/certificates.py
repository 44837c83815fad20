"""TLS for tests: throw-away authorities, a server's certificate and a client's, in `testdata/`.

The server's names only localhost, 127.0.0.1 and ::1; the client's is of another authority. All are
valid from 2020 to 2120, so that no test depends on the date, and the authorities' private keys were
not kept: they sign nothing more. They are P-256 with SHA-256 and the extensions that RFC 5280 asks
for, and are in the tree because a machine that runs the tests need not be able to make any.
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


def client_pem() -> str:
    """Return the certificate of a client that the server knows, as PEM text."""
    return (_TEST_DATA / "test-only-client.pem").read_text()


def client_key_pem(*, encrypted: bool = False) -> str:
    """Return the key of that client, as PEM text."""
    name = "test-only-client-encrypted.key" if encrypted else "test-only-client.key"
    return (_TEST_DATA / name).read_text()


def server_key_pem() -> str:
    """Return the key of the server, as PEM text, which fits no client's certificate."""
    return (_TEST_DATA / "test-only-server.key").read_text()


def server_context() -> ssl.SSLContext:
    """Make the server's side of TLS, which asks clients for a certificate that they may have."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with (
        as_file(_TEST_DATA / "test-only-server.pem") as certificate,
        as_file(_TEST_DATA / "test-only-server.key") as key,
    ):
        context.load_cert_chain(certificate, key)
    context.load_verify_locations(cadata=(_TEST_DATA / "test-only-client-ca.pem").read_text())
    context.verify_mode = ssl.CERT_OPTIONAL
    return context
