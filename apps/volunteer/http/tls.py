"""TLS on our side: whom to trust, and the certificate to show. No key is written to a disk."""

import os
import re
import ssl
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import Final, NoReturn

from volunteer.redacted import Redacted

_NOT_ASCII: Final = re.compile(rb"[\x80-\xff]")


class Part(Enum):
    """Which part of what TLS needs is wrong."""

    AUTHORITY = "authority"
    CERTIFICATE = "certificate"
    KEY = "key"


class TlsMaterialRefused(Exception):
    """A certificate or a key cannot be used. Its text is the rule that it breaks."""

    def __init__(self, part: Part, rule: str) -> None:
        super().__init__(rule)
        self.part = part


class ClientCertificate(Redacted, frozen=True):
    """A certificate chain and its private key, both in PEM form."""

    certificate: bytes
    key: bytes


def client_context(
    *,
    authority: bytes | None = None,
    certificate: ClientCertificate | None = None,
    verify: bool = True,
) -> ssl.SSLContext:
    """Return our side of TLS, which trusts `authority`, in PEM form, or else what the machine does.

    Without `verify` anybody is trusted. Raises `TlsMaterialRefused`.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif authority is None:
        context.load_default_certs()
    else:
        _load_authority(context, authority, Part.AUTHORITY)
    if certificate is not None:
        _load_certificate(context, certificate)
    return context


def _load_authority(context: ssl.SSLContext, pem: bytes, part: Part) -> None:
    # Bundles have comments in any language between their certificates.
    text = _NOT_ASCII.sub(b"?", pem).decode("ascii")
    try:
        context.load_verify_locations(cadata=text)
    except (ssl.SSLError, ValueError) as error:
        raise TlsMaterialRefused(part, "holds no certificate in PEM form") from error


def _load_certificate(context: ssl.SSLContext, certificate: ClientCertificate) -> None:
    # Loaded as an authority, nothing but the certificate can be wrong.
    _load_authority(
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), certificate.certificate, Part.CERTIFICATE
    )
    with _as_file(certificate.certificate + b"\n" + certificate.key) as file:
        try:
            # Without a callback OpenSSL would ask for a password on the terminal.
            context.load_cert_chain(file, password=_refuse_password)
        except ssl.SSLError as error:
            if error.reason in {"KEY_VALUES_MISMATCH", "KEY_TYPE_MISMATCH"}:
                rule = "is not the key of the client certificate beside it"
            else:
                rule = "holds no private key in PEM form"
            raise TlsMaterialRefused(Part.KEY, rule) from error


def _refuse_password() -> NoReturn:
    raise TlsMaterialRefused(Part.KEY, "is encrypted; a key without a password is needed")


@contextmanager
def _as_file(content: bytes) -> Iterator[Path]:
    """Lend a file with `content`, which OpenSSL insists on: in memory where the system can."""
    if sys.platform == "linux":
        descriptor = os.memfd_create("key", os.MFD_CLOEXEC)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            yield Path(f"/proc/self/fd/{descriptor}")
    else:
        with tempfile.NamedTemporaryFile() as file:
            file.write(content)
            file.flush()
            yield Path(file.name)
