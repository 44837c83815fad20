"""Who asks: the credentials of a kubeconfig's user, and whom they act for.

What kubectl refuses is refused, and credentials that cannot be had are an error: nobody is asked
without them instead. Sources: `validateAuthInfo` of client-go's `tools/clientcmd`, and "User
impersonation" in Kubernetes' documentation.
"""

import base64
import re
from collections.abc import Callable
from typing import Final
from urllib.parse import quote

from msgspec import Struct
from urllib3 import HTTPHeaderDict

from volunteer.cluster.access import BEARER_RULE, Surroundings, bearer, parse_token
from volunteer.cluster.errors import InvalidKubeconfig
from volunteer.cluster.kubeconfig import exec_plugin, openid
from volunteer.cluster.kubeconfig.documents import (
    AuthProvider,
    Cluster,
    Place,
    Placed,
    User,
    file_or_data,
)
from volunteer.http.tls import ClientCertificate
from volunteer.redacted import Redacted

_REPLACED_BY: Final = {
    "gcp": "gke-gcloud-auth-plugin (`gcloud container clusters get-credentials` sets it up)",
    "azure": "kubelogin (`kubelogin convert-kubeconfig` sets it up)",
}
# RFC 9110, section 5.5: what a header's value may not hold.
_NOT_IN_HEADERS: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
# RFC 9110, section 5.6.2: what a header's name may hold besides letters and digits, but `%`.
_IN_HEADER_NAMES: Final = "!#$&'*+-.^_`|~"


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
    _check(user, surroundings)
    shown = _impersonation(user)
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
        renewal=f"{place}: {renewal}",
    )


def _check(user: Placed[User], surroundings: Surroundings) -> None:
    """Refuse what kubectl refuses, whether it would be used or not."""
    value, place = user.value, user.place
    if value.token_file and (value.username or value.password):
        place.below("tokenFile").refuse("stands beside username or password: keep one of them")
    if value.token and (value.username or value.password):
        place.below("token").refuse("stands beside username or password: keep one of them")
    if value.exec and value.auth_provider:
        place.below("exec").refuse("stands beside auth-provider: keep one of them")
    if value.password and not value.username:
        place.below("username").refuse("is not set, and there is a password")
    if value.exec:
        exec_plugin.check(Placed(value.exec, place.below("exec")), surroundings)
    if value.auth_provider:
        _check_provider(Placed(value.auth_provider, place.below("auth-provider")))


def _check_provider(provider: Placed[AuthProvider]) -> None:
    name, where = provider.value.name, provider.place.below("name")
    if name in _REPLACED_BY:
        where.refuse(f"Kubernetes 1.26 removed {name}: use the plugin {_REPLACED_BY[name]}")
    if name != "oidc":
        where.refuse("names no provider that there is: use an exec plugin")
    openid.check(provider)


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
    if value.token_file:
        return _from_file(user)
    if value.token:
        where = place.below("token")
        return _constant(bearer(_token(where, value.token)), where, "renew this token")
    if value.username:
        return _basic(place.below("username"), value.username, value.password)
    if value.exec is not None:
        plugin = Placed(value.exec, place.below("exec"))
        got = exec_plugin.run_plugin(plugin, cluster, authority, surroundings)
        headers = bearer(got.token) if got.token else HTTPHeaderDict()
        renewal = f"log in again to what the plugin {value.exec.command!a} asks"
        return _constant(headers, plugin.place, renewal, got.certificate)
    if value.auth_provider is not None:
        provider = Placed(value.auth_provider, place.below("auth-provider"))
        token = openid.identity_token(provider, surroundings)
        return _constant(bearer(token), provider.place, "log in again to the identity provider")
    return None


def _constant(
    headers: HTTPHeaderDict,
    place: Place,
    renewal: str,
    certificate: ClientCertificate | None = None,
) -> _Authorisation:
    return _Authorisation(headers.copy, place, renewal, certificate)


def _from_file(user: Placed[User]) -> _Authorisation:
    """Return the token of a file; as for client-go, the one beside it where that cannot be had."""
    value, place = user.value, user.place.below("tokenFile")

    def headers() -> HTTPHeaderDict:
        try:
            return bearer(_token(place, place.read(value.token_file).decode("utf-8", "replace")))
        except InvalidKubeconfig:
            if not value.token:
                raise
            return bearer(_token(user.place.below("token"), value.token))

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


def _impersonation(user: Placed[User]) -> HTTPHeaderDict:
    """Return the headers that say for whom the user acts. Raises `InvalidKubeconfig`."""
    value, place, headers = user.value, user.place, HTTPHeaderDict()
    if not value.as_:
        for name in ("as_uid", "as_groups", "as_user_extra"):
            if getattr(value, name):
                place.below(name.replace("_", "-")).refuse("stands without `as`: name the user")
        return headers
    headers.add("Impersonate-User", _in_header(place.below("as"), value.as_))
    if value.as_uid:
        headers.add("Impersonate-Uid", _in_header(place.below("as-uid"), value.as_uid))
    for group in value.as_groups:
        headers.add("Impersonate-Group", _in_header(place.below("as-groups"), group))
    for key, texts in value.as_user_extra.items():
        name = f"Impersonate-Extra-{quote(key, safe=_IN_HEADER_NAMES)}"
        for text in texts:
            headers.add(name, _in_header(place.below("as-user-extra"), text))
    return headers


def _in_header(place: Place, text: str) -> str:
    """Return `text` so that its UTF-8 is sent: headers are encoded as Latin-1 on their way."""
    if _NOT_IN_HEADERS.search(text):
        place.refuse("must hold no control characters")
    return text.encode("utf-8", "replace").decode("latin-1")
