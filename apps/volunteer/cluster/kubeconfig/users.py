"""Who asks: the credentials of a kubeconfig's user, and whom they act for.

What kubectl refuses is refused, and credentials that cannot be had are an error: nobody is asked
without them instead. Source: `validateAuthInfo` of client-go's `tools/clientcmd`.
"""

import base64
from collections.abc import Callable
from typing import Final

from msgspec import Struct
from urllib3 import HTTPHeaderDict

from volunteer.cluster.access import BEARER_RULE, Surroundings, bearer, parse_token
from volunteer.cluster.kubeconfig.documents import AuthProvider, Cluster, User
from volunteer.cluster.kubeconfig.exec_plugin import run_plugin
from volunteer.cluster.kubeconfig.impersonation import impersonation
from volunteer.cluster.kubeconfig.openid import identity_token
from volunteer.cluster.kubeconfig.places import Place, Placed, file_or_data
from volunteer.http.tls import ClientCertificate
from volunteer.redacted import Redacted

_OIDC: Final = "oidc"
_REPLACED_BY: Final = {
    "gcp": "gke-gcloud-auth-plugin (`gcloud container clusters get-credentials` sets it up)",
    "azure": "kubelogin (`kubelogin convert-kubeconfig` sets it up)",
}


class Identity(Redacted, frozen=True, kw_only=True):
    """`headers` says who asks; `renewal` what to renew when that is not accepted."""

    headers: Callable[[], HTTPHeaderDict]
    certificate: ClientCertificate | None = None
    certificate_place: Place | None = None
    renewal: str


class _Authorisation(Struct, frozen=True):
    headers: Callable[[], HTTPHeaderDict]
    place: Place
    renewal: str
    certificate: ClientCertificate | None = None


def nobody() -> Identity:
    """Return who asks where a context names no user."""
    return Identity(headers=HTTPHeaderDict, renewal="the context names no user")


def sends_secrets(user: User) -> bool:
    """Whether this user's headers would tell a listener what to act with."""
    return any((user.token, user.token_file, user.username, user.exec, user.auth_provider))


def identify(
    user: Placed[User], cluster: Cluster, authority: bytes | None, surroundings: Surroundings
) -> Identity:
    """Return who `user` is. A plugin that it names is run, an identity provider asked.

    Raises `InvalidKubeconfig`, from `headers` as well: a token's file is read for each request.
    """
    _refuse_two(user)
    shown = impersonation(user)
    certificate, certificate_place = _certificate(user)
    authorisation = _authorisation(user, cluster, authority, surroundings)

    def headers() -> HTTPHeaderDict:
        both = authorisation.headers() if authorisation else HTTPHeaderDict()
        both.extend(shown)
        return both

    if authorisation is not None:
        place, renewal = authorisation.place, authorisation.renewal
        if authorisation.certificate is not None:
            certificate, certificate_place = authorisation.certificate, place
    else:
        place = certificate_place or user.place
        renewal = "renew this certificate" if certificate else "this user has no credentials"
    return Identity(
        headers=headers,
        certificate=certificate,
        certificate_place=certificate_place,
        renewal=f"{place.file}: {place.field}: {renewal}",
    )


def _refuse_two(user: Placed[User]) -> None:
    value, place = user.value, user.place
    if value.token and (value.username or value.password):
        place.below("token").refuse("stands beside username or password: keep one of them")
    if value.exec and value.auth_provider:
        place.below("exec").refuse("stands beside auth-provider: keep one of them")
    if value.password and not value.username:
        place.below("username").refuse("is not set, and there is a password")


def _certificate(user: Placed[User]) -> tuple[ClientCertificate | None, Place | None]:
    value, place = user.value, user.place
    certificate = file_or_data(
        place,
        "client-certificate",
        file=value.client_certificate,
        data=value.client_certificate_data,
    )
    key = file_or_data(place, "client-key", file=value.client_key, data=value.client_key_data)
    if certificate is None and key is None:
        return None, None
    if certificate is None:
        place.below("client-certificate").refuse("is not set, and there is a client-key")
    if key is None:
        place.below("client-key").refuse("is not set, and there is a client-certificate")
    return ClientCertificate(certificate.value, key.value), certificate.place


def _authorisation(
    user: Placed[User], cluster: Cluster, authority: bytes | None, surroundings: Surroundings
) -> _Authorisation | None:
    """Return what goes into the header `Authorization`, in client-go's order of preference."""
    value, place = user.value, user.place
    if value.auth_provider is not None:
        _check_provider(Placed(value.auth_provider, place.below("auth-provider")))
    if value.token_file:
        return _from_file(place.below("tokenFile"), value.token_file)
    if value.token:
        where = place.below("token")
        return _constant(bearer(_token(where, value.token)), where, "renew this token")
    if value.username:
        return _basic(place.below("username"), value.username, value.password or "")
    if value.exec is not None:
        plugin = Placed(value.exec, place.below("exec"))
        got = run_plugin(plugin, cluster, authority, surroundings)
        headers = bearer(got.token) if got.token else HTTPHeaderDict()
        renewal = f"log in again to what the plugin {value.exec.command!a} asks"
        return _constant(headers, plugin.place, renewal, got.certificate)
    if value.auth_provider is not None:
        provider = Placed(value.auth_provider, place.below("auth-provider"))
        token = identity_token(provider, surroundings)
        return _constant(bearer(token), provider.place, "log in again to the identity provider")
    return None


def _constant(
    headers: HTTPHeaderDict,
    place: Place,
    renewal: str,
    certificate: ClientCertificate | None = None,
) -> _Authorisation:
    return _Authorisation(headers.copy, place, renewal, certificate)


def _from_file(place: Place, written: str) -> _Authorisation:
    def headers() -> HTTPHeaderDict:
        return bearer(_token(place, place.read(written).decode("utf-8", "replace")))

    headers()
    return _Authorisation(headers, place, "renew the token in this file")


def _basic(place: Place, username: str, password: str) -> _Authorisation:
    if ":" in username:
        place.refuse("must hold no colon")
    pair = base64.b64encode(f"{username}:{password}".encode()).decode("ascii")
    headers = HTTPHeaderDict({"Authorization": f"Basic {pair}"})
    return _constant(headers, place, "Kubernetes from 1.19 on takes no passwords: use a token")


def _token(place: Place, text: str) -> str:
    token = parse_token(text)
    if token is None:
        place.refuse(BEARER_RULE)
    return token


def _check_provider(provider: Placed[AuthProvider]) -> None:
    name = provider.value.name or ""
    if name == _OIDC:
        return
    where = provider.place.below("name")
    if name in _REPLACED_BY:
        where.refuse(f"Kubernetes 1.26 removed {name}: use the plugin {_REPLACED_BY[name]}")
    where.refuse("names no provider that there is: use an exec plugin")
