"""Makes of a kubeconfig's context what it takes to speak to its API server.

Source: `validateClusterInfo` of client-go's `tools/clientcmd`, and `rest.TLSConfigFor`.
"""

import base64
import ssl
from collections.abc import Callable
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

import urllib3
from msgspec import Struct
from urllib3 import HTTPHeaderDict

from volunteer.cluster.access import Endpoint, Kubeconfig, Surroundings
from volunteer.cluster.kubeconfig.choosing import Chosen, choose_context
from volunteer.cluster.kubeconfig.documents import Cluster, User
from volunteer.cluster.kubeconfig.places import Place, Placed, file_or_data
from volunteer.cluster.kubeconfig.reading import read_kubeconfigs
from volunteer.cluster.kubeconfig.users import Identity, identify, nobody, sends_secrets
from volunteer.http.failures import PROXY_FAILURES, Failure
from volunteer.http.hosts import is_loopback
from volunteer.http.proxies import NoProxyUrl, Proxy, choose_proxy, parse_proxy
from volunteer.http.tls import Part, TlsMaterialRefused, client_context

_URL_RULE: Final = "must be the address of an API server: https://HOST[:PORT][/PATH]"


def kubeconfig_endpoint(access: Kubeconfig, surroundings: Surroundings) -> Endpoint:
    """Return the API server, and who asks it, of the context that `access` means.

    Raises `InvalidKubeconfig`, which names the file and the field.
    """
    merged = read_kubeconfigs(access, surroundings.environment)
    chosen = choose_context(merged, access.context)
    cluster, place = chosen.cluster.value, chosen.cluster.place
    authority = _authority(cluster, place)
    address = _parse_server(cluster, place, chosen, uses_tls=authority is not None)
    proxy = _own_proxy(cluster, place)
    pem = None if authority is None else authority.value
    identity = identify(chosen.user, cluster, pem, surroundings) if chosen.user else nobody()
    context = _context(cluster, authority, identity, chosen)
    warnings = list(merged.warnings)
    if cluster.insecure_skip_tls_verify and address.scheme == "https":
        field = place.below("insecure-skip-tls-verify")
        warnings.append(f"{field.file}: {field.field}: nobody vouches for the API server")
    return Endpoint(
        server=address.server,
        route=_route(proxy, surroundings),
        tls=lambda: context,
        server_name=cluster.tls_server_name or None,
        credentials=address.with_login(identity.headers),
        renewal=identity.renewal,
        advice=_advice(authority, identity, place, proxy),
        warnings=tuple(warnings),
    )


class _Address(Struct, frozen=True):
    """`login` is the header that a user and password within the address stand for, as in Go."""

    scheme: str
    server: str
    login: str | None

    def with_login(self, headers: Callable[[], HTTPHeaderDict]) -> Callable[[], HTTPHeaderDict]:
        """Return `headers` with the address' own login, where they have no other."""

        def both() -> HTTPHeaderDict:
            found = headers()
            if self.login is not None and "Authorization" not in found:
                found.add("Authorization", self.login)
            return found

        return both


def _authority(cluster: Cluster, place: Place) -> Placed[bytes] | None:
    authority = file_or_data(
        place,
        "certificate-authority",
        file=cluster.certificate_authority,
        data=cluster.certificate_authority_data,
    )
    if authority is not None and cluster.insecure_skip_tls_verify:
        place.below("insecure-skip-tls-verify").refuse(
            "stands beside a certificate-authority, which would not be used: keep one of them"
        )
    return authority


def _parse_server(cluster: Cluster, place: Place, chosen: Chosen, *, uses_tls: bool) -> _Address:
    where = place.below("server")
    if not cluster.server:
        where.refuse(f"is not set: {_URL_RULE}")
    user = chosen.user.value if chosen.user else User()
    has_certificate = bool(user.client_certificate or user.client_certificate_data)
    uses_tls = uses_tls or has_certificate or bool(cluster.insecure_skip_tls_verify)
    parts = _split(where, cluster.server, uses_tls=uses_tls)
    host = parts.hostname or ""
    login = None
    if parts.username:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        login = f"Basic {base64.b64encode(pair.encode()).decode('ascii')}"
    if parts.scheme == "http" and not is_loopback(host) and (login or sends_secrets(user)):
        where.refuse("must be https: http would send the user's credentials in the clear")
    netloc = parts.netloc.rpartition("@")[2]
    return _Address(parts.scheme, f"{parts.scheme}://{netloc}{parts.path.rstrip('/')}", login)


def _split(where: Place, server: str, *, uses_tls: bool) -> SplitResult:
    """Split an address; without a scheme it is https where anything of TLS is configured, as
    client-go has it (`rest.DefaultServerURL`).
    """
    scheme = "" if "://" in server else ("https://" if uses_tls else "http://")
    try:
        parts = urlsplit(f"{scheme}{server}")
        _ = parts.port  # reading it checks it
    except ValueError as error:
        where.refuse(_URL_RULE, error)
    is_plain = server.isascii() and server.isprintable() and " " not in server
    if parts.scheme not in {"http", "https"} or not parts.hostname or not is_plain:
        where.refuse(_URL_RULE)
    if parts.query or parts.fragment:
        where.refuse(_URL_RULE)
    return parts


def _own_proxy(cluster: Cluster, place: Place) -> Proxy | None:
    if not cluster.proxy_url:
        return None
    where = place.below("proxy-url")
    try:
        return parse_proxy(cluster.proxy_url, f"{where.file}: {where.field}")
    except NoProxyUrl as error:
        where.refuse(str(error), error)


def _route(own: Proxy | None, surroundings: Surroundings) -> Callable[[str], Proxy | None]:
    """Return the way to the API server: its own proxy, else what is meant for any server.

    What is in the clear is never shown to a proxy that was meant for the internet.
    """

    def route(url: str) -> Proxy | None:
        if own is not None:
            return own
        return choose_proxy(url, surroundings.proxies) if url.startswith("https:") else None

    return route


def _context(
    cluster: Cluster, authority: Placed[bytes] | None, identity: Identity, chosen: Chosen
) -> ssl.SSLContext:
    verify = not cluster.insecure_skip_tls_verify
    if not verify:
        # The warning is given once; urllib3 would repeat its own with every request.
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    try:
        return client_context(
            authority=None if authority is None else authority.value,
            certificate=identity.certificate,
            verify=verify,
        )
    except TlsMaterialRefused as error:
        _place_of(error.part, authority, identity, chosen).refuse(str(error), error)


def _place_of(
    part: Part, authority: Placed[bytes] | None, identity: Identity, chosen: Chosen
) -> Place:
    if part is Part.AUTHORITY and authority is not None:
        return authority.place
    place = identity.certificate_place or chosen.cluster.place
    if part is Part.KEY:
        return Place(place.file, place.field.replace("client-certificate", "client-key"))
    return place


def _advice(
    authority: Placed[bytes] | None, identity: Identity, place: Place, proxy: Proxy | None
) -> dict[Failure, str]:
    trusted = authority.place if authority else place.below("certificate-authority-data")
    advice = {
        Failure.CERTIFICATE: f"{trusted.file}: {trusted.field} names the authorities to trust",
        **dict.fromkeys(PROXY_FAILURES, proxy.source if proxy else "HTTPS_PROXY"),
    }
    if (shown := identity.certificate_place) is not None:
        advice[Failure.CLIENT_CERTIFICATE] = f"{shown.file}: {shown.field}"
    return advice
