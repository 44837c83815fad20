"""Where reports may go."""

import pytest

from command_line.errors import InvalidValue
from volunteer.delivery.destinations import Collector, StandardOutput, parse_destination


def test_standard_output() -> None:
    """`stdout` is standard output."""
    assert parse_destination("stdout") == StandardOutput()


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://census.example", "https://census.example/api/v1"),
        ("https://census.example/", "https://census.example/api/v1"),
        ("http://census:8080", "http://census:8080/api/v1"),
        ("https://census.example/a/base/", "https://census.example/a/base/api/v1"),
        ("http://census/api/v1", "http://census/api/v1"),
        ("http://census/api/v1/", "http://census/api/v1"),
        ("https://census.example/base/api/v1", "https://census.example/base/api/v1"),
        ("https://census.example/myapi/v1", "https://census.example/myapi/v1/api/v1"),
        ("HTTPS://census.example", "https://census.example/api/v1"),
        ("http://[::1]:8080", "http://[::1]:8080/api/v1"),
    ],
)
def test_collector(text: str, url: str) -> None:
    """Reports are posted to /api/v1 below the URL's own path, or to a path that ends so."""
    assert parse_destination(text) == Collector(url)


@pytest.mark.parametrize(
    "text",
    [
        *("", "stdin", "census.example", "ftp://census.example", "bigquery://a.b.c", "https://"),
        *("https://user:secret@census.example", "https://census.example?x=1", "https://h#x"),
        *("https://user:secret/@census.example", "https://a..b", "https://ünïcode.example"),
        *("https://h:99999", "https://h:x", "https://[::1", "https://a b", "https://h/\n"),
    ],
)
def test_refused(text: str) -> None:
    """Anything else is refused in one line that does not repeat it: it may hold a password."""
    with pytest.raises(InvalidValue) as refusal:
        parse_destination(text)
    assert str(refusal.value).startswith("must be ")
    assert "\n" not in str(refusal.value)
    assert "secret" not in str(refusal.value)


def test_plain_http_is_noticed() -> None:
    """Only plain http to a far host can be read on the way."""
    assert Collector("http://census.example/api/v1").may_be_read_on_the_way
    assert not Collector("https://census.example/api/v1").may_be_read_on_the_way
    assert not Collector("http://census/api/v1").may_be_read_on_the_way
