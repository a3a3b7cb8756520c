"""All evidence in one view, and the verdict that follows from it.

The rule that everything else rests on: evidence that is missing, broken, about something else or not sure of itself
is never a pass. What a command says about its own outcome is checked against its own findings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from tidegate.core.answer import Verdict
from tidegate.core.comparison.gates.waivers import LONGEST
from tidegate.core.evidence import Evidence
from tidegate.core.report import comparison as comparisons
from tidegate.core.report import data as datas
from tidegate.core.report import training as trainings
from tidegate.core.report.comparison import Comparison, Gate, Severity
from tidegate.core.report.context import Context
from tidegate.core.report.data import Data
from tidegate.core.report.reading import Malformed
from tidegate.core.report.training import Training

VALIDATE, TRAIN, COMPARE = STEPS = ("validate-data", "train-model", "compare-models")
_NOT_ASKED = (Verdict.PASS, Verdict.SKIPPED)
_Part = TypeVar("_Part")


@dataclass(frozen=True, kw_only=True)
class Failure:
    """Why a step has no usable result; `said` is ours and follows the step's name, the rest is the step's own."""

    step: str
    said: str = ""
    code: str = ""
    message: str = ""
    where: str = ""
    fix: str = ""
    log: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Step:
    """One command: its outcome as far as it can be believed, None where it left nothing."""

    name: str
    outcome: Verdict | None
    failure: Failure | None = None


@dataclass(frozen=True, kw_only=True)
class View:
    """Everything the report shows. `decisive` is the step that the verdict comes from, None when nothing stops."""

    context: Context
    verdict: Verdict
    decisive: Step | None
    steps: tuple[Step, ...]
    evidence: Mapping[str, Evidence]
    data: Data | None
    training: Training | None
    comparison: Comparison | None

    @property
    def first_model(self) -> bool:
        """Whether there was no champion to compare with."""
        return self.comparison is not None and self.comparison.first_model

    def subject(self, member: str) -> str | None:
        """One digest or commit of what was judged, from the last step that knows it."""
        known = (getattr(self.evidence[name].subject, member) for name in reversed(STEPS) if name in self.evidence)
        return next((value for value in known if value), None)


def collect(evidence: Mapping[str, Evidence | None], context: Context) -> View:
    """Evidence by command (None or absent: it left none) to what is shown. Never raises for what evidence says."""
    if context.no_evidence:
        return _nothing(context)
    given = {name: found for name in STEPS if (found := evidence.get(name)) is not None}
    data, data_step = _part(VALIDATE, given, context, _data)
    training, training_step = _part(TRAIN, given, context, _training)
    comparison, comparison_step = _part(COMPARE, given, context, _comparison)
    steps = _together((data_step, training_step, comparison_step), given)
    verdict, decisive = decide(steps)
    return View(
        context=context,
        verdict=verdict,
        decisive=decisive,
        steps=steps,
        evidence=given,
        data=data,
        training=training,
        comparison=comparison,
    )


def _nothing(context: Context) -> View:
    run = Step(name="the run", outcome=Verdict.ERROR, failure=Failure(step="the run", said=context.no_evidence))
    return View(
        context=context,
        verdict=Verdict.ERROR,
        decisive=run,
        steps=(run,),
        evidence={},
        data=None,
        training=None,
        comparison=None,
    )


def decide(steps: tuple[Step, ...]) -> tuple[Verdict, Step | None]:
    """The first step that does not pass decides; then one that left nothing; a pass needs a comparison that passed."""
    for step in steps:
        if step.outcome not in (None, *_NOT_ASKED):
            return step.outcome or Verdict.ERROR, step
    for step in steps:
        if step.outcome is None:
            return Verdict.ERROR, step
    last = steps[-1]
    return (Verdict.PASS, None) if last.outcome is Verdict.PASS else (Verdict.SKIPPED, last)


def _part(
    name: str,
    given: Mapping[str, Evidence],
    context: Context,
    read: Callable[[Evidence], tuple[_Part, str]],
) -> tuple[_Part | None, Step]:
    found = given.get(name)
    if found is None:
        return None, Step(name=name, outcome=None, failure=Failure(step=name, said="left no evidence"))
    if found.outcome is Verdict.ERROR:
        return None, Step(name=name, outcome=Verdict.ERROR, failure=_own_failure(name, found.error or {}))
    if why := _stranger(name, found, context):
        return None, _doubted(name, why)
    if found.outcome is Verdict.SKIPPED and not found.result:
        return None, Step(name=name, outcome=Verdict.SKIPPED)
    try:
        part, why = read(found)
    except Malformed as error:
        return None, _doubted(name, "left evidence that does not have the agreed form", str(error))
    return part, _doubted(name, why) if why else Step(name=name, outcome=found.outcome)


def _doubted(name: str, why: str, message: str = "") -> Step:
    return Step(name=name, outcome=Verdict.ERROR, failure=Failure(step=name, said=why, message=message))


def _own_failure(name: str, error: Mapping[str, Any]) -> Failure:
    log = error.get("log")
    lines = [line for line in log if isinstance(line, str)][-20:] if isinstance(log, list | tuple) else []
    words = {key: str(error.get(key) or "") for key in ("code", "message", "where", "fix")}
    return Failure(step=name, log=tuple(lines), said="failed" if words["message"] else "failed without a word", **words)


def _stranger(name: str, found: Evidence, context: Context) -> str:
    """Why evidence is not about what this report is about; empty when it is."""
    if found.command != name:
        return "left another command's evidence"
    if found.model != context.model:
        return "left evidence about another model"
    commit = found.subject.commit
    if context.measured and commit not in (context.measured, context.head):
        return "left evidence about another commit"
    if context.pull_request is not None and commit is None:
        return "left evidence that does not say which commit it is about"
    return ""


def _data(found: Evidence) -> tuple[Data, str]:
    data = datas.read(found.result)
    return data, _doubt_data(data, found.outcome)


def _training(found: Evidence) -> tuple[Training, str]:
    return trainings.read(found.result), ""


def _comparison(found: Evidence) -> tuple[Comparison, str]:
    comparison = comparisons.read(found.result)
    return comparison, _doubt_comparison(comparison, found.outcome)


def _doubt_data(data: Data, outcome: Verdict) -> str:
    if outcome is Verdict.PASS and data.blocking:
        return "says pass although expectations failed that block"
    return "says pass although nothing was checked" if outcome is Verdict.PASS and not data.checks else ""


def _doubt_comparison(comparison: Comparison, outcome: Verdict) -> str:
    if outcome is not Verdict.PASS:
        return ""
    if any(gate.blocks for gate in comparison.gates):
        return "says pass although a gate that blocks does not"
    if any(gate.excused and not _in_time(gate, comparison.waivers_day) for gate in comparison.gates):
        return "says pass although a waiver has run out"
    if comparison.behaviour is not None and not comparison.behaviour.allows_a_pass:
        return "says pass although the behavioural tests do not"
    asked = [gate for gate in comparison.gates if gate.verdict is not Verdict.SKIPPED]
    can_block = [gate for gate in comparison.gates if gate.severity is Severity.BLOCK]
    if not _answered(asked, can_block):
        return "says pass although no gate was judged"
    return "says pass although there were no rows" if not comparison.rows else ""


def _in_time(gate: Gate, day: str | None) -> bool:
    """Whether a waiver's last day is not before the day it was held against; days are compared, not words."""
    try:
        return (
            day is not None and gate.waiver is not None and 0 <= _days(gate.waiver.until) - _days(day) <= LONGEST.days
        )
    except ValueError:
        return False


def _days(text: str) -> int:
    return date.fromisoformat(text).toordinal()


def _answered(asked: list[Gate], can_block: list[Gate]) -> bool:
    return any(gate in asked for gate in can_block) if can_block else bool(asked)


def _together(steps: tuple[Step, ...], given: Mapping[str, Evidence]) -> tuple[Step, ...]:
    """The steps, the first of which is in error where two of them were run on different commits, data or parameters."""
    for member in ("commit", "data", "params"):
        subjects = {getattr(found.subject, member) for found in _believed(steps, given)} - {None}
        if len(subjects) > 1:
            why = {"commit": "commits", "data": "data", "params": "parameters"}[member]
            return (_doubted(steps[0].name, f"and the steps after it did not run on the same {why}"), *steps[1:])
    return steps


def _believed(steps: tuple[Step, ...], given: Mapping[str, Evidence]) -> Iterator[Evidence]:
    for step in steps:
        if step.name in given and step.outcome is not Verdict.ERROR:
            yield given[step.name]
