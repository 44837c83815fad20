"""Cloud providers: the scheme of a provider ID, and nothing of the rest."""

import re
from functools import cache
from typing import Final

from report.vocabulary.recognised import ABSENT, Recognised
from report.vocabulary.templates import MAX_CHARACTERS, Templates, load

UNKNOWN: Final = "unknown"

_UNKNOWN_SCHEME: Final = "its scheme is not that of a publicly known provider; sent as `unknown`"
# Both name a machine without a scheme in front.
_ORACLE_CLOUD_ID: Final = "ocid1.instance."
_ALIBABA_ID: Final = re.compile(r"(?P<region>[a-z0-9-]{1,32}\.i-)[a-z0-9]{1,32}", re.ASCII)


def cloud_provider(provider_id: str) -> Recognised:
    """Recognise the provider of a machine by `spec.providerID`. The ID itself goes no further.

    A node without an ID has no provider to name, which the original calls `unknown` too.
    """
    if not provider_id:
        return ABSENT._replace(value=UNKNOWN)
    scheme, separator, _ = provider_id[:MAX_CHARACTERS].partition("://")
    if separator and _providers()["scheme"].match(scheme):
        return Recognised(scheme, None)
    if provider_id.startswith(_ORACLE_CLOUD_ID):
        return Recognised("oci", None)
    alibaba = _ALIBABA_ID.fullmatch(provider_id)
    if alibaba and _providers()["alicloud"].match(alibaba["region"]):
        return Recognised("alicloud", None)
    return Recognised(UNKNOWN, _UNKNOWN_SCHEME)


@cache
def _providers() -> dict[str, Templates]:
    return load("cloud_providers.toml")
