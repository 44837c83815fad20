"""A comparison for people. Pure text, all of it this program's own."""

from collections.abc import Iterator
from math import ceil
from typing import Final

from census.comparison import SIZES, STEPS_BEHIND, VOTERS, Compared, Comparison, Share, Standing
from census.words import OTHER, UNKNOWN

_MOST_ANSWERS: Final = 8
_WHOLE_FROM: Final = 0.01
# Shares are rounded to four digits, and several are added up.
_ROUNDED: Final = 0.002
_WHOLE: Final = "clusters"
_MEANINGS: Final = {OTHER: "not a public word", UNKNOWN: "the report does not say"}
"""What the two answers mean that every question has."""


def render(comparison: Comparison, url: str) -> str:
    """Return the comparison with what is published at `url`, ready to be printed."""
    blocks = [
        _head(comparison, url),
        *(
            _question(each, is_exact=comparison.is_exact)
            for each in comparison.questions
            if _is_answered(each)
        ),
        _foot(comparison),
    ]
    return "\n\n".join("\n".join(lines) for lines in blocks) + "\n"


def _head(comparison: Comparison, url: str) -> Iterator[str]:
    exact = comparison.is_exact
    clusters = f"{comparison.clusters:,.0f} cluster{'' if comparison.clusters == 1 else 's'}"
    yield f"This cluster beside the census at {url}"
    yield (
        f"from {comparison.first_day} to {comparison.last_day}:"
        f" {clusters if exact else f'about {clusters} (±{ceil(comparison.margin):,})'}"
    )
    if comparison.questions and not exact:
        yield "± is a 95% margin, in points."


def _foot(comparison: Comparison) -> Iterator[str]:
    if comparison.is_exact and not comparison.clusters:
        yield "No cluster took part."
    elif not (comparison.questions or comparison.not_known):
        yield "Too few clusters took part for any answer to stand out of the noise."
    if any(each.question in VOTERS for each in comparison.questions):
        yield "Where nodes or namespaces answer, each cluster weighs the same."
    unanswered = [each.title for each in comparison.questions if not _is_answered(each)]
    if unanswered:
        yield f"The report does not say: {', '.join(unanswered)}."
    if comparison.not_asked:
        yield f"That census does not ask for: {', '.join(comparison.not_asked)}."
    if comparison.not_known:
        yield f"Questions of that census that this version does not know: {comparison.not_known}."
    yield "Nothing of this cluster was sent."


def _is_answered(compared: Compared) -> bool:
    return any(each.answer != UNKNOWN for each in compared.answers)


def _question(compared: Compared, *, is_exact: bool) -> Iterator[str]:
    yield compared.title
    for standing in compared.answers[:_MOST_ANSWERS]:
        sentences = (
            _same(compared, standing, is_exact=is_exact),
            _order(compared.question, standing),
            _silent(compared, standing),
        )
        yield f"  {_answer(compared, standing)}: {'; '.join(filter(None, sentences))}"
    more = len(compared.answers) - _MOST_ANSWERS
    if more > 0:
        yield f"  and {more} more answers (`compare --json` has all)"


def _answer(compared: Compared, standing: Standing) -> str:
    """Return an answer, with the part of the cluster that gives it where that is not all."""
    voters = VOTERS.get(compared.question, _WHOLE)
    part = f"{_percent(standing.part)} of its {voters}" if standing.part < 1 else ""
    notes = ", ".join(filter(None, (part, _MEANINGS.get(standing.answer))))
    return f"{standing.answer} ({notes})" if notes else standing.answer


def _same(compared: Compared, standing: Standing, *, is_exact: bool) -> str:
    """Say how many answer the same.

    A private release folds what does not stand out of the noise into `other`; one of an older
    version counts there what only this one knows.
    """
    voters = VOTERS.get(compared.question, _WHOLE)
    if standing.census is not None and (is_exact or standing.answer != OTHER):
        return f"{_share(standing.census)} of {voters}"
    rest = f"{_share(compared.other)} of {voters}" if compared.other is not None else ""
    if standing.answer == OTHER and rest:
        return f"among what is not shown apart: {rest}"
    if is_exact:
        return f"none of the {voters}" + (f", or among its other answers: {rest}" if rest else "")
    return "too rare to show, or not known there" + (f"; all such answers: {rest}" if rest else "")


def _order(question: str, standing: Standing) -> str:
    if standing.below is None or standing.above is None:
        return ""
    less, more = _part(standing.below), _part(standing.above)
    name = standing.answer.rpartition(" ")[0]
    if question in SIZES:
        parts = (less, "are smaller"), (more, "are larger")
    elif question in STEPS_BEHIND:
        parts = (more, "are further behind"), (less, "are less far behind")
    elif name:
        parts = (more, f"run a newer {name}"), (less, f"run an older {name}")
    else:
        parts = (more, "run something newer"), (less, "run something older")
    return ", ".join(f"{part} {words}" for part, words in parts if part)


def _silent(compared: Compared, standing: Standing) -> str:
    """Say how many do not answer, where that is needed to make up the whole."""
    if standing.below is None or compared.unknown is None:
        return ""
    return f"{_share(compared.unknown)} do not say"


def _share(share: Share) -> str:
    """Return a share with its margin, to as many digits as the margin allows.

    What is printed holds the interval: a margin is rounded up.
    """
    margin = max(share.high - share.share, share.share - share.low)
    if not margin:
        return _percent(share.share)
    digits = 0 if margin >= _WHOLE_FROM else 1
    scale = 100 * 10**digits
    shown = round(share.share * scale)
    reach = _up(max(share.high * scale - shown, shown - share.low * scale))
    return f"{shown * 100 / scale:.{digits}f}% (±{reach * 100 / scale:.{digits}f})"


def _part(share: Share) -> str:
    """Return a part of which some may be among `other`; nothing where it may be any."""
    folded = (share.high - share.share) - (share.share - share.low)
    if folded <= _ROUNDED:
        return _share(share) if share.high - share.low > _ROUNDED else _percent(share.share)
    digits = 0 if share.high - share.low >= 3 * _WHOLE_FROM else 1
    scale = 100 * 10**digits
    least, most = -_up(-share.low * scale), _up(share.high * scale)
    low, high = (f"{each * 100 / scale:g}%" for each in (least, most))
    if most >= scale:
        return f"at least {low}" if least else ""
    return f"{low} to {high}" if least else f"at most {high}"


def _up(value: float) -> int:
    return ceil(round(value, 6))


def _percent(share: float) -> str:
    return (
        f"{share * 100:.1f}".removesuffix(".0") + "%" if share < 2 * _WHOLE_FROM else f"{share:.0%}"
    )
