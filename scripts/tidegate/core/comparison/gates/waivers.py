"""Waivers: a gate that fails for a reason somebody answers for does not block, until a date, and stays visible.

A waiver excuses a shortfall that was measured: a gate that fails, or one whose interval cannot decide. It excuses no
missing evidence: a gate that could not be asked, models that cannot be compared and predictions that are no numbers
stay what they are. The gate keeps its place in the family that is judged together, so no other verdict moves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from tidegate.core.answer import Verdict
from tidegate.core.contract import Waiver

if TYPE_CHECKING:
    from tidegate.core.comparison.gates.findings import Finding

LONGEST = timedelta(days=90)
"""How far ahead a waiver may reach. Whoever needs longer renews it, and so looks at it again, every quarter."""


class Standing(StrEnum):
    """What a waiver does about its gate on the day that it is held against."""

    ACTIVE = "active"
    EXPIRED = "expired"
    TOO_LONG = "too_long"
    UNDATED = "undated"


@dataclass(frozen=True, kw_only=True)
class Waived:
    """A waiver that is about a gate which does not pass."""

    waiver: Waiver
    standing: Standing

    @property
    def excuses(self) -> bool:
        """Whether the gate does not block."""
        return self.standing is Standing.ACTIVE

    @property
    def remark(self) -> str:
        """What is added to the gate's sentence."""
        until = self.waiver.until.isoformat()
        ignored = f"its waiver until {until} does not count"
        return {
            Standing.ACTIVE: f"waived until {until} by {self.waiver.owner}: {self.waiver.reason}",
            Standing.EXPIRED: f"its waiver expired on {until}",
            Standing.TOO_LONG: f"{ignored}: it reaches more than {LONGEST.days} days ahead",
            Standing.UNDATED: f"{ignored}: nothing says which day this is",
        }[self.standing]


@dataclass(frozen=True, kw_only=True)
class Waivers:
    """The policy's waivers, the day (UTC) they were held against, and those that no gate needed."""

    day: date | None
    unused: tuple[str, ...]


def day_of(*commits: int | None) -> date | None:
    """The day (UTC) of the latest of some commits' times (seconds since 1970), None where none is known.

    A time that is on no calendar counts as the last day there is: no waiver outlives it.
    """
    known = [seconds for seconds in commits if seconds is not None]
    if not known:
        return None
    try:
        return datetime.fromtimestamp(max(known), UTC).date()
    except (OverflowError, ValueError, OSError):
        return date.max


def standing(waiver: Waiver, day: date | None) -> Standing:
    """What a waiver is worth on `day`; its last day still counts."""
    if day is None:
        return Standing.UNDATED
    if day > waiver.until:
        return Standing.EXPIRED
    return Standing.TOO_LONG if waiver.until - day > LONGEST else Standing.ACTIVE


def waive(
    findings: Sequence[Finding], waivers: Sequence[Waiver], day: date | None
) -> tuple[tuple[Finding, ...], Waivers | None]:
    """The findings, those that a waiver is about marked so, and what to say of the waivers (None: there are none)."""
    if not waivers:
        return tuple(findings), None
    by_gate = {waiver.gate: waiver for waiver in waivers}
    marked = tuple(_marked(finding, by_gate, day) for finding in findings)
    needed = {finding.label for finding in marked if finding.waived is not None}
    return marked, Waivers(day=day, unused=tuple(gate for gate in by_gate if gate not in needed))


def _marked(finding: Finding, by_gate: Mapping[str, Waiver], day: date | None) -> Finding:
    waiver = by_gate.get(finding.label)
    if waiver is None or finding.severity != "block" or not _short(finding):
        return finding
    waived = Waived(waiver=waiver, standing=standing(waiver, day))
    return replace(finding, waived=waived, sentence=f"{finding.sentence} ({waived.remark})")


def _short(finding: Finding) -> bool:
    """Whether the gate was asked and does not hold."""
    return finding.verdict in (Verdict.FAIL, Verdict.UNDECIDED) and finding.measured
