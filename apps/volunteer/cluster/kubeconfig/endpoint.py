"""Makes of a kubeconfig's context what it takes to speak to its API server.

Source: `validateClusterInfo` of client-go's `tools/clientcmd`, and `rest.TLSConfigFor`.
"""

import base64
import ssl
from collections.abc import Callable
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

import urllib3
from urllib3 import HTTPHeaderDict

from volunteer.cluster.access import Endpoint, Kubeconfig, Surroundings
from volunteer.cluster.kubeconfig.documents import Cluster, Place, Placed, User, file_or_data
from volunteer.cluster.kubeconfig.reading import Chosen, choose_context, read_kubeconfigs
from volunteer.cluster.kubeconfig.users import Identity, identify, nobody, sends_secrets
from volunteer.http.failures import PROXY_FAILURES, Failure
from volunteer.http.hosts import is_host, is_loopback
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
    address = _parse_server(chosen, has_authority=authority is not None)
    proxy = _own_proxy(cluster, place)
    pem = None if authority is None else authority.value
    identity = identify(chosen.user, cluster, pem, surroundings) if chosen.user else nobody()
    context = _context(cluster, authority, identity, place)
    warnings = list(merged.warnings)
    if cluster.insecure_skip_tls_verify and address.scheme == "https":
        warnings.append(
            f"{place.below('insecure-skip-tls-verify')}: nobody vouches for the API server"
        )
    netloc = address.netloc.rpartition("@")[2]
    return Endpoint(
        server=f"{address.scheme}://{netloc}{address.path.rstrip('/')}",
        route=_route(proxy, surroundings),
        tls=lambda: context,
        server_name=cluster.tls_server_name or None,
        credentials=_with_login(address, identity.headers),
        renewal=identity.renewal,
        advice=_advice(authority, identity, place, proxy),
        warnings=tuple(warnings),
    )


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


def _parse_server(chosen: Chosen, *, has_authority: bool) -> SplitResult:
    """Return the parts of the server's address; a query or fragment in it is nothing to kubectl.

    Without a scheme it is https where anything of TLS is configured, as client-go has it
    (`rest.DefaultServerURL`).
    """
    cluster, where = chosen.cluster.value, chosen.cluster.place.below("server")
    user = chosen.user.value if chosen.user else User()
    server = cluster.server
    if not server:
        where.refuse(f"is not set: {_URL_RULE}")
    if "://" not in server:
        has_certificate = bool(user.client_certificate or user.client_certificate_data)
        uses_tls = has_authority or has_certificate or cluster.insecure_skip_tls_verify
        server = f"{'https' if uses_tls else 'http'}://{server}"
    try:
        parts = urlsplit(server)
        _ = parts.port  # reading it checks it
    except ValueError as error:
        where.refuse(_URL_RULE, error)
    is_plain = server.isascii() and server.isprintable() and " " not in server
    is_url = parts.scheme in {"http", "https"} and is_plain
    if not is_url or not parts.hostname or not is_host(parts.netloc.rpartition("@")[2]):
        where.refuse(_URL_RULE)
    has_secret = bool(parts.username) or sends_secrets(user)
    if parts.scheme == "http" and not is_loopback(parts.hostname) and has_secret:
        where.refuse("must be https: http would send the user's credentials in the clear")
    return parts


def _with_login(
    address: SplitResult, headers: Callable[[], HTTPHeaderDict]
) -> Callable[[], HTTPHeaderDict]:
    """Return `headers` with the login within the address, if any: in Go it goes before others."""
    if not address.username:
        return headers
    pair = f"{unquote(address.username)}:{unquote(address.password or '')}"
    login = f"Basic {base64.b64encode(pair.encode()).decode('ascii')}"

    def both() -> HTTPHeaderDict:
        found = headers()
        found["Authorization"] = login
        return found

    return both


def _own_proxy(cluster: Cluster, place: Place) -> Proxy | None:
    if not cluster.proxy_url:
        return None
    where = place.below("proxy-url")
    try:
        return parse_proxy(cluster.proxy_url, str(where))
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
    cluster: Cluster, authority: Placed[bytes] | None, identity: Identity, place: Place
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
        if error.part is Part.AUTHORITY and authority is not None:
            authority.place.refuse(str(error), error)
        where = identity.certificate_place or place
        if error.part is Part.KEY:
            where = Place(where.file, where.field.replace("client-certificate", "client-key"))
        where.refuse(str(error), error)


def _advice(
    authority: Placed[bytes] | None, identity: Identity, place: Place, proxy: Proxy | None
) -> dict[Failure, str]:
    trusted = authority.place if authority else place.below("certificate-authority-data")
    advice = {
        Failure.AUTHORITY: f"{trusted} names the authorities to trust",
        **dict.fromkeys(PROXY_FAILURES, proxy.source if proxy else "HTTPS_PROXY"),
    }
    if identity.certificate_place is not None:
        advice[Failure.CLIENT_CERTIFICATE] = str(identity.certificate_place)
    return advice
