"""Cloud providers: of a provider ID, which names a machine, its scheme and nothing else."""

import re
from functools import lru_cache
from typing import Final

from report.vocabulary.recognition import MAX_CHARACTERS, REMEMBERED, Recognised
from report.vocabulary.vocabularies import Vocabulary, is_public

UNKNOWN: Final = "unknown"
"""What is sent for a provider that is not public; the original's word for it."""

_is_public: Final = lru_cache(REMEMBERED)(is_public)

_BEYOND_SCHEME: Final = "names a machine, so no more than the provider is sent"
_NO_PROVIDER: Final = "not the scheme of a publicly known provider, sent as `unknown`"

# Three providers write IDs without a scheme. Oracle's are OCIDs:
# https://docs.oracle.com/en-us/iaas/Content/General/Concepts/identifiers.htm
_ORACLE: Final = "ocid1.instance."
# Alibaba's are REGION.INSTANCE: https://github.com/kubernetes/cloud-provider-alibaba-cloud
_ALIBABA: Final = re.compile(r"(?:ap|cn|eu|me|na|us)-[a-z0-9-]{1,32}\.i-[a-z0-9]{1,32}")

# kwok's in the autoscaler are kwok:NODE:
# https://github.com/kubernetes/autoscaler/tree/master/cluster-autoscaler/cloudprovider/kwok
_KWOK: Final = "kwok:"


def cloud_provider(provider_id: str) -> Recognised:
    """Recognise the provider of `spec.providerID` (`aws` of `aws:///us-east-1a/i-0abc`).

    A machine without an ID has an `unknown` provider, as in the original's reports.
    """
    if not provider_id:
        return Recognised(UNKNOWN, None)
    scheme, separator, _ = provider_id[:MAX_CHARACTERS].partition("://")
    if _is_public(Vocabulary.CLOUD_PROVIDERS, scheme):
        return Recognised(scheme, _BEYOND_SCHEME if separator else None)
    if provider_id.startswith(_ORACLE):
        return Recognised("oci", _BEYOND_SCHEME)
    if _ALIBABA.fullmatch(provider_id):
        return Recognised("alicloud", _BEYOND_SCHEME)
    if provider_id.startswith(_KWOK):
        return Recognised("kwok", _BEYOND_SCHEME)
    return Recognised(UNKNOWN, _NO_PROVIDER)
