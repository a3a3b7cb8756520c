"""The sentences that people read about gates. Numbers are rounded here and nowhere before."""

from __future__ import annotations

from tidegate.core.answer import Verdict
from tidegate.core.comparison.gates.gaps import Gap
from tidegate.core.comparison.gates.gate_case import Case
from tidegate.core.comparison.gates.questions import Question
from tidegate.core.comparison.inference.intervals import Interval, Noise
from tidegate.core.comparison.metric_table import is_cost
from tidegate.core.rounding import about, brief, number

_LONGEST = 80


def subject(question: Question) -> str:
    """What is talked about: the metric, and the slice if the gate is on one, or the slices that differ most."""
    part = question.part
    if question.gap is not None:
        return _gap(question.gap)
    where = f" where {_cut(part.column)} is {_cut(part.value) or 'missing'}" if part else ""
    return f"{_cut(question.gate.metric)}{where}"


def _gap(gap: Gap) -> str:
    what = "gap in" if gap.measure == "difference" else "ratio of"
    between = ""
    if gap.ends is not None:
        smallest, largest = (_cut(group.part.value) or "missing" for group in gap.ends)
        between = f" ({largest} against {smallest})"
    return f"the {what} {_cut(gap.metric)} across {_cut(gap.column)}{between}"


def gate_sentence(question: Question, case: Case, verdict: Verdict, interval: Interval) -> str:
    """One gate in one sentence, without a full stop."""
    describe = _against_champion if question.against_champion else _absolute
    return f"{subject(question)} {describe(case, verdict, interval)}"


def needed(rows: int | None, metric: str, noise: Noise | None = None) -> str:
    """What would settle an undecided gate: more rows, or rounds of timing; nothing where seeds are in the way."""
    if noise is not None and noise.same:
        return "nothing but the seed changed, so it is luck"
    if rows is None and noise is not None and noise.seeds > 0:
        return f"another seed alone moves it by about {number(noise.seeds, brief([noise.seeds]))}"
    noun = "rounds of timing" if is_cost(metric) else "rows"
    if rows is None:
        return f"it lies on the limit, more {noun} would hardly settle it"
    return f"about {about(rows)} more {noun} would settle it"


def _against_champion(case: Case, verdict: Verdict, interval: Interval) -> str:
    gain, limit = case.here, float(case.limit)
    decimals = brief([gain, limit, interval.low if verdict is Verdict.UNDECIDED else None])
    change = _change(gain, decimals)
    if verdict is Verdict.UNDECIDED:
        change += f" and could be {_end(interval.low, decimals)}"
    word = "needed" if case.gate.kind == "better_by" else "limit"
    bound = number(limit, decimals)
    return f"{change}, {word} {f'{case.gate.text} ({bound})' if case.gate.relative else bound}"


def _change(gain: float, decimals: int) -> str:
    return f"is {_end(gain, decimals)}" if gain else "is unchanged"


def _end(gain: float, decimals: int) -> str:
    if gain == float("-inf"):
        return "undefined"
    return f"{'better' if gain > 0 else 'worse'} by {number(abs(gain), decimals)}"


def _absolute(case: Case, verdict: Verdict, interval: Interval) -> str:
    value = case.here * case.sign
    ends = sorted((interval.low * case.sign, interval.high * case.sign))
    decimals = brief([value, float(case.limit), *(ends if verdict is Verdict.UNDECIDED else [])])
    text = f"is {number(value, decimals)}"
    if verdict is Verdict.UNDECIDED:
        text += f" and could be from {number(ends[0], decimals)} to {number(ends[1], decimals)}"
    return f"{text}, limit {case.gate.kind.replace('_', ' ')} {case.gate.text}"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
