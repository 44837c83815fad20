"""Lists of metadata, reduced to where each object is and since when."""

import pytest

from volunteer.cluster.kubernetes_json import UnreadableAnswer
from volunteer.cluster.workloads import read_metadata_page

_PAGE = b"""{"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1",
 "metadata": {"continue": "more"}, "items": [
  {"kind": "PartialObjectMetadata", "metadata": {"name": "ledger-0", "namespace": "bank",
   "uid": "u", "creationTimestamp": "2017-12-01T00:00:00Z", "labels": {"a": "b"}}},
  {"metadata": {"name": "bank", "creationTimestamp": null}}]}"""


def test_objects() -> None:
    """An object has its name, its namespace and its time in UNIX seconds, as far as there are."""
    page = read_metadata_page(_PAGE)
    assert page.continue_token == "more"
    assert [(seen.name.reveal(), seen.namespace.reveal(), seen.created) for seen in page.items] == [
        ("ledger-0", "bank", 1_512_086_400.0),
        ("bank", "", None),
    ]


@pytest.mark.parametrize("items", [b"[]", b"null"])
def test_no_objects(items: bytes) -> None:
    """A list without objects is a list, whether empty or null."""
    body = b'{"kind":"PartialObjectMetadataList","metadata":{},"items":%s}' % items
    page = read_metadata_page(body)
    assert (page.items, page.continue_token) == ([], "")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b'{"kind": "PodList", "metadata": {}, "items": []}',
        _PAGE.replace(b"2017-12-01T00:00:00Z", b"bank, long ago"),
        _PAGE.replace(b"2017-12-01T00:00:00Z", b"2017-12-01T00:00:00"),
        _PAGE.replace(b'"bank"', b"7"),
    ],
)
def test_something_else(body: bytes) -> None:
    """A body that is no list of metadata, or has a time without a zone, is refused unquoted."""
    with pytest.raises(UnreadableAnswer) as refusal:
        read_metadata_page(body)
    assert "html" not in str(refusal.value)
    assert "bank" not in str(refusal.value)
