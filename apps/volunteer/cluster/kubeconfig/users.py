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

from msgspec.structs import replace
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
    own = _certificate(user)
    identity = _authorised(user, cluster, authority, surroundings) or own

    def headers() -> HTTPHeaderDict:
        both = identity.headers()
        both.extend(shown)
        return both

    shows_own = identity.certificate is None
    return replace(
        identity,
        headers=headers,
        certificate=own.certificate if shows_own else identity.certificate,
        certificate_place=own.certificate_place if shows_own else identity.certificate_place,
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


def _certificate(user: Placed[User]) -> Identity:
    """Return whom the user's own certificate names, or nobody in particular."""
    value, place = user.value, user.place
    certificate = file_or_data(
        place,
        "client-certificate",
        file=value.client_certificate,
        data=value.client_certificate_data,
    )
    key = file_or_data(place, "client-key", file=value.client_key, data=value.client_key_data)
    if certificate is None and key is None:
        return _identity(place, "this user has no credentials")
    if certificate is None:
        place.below("client-certificate").refuse("is not set, and there is a client-key")
    if key is None:
        place.below("client-key").refuse("is not set, and there is a client-certificate")
    pair = ClientCertificate(certificate.value, key.value)
    return _identity(certificate.place, "renew this certificate", certificate=pair)


def _authorised(
    user: Placed[User], cluster: Cluster, authority: bytes | None, surroundings: Surroundings
) -> Identity | None:
    """Return whom the header `Authorization` names, in client-go's order of preference."""
    value, place = user.value, user.place
    if value.token_file:
        return _of_file(user)
    if value.token:
        where = place.below("token")
        return _identity(where, "renew this token", bearer(_token(where, value.token)))
    if value.username:
        return _of_password(place.below("username"), value.username, value.password)
    if value.exec is not None:
        plugin = Placed(value.exec, place.below("exec"))
        got = exec_plugin.run_plugin(plugin, cluster, authority, surroundings)
        headers = bearer(got.token) if got.token else None
        renewal = f"log in again to what the plugin {value.exec.command!a} asks"
        return _identity(plugin.place, renewal, headers, got.certificate)
    if value.auth_provider is not None:
        provider = Placed(value.auth_provider, place.below("auth-provider"))
        headers = bearer(openid.identity_token(provider, surroundings))
        return _identity(provider.place, "log in again to the identity provider", headers)
    return None


def _identity(
    place: Place,
    renewal: str,
    headers: HTTPHeaderDict | None = None,
    certificate: ClientCertificate | None = None,
) -> Identity:
    return Identity(
        headers=(headers or HTTPHeaderDict()).copy,
        certificate=certificate,
        certificate_place=place if certificate else None,
        renewal=f"{place}: {renewal}",
    )


def _of_file(user: Placed[User]) -> Identity:
    """Return whom a token's file names; as for client-go, the token beside it where that fails."""
    value, place = user.value, user.place.below("tokenFile")

    def headers() -> HTTPHeaderDict:
        try:
            return bearer(_token(place, place.read(value.token_file).decode("utf-8", "replace")))
        except InvalidKubeconfig:
            if not value.token:
                raise
            return bearer(_token(user.place.below("token"), value.token))

    headers()
    return Identity(headers=headers, renewal=f"{place}: renew the token in this file")


def _of_password(place: Place, username: str, password: str) -> Identity:
    if ":" in username:
        place.refuse("must hold no colon")
    pair = base64.b64encode(f"{username}:{password}".encode()).decode("ascii")
    headers = HTTPHeaderDict({"Authorization": f"Basic {pair}"})
    return _identity(place, "Kubernetes from 1.19 on takes no passwords: use a token", headers)


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
