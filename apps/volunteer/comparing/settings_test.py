"""Which census `--with` names."""

import pytest

from command_line.errors import InvalidOption, InvalidValue
from command_line.flags import parse_flags
from volunteer.comparing.settings import CompareSettings, parse_census

_LATEST = "https://census.example/api/v1/statistics"


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://census.example", _LATEST),
        ("https://census.example/", _LATEST),
        ("HTTPS://census.example/api/v1", _LATEST),
        ("https://census.example/api/v1/", _LATEST),
        (_LATEST, _LATEST),
        (f"{_LATEST}///", _LATEST),
        (f"{_LATEST}/2026-11", f"{_LATEST}/2026-11"),
        (f"{_LATEST}/2026-W47/", f"{_LATEST}/2026-W47"),
        ("http://[::1]:8080/base", "http://[::1]:8080/base/api/v1/statistics"),
        ("https://h/base/api/v1/statistics", "https://h/base/api/v1/statistics"),
    ],
)
def test_addresses(text: str, url: str) -> None:
    """A collector, its API, and one of its releases all lead to a release."""
    assert parse_census(text) == url


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("census.example", "must be https://HOST or http://HOST"),
        ("stdout", "must be https://HOST or http://HOST"),
        ("ftp://census.example", "must be https://HOST or http://HOST"),
        ("file:///etc/passwd", "must be https://HOST or http://HOST"),
        ("https://", "with a host"),
        ("https:///api/v1/statistics", "with a host"),
        ("https://user:secret@census.example", "without credentials"),
        ("https://census.example?token=secret", "without credentials, query"),
        (f"{_LATEST}?token=secret", "a collector, or its"),
        (f"{_LATEST}.csv", "a collector, or its"),
        (f"{_LATEST}/../../metrics", "a collector, or its"),
        ("https://census.example/#top", "fragment"),
        ("https://a b", "without spaces"),
        ("https://h\x1b[2J", "control characters"),
        ("https://h:99999", "URL"),
        ("https://[::1", "URL"),
    ],
)
def test_other_texts(text: str, rule: str) -> None:
    """Anything else is refused by a rule that quotes no secret."""
    with pytest.raises(InvalidValue, match=rule) as caught:
        parse_census(text)
    assert "secret" not in str(caught.value)


def test_required() -> None:
    """`--with` is required, and a cluster ID is not: nothing is sent under it."""
    with pytest.raises(InvalidOption, match="--with: is missing"):
        parse_flags(CompareSettings, {}, {"SPARTAKUS_WITH": "https://census.example"})
    assert parse_flags(CompareSettings, {"census": "https://h"}, {}).cluster_id is None
