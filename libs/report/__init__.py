"""The contract between volunteer and collector: schema, rules, anonymisation."""

from report.anonymisation import Anonymised, Withheld, anonymise
from report.codec import MAX_REPORT_BYTES, decode, encode
from report.disclosure import Disclosure
from report.errors import (
    InvalidExtensionKey,
    InvalidReport,
    ReportError,
    ReportTooLarge,
    TooManyNodes,
)
from report.observation import (
    Identifying,
    NodeObservation,
    Observation,
    WorkloadKindObservation,
    WorkloadsObservation,
)
from report.pseudonym import Pseudonyms
from report.rules import ExtensionKey, parse_extension_key
from report.schema import Extension, Node, Report, Resource
from report.workload_schema import NamespaceCount, WorkloadKind, Workloads

__all__ = [
    "MAX_REPORT_BYTES",
    "Anonymised",
    "Disclosure",
    "Extension",
    "ExtensionKey",
    "Identifying",
    "InvalidExtensionKey",
    "InvalidReport",
    "NamespaceCount",
    "Node",
    "NodeObservation",
    "Observation",
    "Pseudonyms",
    "Report",
    "ReportError",
    "ReportTooLarge",
    "Resource",
    "TooManyNodes",
    "Withheld",
    "WorkloadKind",
    "WorkloadKindObservation",
    "Workloads",
    "WorkloadsObservation",
    "anonymise",
    "decode",
    "encode",
    "parse_extension_key",
]
