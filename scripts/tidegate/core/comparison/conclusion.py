"""From the findings about gates to one verdict and one sentence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from tidegate.core.answer import Verdict
from tidegate.core.comparison.gates.findings import Finding
from tidegate.core.comparison.gates.gate_case import AGAINST_CHAMPION
from tidegate.core.comparison.samples.pairing import not_finite
from tidegate.core.comparison.samples.sample import Coded, Floats, Output, Sample
from tidegate.core.contract import Gate

_TOLD = 3


def conclude(findings: Sequence[Finding], *, first: bool, identical: bool) -> tuple[Verdict, str]:
    """Pass only when every blocking gate that can be asked passes, and at least one gate was answered.

    `first`: there is no champion; `identical`: both models say the same of every row.
    """
    verdict, reasons = _verdict(findings)
    remarks = list(_remarks(findings, first=first, identical=identical))
    start = {Verdict.PASS: "ready to promote", Verdict.FAIL: "not promotable"}.get(verdict, verdict.value)
    text = f"{start}: {_first(reasons)}" if reasons else start
    return verdict, "; ".join([text, *remarks])


def _verdict(findings: Sequence[Finding]) -> tuple[Verdict, list[str]]:
    blocking = [finding for finding in findings if finding.blocks]
    for verdict in (Verdict.FAIL, Verdict.UNDECIDED):
        if found := [finding.sentence for finding in blocking if finding.verdict is verdict]:
            return verdict, found
    if not any(finding.verdict is not Verdict.SKIPPED for finding in (blocking or findings)):
        return Verdict.UNDECIDED, ["no gate could be judged"]
    return Verdict.PASS, []


def _first(reasons: Sequence[str]) -> str:
    rest = len(reasons) - 1
    more = f"; and {rest} more gate{'s' if rest > 1 else ''}" if rest else ""
    return f"{reasons[0]}{more}"


def _remarks(findings: Sequence[Finding], *, first: bool, identical: bool) -> Iterator[str]:
    if first:
        relative = [finding.label for finding in findings if finding.kind in AGAINST_CHAMPION and finding.part is None]
        yield "there is no champion yet" + (f", so {' and '.join(relative)} was not asked" if relative else "")
    if identical:
        yield "identical to the champion"
    if excused := [finding for finding in findings if finding.excused]:
        yield _waived(excused)
    if warned := sum(finding.verdict is Verdict.FAIL and finding.severity != "block" for finding in findings):
        yield f"{warned} warning{'s' if warned > 1 else ''}"


def _waived(excused: Sequence[Finding]) -> str:
    told = "; ".join(finding.sentence for finding in excused[:_TOLD])
    return told + (f"; and {len(excused) - _TOLD} more waived" if len(excused) > _TOLD else "")


def is_identical(sample: Sample) -> bool:
    """Whether both models say the same of every row."""
    return sample.champion is not None and _same(sample.candidate, sample.champion)


def is_the_same_numbers(sample: Sample) -> bool:
    """Whether both models say the same numbers or scores of every row, which two models do not; classes may agree."""
    numbers = bool(sample.candidate.scores) or isinstance(sample.candidate.prediction, np.ndarray)
    return numbers and is_identical(sample)


def repeats_decide(gates: Sequence[Gate], sample: Sample) -> bool:
    """Whether trainings with other seeds would be judged by: a gate asks for a difference, and there is one."""
    if sample.champion is None or not any(gate.kind in AGAINST_CHAMPION for gate in gates):
        return False
    finite = not_finite(sample.candidate) is None and not_finite(sample.champion) is None
    return finite and not is_identical(sample)


def _same(one: Output, other: Output) -> bool:
    if one.scores.keys() != other.scores.keys() or not _equal(one.prediction, other.prediction):
        return False
    return all(np.array_equal(one.scores[label], other.scores[label]) for label in one.scores)


def _equal(one: Floats | Coded | None, other: Floats | Coded | None) -> bool:
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return bool(np.array_equal(one, other))
    if isinstance(one, Coded) and isinstance(other, Coded):
        return bool(np.array_equal(one.texts(), other.texts()))
    return one is None and other is None
