"""What no single value of a contract shows: gates that contradict one another, ask the impossible or ask nothing.

A gate that every model passes is worse than none, because it looks like one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice

from tidegate.core.comparison.metric_table import KNOWN
from tidegate.core.contract import RULES, CustomMetric, Evaluation, Gate
from tidegate.core.contract.columns import about_columns, about_needs
from tidegate.core.contract.problem import Path, Problem, shown
from tidegate.core.contract.programs import about_measuring, about_predict
from tidegate.core.contract.slicing import about_gap, about_places, about_slices
from tidegate.core.near_miss import did_you_mean


@dataclass(frozen=True)
class _Range:
    """What a metric's values can be, and whether more is better; bounds are infinite where nothing is known."""

    higher: bool
    minimum: float
    maximum: float

    def __str__(self) -> str:
        return f"{self.minimum:g} to {self.maximum:g}"


def about_rules(kinds: Sequence[str], path: Path) -> Iterator[Problem]:
    """One gate's rules, by the names of its keys."""
    rules = [kind for kind in kinds if kind in RULES]
    if not rules:
        message = "a gate needs at least one rule; an empty gate would always pass."
        yield Problem(code="E-CFG-021", path=path, message=message, fix=f"Give it one of {', '.join(RULES)}.")
    elif len(rules) > 1:
        message = f"a gate has one rule, this one has {' and '.join(rules)}."
        yield Problem(code="E-CFG-024", path=(*path, rules[1]), message=message, fix="Make it two gates.", at_key=True)


def about_metric_name(name: str, declared: Mapping[str, object], path: Path) -> Iterator[Problem]:
    """A gate's metric: one of ours, or declared by the contract."""
    if name not in KNOWN and name not in declared:
        near = did_you_mean(name, [*declared, *KNOWN])
        fix = "" if near else f"Known are {', '.join(KNOWN)}; declare another under metrics, with its direction."
        yield Problem(code="E-CFG-004", path=path, message=f"unknown metric {shown(name)}.{near}", fix=fix)


def about_metrics(metrics: Mapping[str, CustomMetric]) -> Iterator[Problem]:
    """Declared metrics."""
    for name, metric in metrics.items():
        path: Path = ("metrics", name)
        if name in KNOWN:
            message = f"{name} is a metric that Tidegate knows; it cannot be declared anew."
            yield Problem(code="E-CFG-029", path=path, message=message, fix="Take another name.", at_key=True)
        low, high = metric.minimum, metric.maximum
        if low is not None and high is not None and low > high:
            message = f"min {low:g} is above max {high:g}: no value can pass."
            yield Problem(code="E-CFG-013", path=(*path, "minimum"), message=message)
    yield from about_measuring(metrics)


def about_evaluation(evaluation: Evaluation) -> Iterator[Problem]:
    """The columns of the predictions."""
    yield from about_columns(evaluation)
    yield from about_slices(evaluation)
    yield from about_predict(evaluation)


def about_gates(
    gates: Mapping[int, Gate], evaluation: Evaluation | None, metrics: Mapping[str, CustomMetric]
) -> Iterator[Problem]:
    """Gates by their place in the list, as far as they can be read; `evaluation` None when it cannot be."""
    for place, gate in gates.items():
        path: Path = ("gates", place)
        possible = _range(gate.metric, metrics)
        yield from _about_limit(gate, possible, (*path, gate.kind))
        lowest, highest = (math.nan, math.nan) if possible is None else (possible.minimum, possible.maximum)
        yield from about_gap(gate, lowest, highest, path)
        for key, names in (("slices", gate.slices), ("gap", gate.gap)):
            yield from _twice(names, (*path, key))
        if evaluation is not None:
            yield from _about_columns(gate, evaluation, path)
    yield from _about_pairs(list(gates.items()))


def _range(metric: str, metrics: Mapping[str, CustomMetric]) -> _Range | None:
    kind = KNOWN.get(metric)
    if kind is not None:
        return _Range(kind.direction == "higher", kind.minimum, kind.maximum)
    own = metrics.get(metric)
    if own is None:
        return None
    low = -math.inf if own.minimum is None else own.minimum
    high = math.inf if own.maximum is None else own.maximum
    return _Range(own.direction == "higher", low, high)


def _about_limit(gate: Gate, possible: _Range | None, path: Path) -> Iterator[Problem]:
    if gate.gap or possible is None or possible.minimum > possible.maximum:
        return
    outcome = _against_champion(gate, possible) if gate.kind in ("no_worse_by", "better_by") else _alone(gate, possible)
    if outcome:
        message = f"{gate.metric} is within {possible}, so {gate.kind} {gate.text} would {outcome}."
        percent = f"Did you mean {gate.text}%?" if gate.kind == "no_worse_by" and not gate.relative else ""
        yield Problem(code="E-CFG-025", path=path, message=message, fix=percent)


def _alone(gate: Gate, possible: _Range) -> str:
    low, high = Decimal(str(possible.minimum)), Decimal(str(possible.maximum))
    if gate.kind == "at_least":
        return "never pass" if gate.limit > high else "always pass" if gate.limit <= low else ""
    return "never pass" if gate.limit < low else "always pass" if gate.limit >= high else ""


def _against_champion(gate: Gate, possible: _Range) -> str:
    """A share of the champion's value can be judged only where values start at zero and more is better."""
    if gate.relative:
        reachable = not (gate.kind == "no_worse_by" and possible.higher and possible.minimum >= 0 and gate.limit >= 1)
        return "" if reachable else "always pass"
    if gate.limit < Decimal(str(possible.maximum - possible.minimum)):
        return ""
    return "always pass" if gate.kind == "no_worse_by" else "never pass"


def _about_columns(gate: Gate, evaluation: Evaluation, path: Path) -> Iterator[Problem]:
    kind = KNOWN.get(gate.metric)
    if kind is not None:
        yield from about_needs(kind, gate, evaluation, path)
    yield from about_places(gate, evaluation, path)


def _about_pairs(gates: Sequence[tuple[int, Gate]]) -> Iterator[Problem]:
    """The first earlier gate on the same metric and rows that each gate is at odds with."""
    earlier: dict[str, list[tuple[int, Gate]]] = {}
    for place, gate in gates:
        before = earlier.setdefault(gate.metric, [])
        conflicts = (conflict for other in before for conflict in _about_pair(other, (place, gate)))
        yield from islice(conflicts, 1)
        before.append((place, gate))


def _same_rows(one: Gate, other: Gate) -> bool:
    if one.gap or other.gap:
        return one.measure == other.measure and bool(set(one.gap) & set(other.gap))
    return bool(set(one.slices) & set(other.slices)) or not (one.slices or other.slices)


def _about_pair(earlier: tuple[int, Gate], later: tuple[int, Gate]) -> Iterator[Problem]:
    (first_place, first), (place, gate) = earlier, later
    if not _same_rows(first, gate):
        return
    limits = {first.kind: first.limit, gate.kind: gate.limit}
    path: Path = ("gates", place, gate.kind)
    if first.kind == gate.kind and (set(first.slices), set(first.gap)) == (set(gate.slices), set(gate.gap)):
        message = f"gates[{first_place}] is the same rule on {gate.metric}."
        yield Problem(code="E-CFG-029", path=path, message=message, fix="Keep one.")
    elif {"at_least", "at_most"} <= set(limits) and limits["at_least"] > limits["at_most"]:
        message = f"at_least {limits['at_least']} is above at_most {limits['at_most']}: no value can pass."
        fix = f"Mend it, or the limit in gates[{first_place}]."
        yield Problem(code="E-CFG-013", path=path, message=message, fix=fix)


def _twice(columns: Sequence[str], path: Path) -> Iterator[Problem]:
    for place, column in enumerate(columns):
        if column in columns[:place]:
            yield Problem(code="E-CFG-029", path=(*path, place), message=f"{shown(column)} is listed twice.")
