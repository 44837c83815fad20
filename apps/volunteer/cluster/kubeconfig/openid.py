"""Identities of OpenID Connect, which kubectl still takes from an `auth-provider`.

Source: `plugin/pkg/client/auth/oidc` of client-go; OpenID Connect Core 1.0, section 12, and OpenID
Connect Discovery 1.0, section 4. An ID token is sent as it is until it expires; then the refresh
token gets another one, in memory: no file is written.
"""

import base64
import binascii
import logging
import time
from typing import Final, NoReturn, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from volunteer.cluster.access import Surroundings, parse_token
from volunteer.cluster.kubeconfig.documents import AuthProvider, Place, Placed, file_or_data
from volunteer.http.client import HttpClient
from volunteer.http.failures import RequestFailed
from volunteer.http.hosts import is_host, is_loopback
from volunteer.http.proxies import choose_proxy
from volunteer.http.tls import TlsMaterialRefused, client_context
from volunteer.redacted import Redacted
from volunteer.version import USER_AGENT

_DISCOVERY: Final = "/.well-known/openid-configuration"
_MOST_BYTES: Final = 1024 * 1024
_OK: Final = 200
_LOG_IN: Final = "log in again"

_ROTATED: Final = (
    "the identity provider rotated the refresh token too; it is not written back, so that kubectl"
    " may ask you to log in again"
)

_log: Final = logging.getLogger(__name__)

_Document = TypeVar("_Document")


class _Claims(Redacted, frozen=True):
    exp: float = 0.0


class _Discovered(Redacted, frozen=True):
    token_endpoint: str


class _Refreshed(Redacted, frozen=True):
    id_token: str = ""
    refresh_token: str = ""


def check(provider: Placed[AuthProvider]) -> None:
    """Raise `InvalidKubeconfig` for what kubectl would not use."""
    for name in ("idp-issuer-url", "client-id"):
        if not provider.value.config.get(name):
            place = provider.place.below("config").below(name)
            place.refuse("is not set: an identity of OpenID Connect needs it")


def identity_token(provider: Placed[AuthProvider], surroundings: Surroundings) -> str:
    """Return the ID token of a checked user, refreshed where it has expired.

    Raises `InvalidKubeconfig`.
    """
    place = provider.place.below("config")
    config = {name: text for name, text in provider.value.config.items() if text}
    if "id-token" in config:
        token = parse_token(config["id-token"])
        if token is None:
            place.below("id-token").refuse("must hold a token of OpenID Connect")
        if not _has_expired(token, place):
            return token
    if "refresh-token" not in config:
        what = "has expired" if "id-token" in config else "is not set"
        place.below("id-token").refuse(f"{what}, and there is no refresh-token: {_LOG_IN}")
    return _Issuer(place, config, surroundings).refresh()


def _has_expired(token: str, place: Place) -> bool:
    """Read when a JSON Web Token expires (RFC 7519, section 4.1.4); what is none is refused."""
    try:
        _head, claims, _signature = token.split(".")
        decoded = base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4))
        return msgspec.json.decode(decoded, type=_Claims).exp <= time.time()
    except (ValueError, binascii.Error, msgspec.DecodeError) as error:
        place.below("id-token").refuse("is not a token of OpenID Connect", error)


class _Issuer:
    """Who gives out tokens for a refresh token."""

    def __init__(self, place: Place, config: dict[str, str], surroundings: Surroundings) -> None:
        self._place = place
        self._config = config
        self._seconds = surroundings.helper_seconds
        authority = file_or_data(
            place,
            "idp-certificate-authority",
            file=config.get("idp-certificate-authority", ""),
            data=config.get("idp-certificate-authority-data", ""),
        )
        try:
            context = client_context(authority=None if authority is None else authority.value)
        except TlsMaterialRefused as error:
            (authority.place if authority else place).refuse(str(error), error)
        self._client = HttpClient(
            route=lambda url: choose_proxy(url, surroundings.proxies), tls=lambda: context
        )

    def refresh(self) -> str:
        """Return a new ID token."""
        issuer = self._config["idp-issuer-url"].rstrip("/")
        try:
            discovered = self._ask("GET", issuer + _DISCOVERY, _Discovered)
            refreshed = self._ask("POST", discovered.token_endpoint, _Refreshed, self._form())
        finally:
            self._client.close()
        if refreshed.refresh_token not in {"", self._config["refresh-token"]}:
            _log.warning("%s: %s", self._place.file, _ROTATED)
        token = parse_token(refreshed.id_token)
        if token is None:
            self._refuse("answered without an id_token")
        return token

    def _form(self) -> dict[str, str]:
        return {"grant_type": "refresh_token", "refresh_token": self._config["refresh-token"]}

    def _ask(
        self, method: str, url: str, kind: type[_Document], form: dict[str, str] | None = None
    ) -> _Document:
        headers = {"Accept": "application/json", "User-Agent": USER_AGENT}
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            headers["Authorization"] = self._client_authentication()
        self._check_url(url)
        try:
            came = self._client.request(
                method,
                url,
                headers=headers,
                body=None if form is None else urlencode(form).encode(),
                seconds=self._seconds,
                most_bytes=_MOST_BYTES,
            )
        except RequestFailed as error:
            self._refuse(str(error), error)
        if came.fault is not None:
            self._refuse(str(came.fault), came.fault)
        if came.status != _OK:
            self._refuse(f"answered {came.status}: {_LOG_IN}")
        try:
            return msgspec.json.decode(came.body, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            self._refuse("no answer as OpenID Connect has it", error)

    def _check_url(self, url: str) -> None:
        try:
            parts = urlsplit(url)
            _ = parts.port  # reading it checks it
        except ValueError as error:
            self._refuse("not at a URL", error)
        is_url = parts.scheme in {"http", "https"} and url.isprintable() and " " not in url
        if not is_url or not is_host(parts.netloc.rpartition("@")[2]):
            self._refuse("not at a URL of http or https")
        if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
            self._refuse("must be at https: http would send the refresh token in the clear")

    def _client_authentication(self) -> str:
        """Return who asks, as RFC 6749, section 2.3.1 has it."""
        names = (self._config["client-id"], self._config.get("client-secret", ""))
        pair = ":".join(quote(name, safe="") for name in names)
        return f"Basic {base64.b64encode(pair.encode()).decode('ascii')}"

    def _refuse(self, what: str, cause: BaseException | None = None) -> NoReturn:
        self._place.below("idp-issuer-url").refuse(f"the identity provider: {what}", cause)
