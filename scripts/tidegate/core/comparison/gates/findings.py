"""What was found about every gate: verdict, numbers and sentence, the blocking ones judged together as one family."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tidegate.core.answer import Verdict
from tidegate.core.comparison.gates.gaps import Gap
from tidegate.core.comparison.gates.gate_case import Case, holm
from tidegate.core.comparison.gates.questions import Question
from tidegate.core.comparison.gates.waivers import Waived
from tidegate.core.comparison.gates.wording import gate_sentence, needed, subject
from tidegate.core.comparison.inference.intervals import Interval
from tidegate.core.comparison.samples.slices import Slice


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One gate on all rows, one slice or the `gap` between slices.

    `interval` is of `interval_of`: the difference, or the candidate's value.
    `detectable`: distance from the limit that would be decided in 80 % of repeats, in the metric's unit.
    `rows_needed`: how many more rows would decide it in 80 % of repeats; None when decided or out of reach.
    `seeds`: standard deviation of the difference between seeds, where trainings with other seeds have told.
    `measured`: whether there was evidence to decide on. `waived`: the waiver that is about it, where it does not hold.
    """

    label: str
    metric: str
    part: Slice | None
    kind: str
    limit: str
    severity: str
    rows: int
    candidate: float | None
    champion: float | None
    difference: float | None
    interval: Interval | None
    interval_of: str
    level: float
    verdict: Verdict
    sentence: str
    detectable: float | None = None
    rows_needed: int | None = None
    seeds: float | None = None
    measured: bool = False
    gap: Gap | None = None
    waived: Waived | None = None

    @property
    def blocks(self) -> bool:
        """Whether it can hold a candidate back."""
        return self.severity == "block" and not self.excused

    @property
    def excused(self) -> bool:
        """Whether it does not hold, and a waiver lets that pass."""
        return self.waived is not None and self.waived.excuses


def judge(questions: Sequence[Question], alpha: float) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
    """A finding per question in the order given, and the labels of the family that was judged together."""
    family = [(question, case) for question in questions if (case := _in_family(question)) is not None]
    levels = holm([case for _, case in family], alpha)
    level_of = {id(question): level for (question, _), level in zip(family, levels, strict=True)}
    findings = tuple(_finding(question, level_of.get(id(question), alpha)) for question in questions)
    return findings, tuple(question.label for question, _ in family)


def _in_family(question: Question) -> Case | None:
    """What can block and is subject to chance."""
    case = question.case
    return case if case is not None and case.estimate.sampled and question.gate.severity == "block" else None


def _finding(question: Question, alpha: float) -> Finding:
    case, blank = question.case, _unjudged(question, alpha)
    if case is None:
        return blank
    interval = case.interval(alpha)
    verdict = case.decide(interval)
    sentence = gate_sentence(question, case, verdict, interval)
    if not case.estimate.sampled:
        sentence = f"{sentence} ({case.estimate.why_no_interval}: no interval)"
        return replace(blank, verdict=verdict, sentence=sentence, measured=True)
    more = None
    if verdict is Verdict.UNDECIDED:
        more = case.rows_needed(alpha, question.rows)
        sentence = f"{sentence}; {needed(more, question.gate.metric, case.noise)}"
    return replace(
        blank,
        interval=interval if case.sign > 0 else interval.negated(),
        verdict=verdict,
        sentence=sentence,
        detectable=case.detectable(alpha),
        rows_needed=more,
        seeds=None if case.noise is None else case.noise.seeds,
        measured=True,
    )


def _unjudged(question: Question, alpha: float) -> Finding:
    estimate = question.estimate
    return Finding(
        label=question.label,
        metric=question.gate.metric,
        part=question.part,
        kind=question.gate.kind,
        limit=question.gate.text,
        severity=question.gate.severity,
        rows=question.rows,
        candidate=None if estimate is None else estimate.candidate,
        champion=None if estimate is None else estimate.champion,
        difference=None if estimate is None else estimate.difference,
        interval=None,
        interval_of="difference" if question.against_champion else "value",
        level=1 - alpha,
        gap=question.gap,
        verdict=Verdict.SKIPPED if question.excused else Verdict.UNDECIDED,
        sentence=f"{subject(question)} was not judged: {question.obstacle}",
    )
