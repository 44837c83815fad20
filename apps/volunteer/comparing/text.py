"""A comparison for people. Pure text, all of it this program's own."""

from collections.abc import Iterator
from typing import Final

from census.comparison import SIZES, STEPS_BEHIND, VOTERS, Compared, Comparison, Share, Standing
from census.words import OTHER, UNKNOWN

_MOST_ANSWERS: Final = 8
_WHOLE_FROM: Final = 0.01
_WHOLE: Final = "clusters"
_MEANINGS: Final = {OTHER: "not a public word", UNKNOWN: "the report does not say"}
"""What the two answers mean that every question has."""


def render(comparison: Comparison, url: str) -> str:
    """Return the comparison with what is published at `url`, ready to be printed."""
    blocks = [
        _head(comparison, url),
        *(_question(each) for each in comparison.questions if _is_answered(each)),
        _foot(comparison),
    ]
    return "\n\n".join("\n".join(lines) for lines in blocks) + "\n"


def _head(comparison: Comparison, url: str) -> Iterator[str]:
    exact = comparison.is_exact
    clusters = f"{comparison.clusters:,.0f} cluster{'' if comparison.clusters == 1 else 's'}"
    yield f"This cluster beside the census at {url}"
    yield (
        f"from {comparison.first_day} to {comparison.last_day}:"
        f" {clusters if exact else f'about {clusters} (±{comparison.margin:,.0f})'}"
    )
    if comparison.questions and not exact:
        yield "± is a 95% margin, in points."


def _foot(comparison: Comparison) -> Iterator[str]:
    if not (comparison.questions or comparison.not_known):
        yield "Too few clusters took part for any answer to stand out of the noise."
    if any(each.question in VOTERS for each in comparison.questions):
        yield "Where nodes or namespaces answer, each cluster weighs the same."
    unanswered = [each.title for each in comparison.questions if not _is_answered(each)]
    if unanswered:
        yield f"The report does not say: {', '.join(unanswered)}."
    if comparison.not_asked:
        yield f"That census does not ask for: {', '.join(comparison.not_asked)}."
    if comparison.not_known:
        yield f"Its questions that this version does not know: {comparison.not_known}."
    yield "Nothing of this cluster was sent."


def _is_answered(compared: Compared) -> bool:
    return any(each.answer != UNKNOWN for each in compared.answers)


def _question(compared: Compared) -> Iterator[str]:
    yield compared.title
    for standing in compared.answers[:_MOST_ANSWERS]:
        yield f"  {_answer(compared, standing)}: {_place(compared, standing)}"
    more = len(compared.answers) - _MOST_ANSWERS
    if more > 0:
        yield f"  and {more} more answers (`compare --json` has all)"


def _answer(compared: Compared, standing: Standing) -> str:
    """Return an answer, with the part of the cluster that gives it where that is not all."""
    voters = VOTERS.get(compared.question, _WHOLE)
    part = f"{_percent(standing.part)} of its {voters}" if standing.part < 1 else ""
    notes = ", ".join(filter(None, (part, _MEANINGS.get(standing.answer))))
    return f"{standing.answer} ({notes})" if notes else standing.answer


def _place(compared: Compared, standing: Standing) -> str:
    voters = VOTERS.get(compared.question, _WHOLE)
    if standing.census is not None:
        same = f"{_share(standing.census)} of {voters}"
    elif compared.other is not None:
        same = f"too rare to show; all such answers: {_share(compared.other)} of {voters}"
    else:
        same = f"none of the {voters}"
    return "; ".join(filter(None, (same, _order(compared.question, standing))))


def _order(question: str, standing: Standing) -> str:
    if standing.below is None or standing.above is None:
        return ""
    below, above = _percent(standing.below.share), _percent(standing.above.share)
    if question in SIZES:
        return f"larger than {below}, smaller than {above}"
    if question in STEPS_BEHIND:
        return f"{above} are further behind, {below} less far"
    name = standing.answer.rpartition(" ")[0]
    if name:
        return f"{above} run a newer {name}, {below} an older"
    return f"{above} run something newer, {below} something older"


def _share(share: Share) -> str:
    """Return a share with its margin, to as many digits as the margin allows."""
    margin = max(share.high - share.share, share.share - share.low)
    if not margin:
        return _percent(share.share)
    digits = 0 if margin >= _WHOLE_FROM else 1
    return f"{share.share * 100:.{digits}f}% (±{margin * 100:.{digits}f})"


def _percent(share: float) -> str:
    return (
        f"{share * 100:.1f}".removesuffix(".0") + "%" if share < 2 * _WHOLE_FROM else f"{share:.0%}"
    )
