"""Releases from elsewhere."""

from contextlib import suppress
from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from census.counting import count
from census.periods import Period
from census.publishing import exact_release_of
from census.release import FORMAT, decode, encode
from census.untrusted import NotARelease, read
from report.schema import Report

_REPORT = Report(version="v2", cluster_id="c", master_version="v1.30.1", nodes=())
_RELEASE = exact_release_of(count([_REPORT]), Period(date(2026, 11, 1), date(2026, 11, 30)))
_BYTES = encode(_RELEASE)


def _changed(change: dict[str, object]) -> bytes:
    document: dict[str, Any] = msgspec.json.decode(_BYTES)
    cell = document["answers"][0]["cells"][0]
    for name, value in change.items():
        (cell if name in cell else document)[name] = value
    return msgspec.json.encode(document)


def test_read() -> None:
    """A release is read as it was written, with members that are not known yet."""
    assert read(_BYTES) == decode(_BYTES) == read(_changed({"new": [1]}))


def test_newer() -> None:
    """A newer format is named, and so is the one that is known."""
    with pytest.raises(NotARelease, match="in format 2, and this program knows format 1"):
        read(msgspec.json.encode({"format": FORMAT + 1, "everything": "else"}))


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"", "is not the JSON of a release"),
        (b"<html>", "is a web page, not the JSON"),
        (b"\xff", "is not the JSON"),
        (b"[" * 100_000, "is not the JSON"),
        (b'{"format": 1}', "is not the JSON"),
        (b'{"format": "1"}', "is not the JSON"),
        (_BYTES[:-10], "is not the JSON"),
        (_changed({"share": 1e999}), "is not the JSON"),
        (_changed({"share": -0.1}), "is not the JSON"),
        (_changed({"share": 2}), "is not the JSON"),
        (_changed({"share": "\x1b[2J"}), "is not the JSON"),
        (_changed({"low": 0.9, "share": 0.5}), "numbers do not fit"),
        (_changed({"clusters": 1e300}), "numbers do not fit"),
        (_changed({"answer": "\x1b]0;x\x07"}), "control characters"),
        (_changed({"answer": "\u202eabc"}), "control characters"),
        (_changed({"answer": "x" * 2_000}), "too long"),
        (_changed({"statement": "a\nb"}), "control characters"),
        (_changed({"firstDay": "2026-13-01"}), "days are not days"),
        (_changed({"firstDay": "2026-12-01"}), "days are not days"),
        (_changed({"firstDay": "today"}), "is not the JSON"),
        (_changed({"answers": [msgspec.to_builtins(_RELEASE.answers[0])] * 2}), "twice"),
    ],
)
def test_hostile(data: bytes, rule: str) -> None:
    """What cannot be a release is refused by a rule, in a printable text that quotes none of it."""
    with pytest.raises(NotARelease, match=rule) as caught:
        read(data)
    assert str(caught.value).isprintable()


def test_no_clusters() -> None:
    """Answers of nobody are no release, for shares of none are nothing; questions without an answer
    are one.
    """
    nobody = exact_release_of(count([]), _RELEASE.period)
    assert read(encode(nobody)) == nobody
    document = msgspec.structs.replace(_RELEASE, clusters=0.0)
    with pytest.raises(NotARelease, match="numbers"):
        read(encode(document))


@given(
    st.binary()
    | st.builds(
        lambda at, byte: _BYTES[:at] + byte + _BYTES[at + 1 :],
        st.integers(0, len(_BYTES)),
        st.binary(min_size=1, max_size=1),
    )
)
def test_any_bytes(data: bytes) -> None:
    """Any bytes are a release or refused."""
    with suppress(NotARelease):
        release = read(data)
        assert decode(encode(release)) == release
