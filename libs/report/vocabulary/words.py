"""Texts that are public as a whole or not at all: operating systems, architectures, names of
resources, kinds of workloads, and the scheme of a provider ID.
"""

import re
from functools import lru_cache
from typing import Final

from report.vocabulary.recognition import ABSENT, MAX_CHARACTERS, OTHER, REMEMBERED, Recognised
from report.vocabulary.vocabularies import Vocabulary, is_public

UNKNOWN: Final = "unknown"
"""What is sent for a provider that is not public; the original's word for it."""

_is_public: Final = lru_cache(REMEMBERED)(is_public)
_RULES: Final = {
    Vocabulary.OPERATING_SYSTEMS: "not a publicly known operating system, sent as `other`",
    Vocabulary.ARCHITECTURES: "not a publicly known architecture, sent as `other`",
}
_LOWER_CASE: Final = "sent in lower case, as Kubernetes writes it"
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


def operating_system(text: str) -> Recognised:
    """Recognise a Go operating system (`linux`), also where a virtual node writes it `Linux`."""
    recognised = _whole(Vocabulary.OPERATING_SYSTEMS, text)
    lower = text.lower() if len(text) <= MAX_CHARACTERS else text
    if recognised.rule is None or not _is_public(Vocabulary.OPERATING_SYSTEMS, lower):
        return recognised
    return Recognised(lower, _LOWER_CASE)


def architecture(text: str) -> Recognised:
    """Recognise a Go architecture (`amd64`)."""
    return _whole(Vocabulary.ARCHITECTURES, text)


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


def is_known_resource(name: str) -> bool:
    """Whether `name` is public: a word of Kubernetes or of a vendor's documentation.

    Nothing is remembered, because a collector asks for what strangers send. Takes some 15
    microseconds; a caller that asks often for the same names remembers the answers.
    """
    return len(name) <= MAX_CHARACTERS and is_public(Vocabulary.RESOURCES, name)


def is_known_workload_kind(name: str) -> bool:
    """Whether `name` is a kind that a report may count, as the Kubernetes API names it (`pods`)."""
    return len(name) <= MAX_CHARACTERS and _is_public(Vocabulary.WORKLOADS, name)


def _whole(vocabulary: Vocabulary, text: str) -> Recognised:
    if not text:
        return ABSENT
    # Nothing public is longer, and a longer text is not worth remembering.
    if len(text) <= MAX_CHARACTERS and _is_public(vocabulary, text):
        return Recognised(text, None)
    return Recognised(OTHER, _RULES[vocabulary])
