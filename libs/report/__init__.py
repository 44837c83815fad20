"""The contract between volunteer and collector: schema, rules, anonymisation."""

from report.anonymisation import Anonymised, Disclosure, Withheld, anonymise
from report.codec import MAX_REPORT_BYTES, decode, encode
from report.errors import (
    InvalidExtensionKey,
    InvalidReport,
    ReportError,
    ReportTooLarge,
    TooManyNodes,
)
from report.extension_key import ExtensionKey, parse_extension_key
from report.observation import Identifying, NodeObservation, Observation
from report.pseudonym import Pseudonyms
from report.schema import Extension, Node, Report, Resource

__all__ = [
    "MAX_REPORT_BYTES",
    "Anonymised",
    "Disclosure",
    "Extension",
    "ExtensionKey",
    "Identifying",
    "InvalidExtensionKey",
    "InvalidReport",
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
    "anonymise",
    "decode",
    "encode",
    "parse_extension_key",
]
