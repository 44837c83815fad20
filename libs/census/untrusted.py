"""A release from somebody else's collector: believed only where it can be one."""

from collections.abc import Iterator
from datetime import date
from typing import Final

import msgspec
from msgspec import Struct

from census.release import FORMAT, Release, decode

_LONGEST_TEXT: Final = 1_000
_MOST_CLUSTERS: Final = 1e9


class NotARelease(Exception):
    """What was received is not a release that this program can read; the text says why, and quotes
    nothing of it.
    """


class _Format(Struct):
    format: int


def read(data: bytes) -> Release:
    """Return the release that `data` is. Raises `NotARelease`."""
    try:
        found = msgspec.json.decode(data, type=_Format).format
        if found > FORMAT:
            raise NotARelease(
                f"it is written in format {min(found, 10**9)}, and this program knows format"
                f" {FORMAT}: a newer version of it is needed"
            )
        release = decode(data)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        is_page = data.lstrip()[:1] == b"<"
        what = "it is a web page, not" if is_page else "it is not"
        raise NotARelease(f"{what} the JSON of a release") from error
    _check(release)
    return release


def _check(release: Release) -> None:
    rules = {
        "a text in it is too long, or holds control characters": all(
            len(text) <= _LONGEST_TEXT and text.isprintable() for text in _texts(release)
        ),
        "its days are not days": _has_days(release),
        "its numbers do not fit together": _has_sound_numbers(release),
        "it answers a question twice": _is_unambiguous(release),
    }
    for broken, holds in rules.items():
        if not holds:
            raise NotARelease(broken)


def _texts(release: Release) -> Iterator[str]:
    yield release.statement
    for asked in release.answers:
        yield from (asked.question, asked.title)
        yield from (each.answer for each in asked.cells)


def _has_days(release: Release) -> bool:
    try:
        return date.fromisoformat(release.first_day) <= date.fromisoformat(release.last_day)
    except ValueError:
        return False


def _has_sound_numbers(release: Release) -> bool:
    deviation = release.guarantee.standard_deviation if release.guarantee else 0.0
    cells = [each for asked in release.answers for each in asked.cells]
    amounts = (release.clusters, release.margin, deviation, *(each.clusters for each in cells))
    return (
        all(0 <= each <= _MOST_CLUSTERS for each in amounts)
        and all(each.low <= each.share <= each.high for each in cells)
        and (release.clusters > 0 or not cells)
    )


def _is_unambiguous(release: Release) -> bool:
    questions = [asked.question for asked in release.answers]
    answers = [[each.answer for each in asked.cells] for asked in release.answers]
    return all(len(set(each)) == len(each) for each in (questions, *answers))
