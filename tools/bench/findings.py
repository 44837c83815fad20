"""What a benchmark found, and whether it is what was promised."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One number with its unit, and the promise about it, if there is one."""

    what: str
    value: float
    unit: str
    at_most: float | None = None
    at_least: float | None = None
    digits: int = 0

    @property
    def holds(self) -> bool:
        """Whether the promise holds; nothing promised always does."""
        is_low_enough = self.at_most is None or self.value <= self.at_most
        return is_low_enough and (self.at_least is None or self.value >= self.at_least)

    @property
    def promise(self) -> str:
        """The promise in words, empty where there is none."""
        if self.at_most is not None:
            return f"at most {self.at_most:,g}"
        return "" if self.at_least is None else f"at least {self.at_least:,g}"


def render(findings: Sequence[Finding]) -> str:
    """Return the findings as a table for people, the verdict last."""
    width = max(len(finding.what) for finding in findings)
    lines = [
        f"{finding.what:{width}}  {finding.value:>9,.{finding.digits}f} {finding.unit:8}"
        f"  {finding.promise:17}{'' if finding.holds else 'MISSED'}".rstrip()
        for finding in findings
    ]
    missed = sum(not finding.holds for finding in findings)
    verdict = f"{missed} promises are missed." if missed else "All promises hold."
    return "\n".join((*lines, "", verdict))
