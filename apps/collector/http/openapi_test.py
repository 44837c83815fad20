"""Behaviour of `collector.http.openapi`."""

import json
import re

import msgspec
from jsonschema import Draft202012Validator

from census import Release, json_schema
from collector.http.openapi import openapi_document
from collector.http.problems import STATUSES
from report import Report, Workloads


def test_every_status_of_the_table_is_described() -> None:
    """What a post may be answered with, the description says."""
    responses = json.loads(openapi_document("1.2.3"))["paths"]["/api/v1"]["post"]["responses"]
    of_posts = {str(status.value) for status, row in STATUSES.items() if row.is_of_posts}
    assert {"204", *of_posts} == responses.keys()


def test_references_stay_inside() -> None:
    """Every reference leads to a schema of the document, and each schema is valid."""
    text = openapi_document("1.2.3", json_schema()).decode()
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


def test_what_is_published_is_described() -> None:
    """A collector that publishes describes its releases; one that does not mentions none."""
    document = json.loads(openapi_document("1.2.3", json_schema()))
    encoded = {field.encode_name for field in msgspec.structs.fields(Release)}
    assert document["components"]["schemas"]["Release"]["properties"].keys() == encoded
    for path in ("", "/{name}", ".csv"):
        responses = document["paths"][f"/api/v1/statistics{path}"]["get"]["responses"]
        assert responses.keys() == {"200", "304", "404"}
    assert b"statistics" not in openapi_document("1.2.3")
