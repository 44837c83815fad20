"""Behaviour of `collector.http.openapi`."""

import json
import re

from jsonschema import Draft202012Validator

from collector.http.openapi import openapi_document
from collector.http.problems import STATUSES
from report import Report, Workloads


def test_every_status_of_the_table_is_described() -> None:
    """What a post may be answered with, the description says."""
    responses = json.loads(openapi_document("1.2.3"))["paths"]["/api/v1"]["post"]["responses"]
    assert {"204", *(str(status.value) for status in STATUSES)} == responses.keys()


def test_references_stay_inside() -> None:
    """Every reference leads to a schema of the document, and each schema is valid."""
    text = openapi_document("1.2.3").decode()
    schemas = json.loads(text)["components"]["schemas"]
    references = re.findall(r'"\$ref":"([^"]*)"', text)
    assert references
    assert {each.removeprefix("#/components/schemas/") for each in references} <= schemas.keys()
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)


def test_every_field_of_a_report_is_described() -> None:
    """The description has the fields of the wire contract, each by its name there."""
    schemas = json.loads(openapi_document("1.2.3"))["components"]["schemas"]
    assert tuple(schemas["Report"]["properties"]) == Report.__struct_encode_fields__
    assert tuple(schemas["Workloads"]["properties"]) == Workloads.__struct_encode_fields__
