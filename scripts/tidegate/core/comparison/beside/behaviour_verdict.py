"""What behavioural tests do to a verdict, and how a verdict's document tells of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any

from tidegate.core.answer import Verdict
from tidegate.core.comparison.beside.behaviour import Behaviour, Behaviours
from tidegate.core.comparison.comparison import Comparison
from tidegate.core.rounding import counted


def with_behaviours(comparison: Comparison, behaviours: Behaviours | None) -> Comparison:
    """The comparison after the tests have spoken: they can only hold a candidate back, never let one through.

    A test that fails is a plain no, also where the gates are undecided or the models incomparable.
    """
    if behaviours is None or (behaviours.verdict is Verdict.PASS and not _warned(behaviours)):
        return comparison
    remark = "; ".join(_reasons(behaviours))
    if behaviours.verdict is Verdict.PASS or comparison.verdict is Verdict.FAIL:
        return replace(comparison, sentence=f"{comparison.sentence}; {remark}")
    if behaviours.verdict is Verdict.UNDECIDED and comparison.verdict is not Verdict.PASS:
        return replace(comparison, sentence=f"{comparison.sentence}; {remark}")
    start = "not promotable" if behaviours.verdict is Verdict.FAIL else "undecided"
    also = "" if comparison.verdict is Verdict.PASS else f"; also {comparison.sentence}"
    return replace(comparison, verdict=behaviours.verdict, sentence=f"{start}: {remark}{also}")


def behaviour_block(behaviours: Behaviours | None) -> dict[str, Any]:
    """``{"behaviour": …}`` as JSON values, or nothing."""
    if behaviours is None:
        return {}
    return {
        "behaviour": {
            "verdict": behaviours.verdict.value,
            "folder": behaviours.folder,
            "tests": dict(behaviours.tests),
            "edited": list(behaviours.edited),
            "troubles": list(behaviours.troubles),
            "champion_trouble": behaviours.champion_trouble,
            "findings": [_finding(finding) for finding in behaviours.findings],
        }
    }


def _finding(finding: Behaviour) -> dict[str, Any]:
    return {
        **asdict(finding),
        "verdict": finding.verdict.value,
        "before": None if finding.before is None else finding.before.value,
        "examples": [asdict(example) for example in finding.examples],
    }


def _warned(behaviours: Behaviours) -> int:
    return sum(finding.severity == "warn" and finding.verdict is Verdict.FAIL for finding in behaviours.findings)


def _reasons(behaviours: Behaviours) -> Iterator[str]:
    """The first test that blocks, how many more do, what went wrong with the run, and warnings."""
    if blocking := behaviours.blocking:
        rest = len(blocking) - 1
        yield sentence(blocking[0]) + (f"; and {counted(rest, 'more behavioural test')}" if rest else "")
    for trouble in behaviours.troubles[:1]:
        yield f"the behavioural tests could not all be asked: {trouble}"
    if not behaviours.findings and not behaviours.troubles:
        yield "no behavioural test was asked"
    if warned := _warned(behaviours):
        yield f"{counted(warned, 'warning')} by behavioural tests"


def sentence(finding: Behaviour) -> str:
    """One test in one sentence, without a full stop."""
    if finding.verdict is Verdict.UNDECIDED:
        return f"the behavioural test {finding.name} was skipped ({finding.message or 'no reason given'})"
    share = f" in {finding.failed:,} of {counted(finding.cases, 'case')}" if finding.cases > 1 else ""
    standing = f" ({finding.standing})" if finding.standing else ""
    return f"the behavioural test {finding.name} fails{share}{standing}"
