"""What a contract says about slices, and about the gap between them, that can only be wrong in company.

A pair of columns and a gate refer to slices that are declared; a gap asks for something that can be reached and missed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from decimal import Decimal

from tidegate.core.contract import Evaluation, Gate, pair_name
from tidegate.core.contract.problem import Path, Problem, shown
from tidegate.core.near_miss import did_you_mean

_SLICES: Path = ("evaluation", "slices")


def about_slices(evaluation: Evaluation) -> Iterator[Problem]:
    """Declared slices: each once, and pairs of two others that are declared, too."""
    single = [name for name in evaluation.slices if name not in evaluation.pairs]
    for place, name in enumerate(evaluation.slices):
        path: Path = (*_SLICES, place)
        pair = evaluation.pairs.get(name)
        if name in evaluation.slices[:place] or (pair and pair_name(*pair[::-1]) in evaluation.slices[:place]):
            yield Problem(code="E-CFG-029", path=path, message=f"{shown(name)} is listed twice.")
        elif pair is not None:
            yield from _about_pair(pair, single, path)


def _about_pair(pair: tuple[str, str], single: Sequence[str], path: Path) -> Iterator[Problem]:
    if pair[0] == pair[1]:
        message = f"a pair of {shown(pair[0])} with itself has no slices of its own."
        yield Problem(code="E-CFG-028", path=(*path, "pair"), message=message, fix="Name two columns.")
    for place, column in enumerate(pair):
        if column not in single:
            message = f"{shown(column)} is not among evaluation.slices.{did_you_mean(column, single)}"
            fix = "Declare it by itself as well."
            yield Problem(code="E-CFG-028", path=(*path, "pair", place), message=message, fix=fix)


def about_places(gate: Gate, evaluation: Evaluation, path: Path) -> Iterator[Problem]:
    """What a gate refers to: slices that the evaluation declares."""
    for key, names in (("slices", gate.slices), ("gap", gate.gap)):
        for place, name in enumerate(names):
            if name not in evaluation.slices:
                message = f"{shown(name)} is not among evaluation.slices.{did_you_mean(name, evaluation.slices)}"
                yield Problem(code="E-CFG-028", path=(*path, key, place), message=message, fix="Add it there.")


def about_gap(gate: Gate, lowest: float, highest: float, path: Path) -> Iterator[Problem]:
    """A gap's rule; the metric's values are from `lowest` to `highest`."""
    if gate.gap and gate.slices:
        message = "a gate is about slices or about the gap between them, not both."
        yield Problem(code="E-CFG-024", path=(*path, "slices"), message=message, fix="Make it two gates.", at_key=True)
    elif gate.measure != "difference" and not gate.gap:
        message = "measure says how a gap is measured, and there is no gap."
        yield Problem(code="E-CFG-024", path=(*path, "measure"), message=message, fix="Add gap.", at_key=True)
    elif gate.gap and gate.kind == "at_least":
        message = "at_least asks for a large gap."
        yield Problem(code="E-CFG-025", path=(*path, "at_least"), message=message, fix="Use at_most.", at_key=True)
    elif gate.gap and gate.measure == "ratio" and lowest < 0:
        message = f"{gate.metric} can be below zero, where a ratio of two values means nothing."
        fix = "Use measure: difference."
        yield Problem(code="E-CFG-025", path=(*path, "measure"), message=message, fix=fix)
    elif gate.gap and (outcome := _outcome(gate, highest - lowest)):
        message = f"{gate.kind} {gate.text} would {outcome} for a {_what(gate)}."
        yield Problem(code="E-CFG-025", path=(*path, gate.kind), message=message)


def _outcome(gate: Gate, span: float) -> str:
    """What a limit that decides nothing does; a gap is at least 0, a ratio at least 1, a difference at most `span`."""
    least = Decimal(1 if gate.measure == "ratio" else 0)
    bounded = gate.measure == "difference" and math.isfinite(span)
    if gate.kind == "at_most":
        return "never pass" if gate.limit < least else "always pass" if bounded and gate.limit >= span else ""
    if gate.kind == "better_by" and gate.relative:
        return "never pass" if gate.limit > 1 else ""
    if bounded and not gate.relative and gate.limit >= span:
        return "always pass" if gate.kind == "no_worse_by" else "never pass"
    return ""


def _what(gate: Gate) -> str:
    if gate.measure == "ratio":
        return "ratio, which is 1 where all slices are equal"
    return f"gap in {gate.metric}, which is from 0 to the largest difference there can be"
