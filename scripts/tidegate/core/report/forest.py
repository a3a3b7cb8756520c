"""Every interval in one picture: how much worse each gate and each slice may be, in per cent of the champion's value.

On that axis metrics of any unit can be compared by eye. A limit on a value (at most 60) has no place on it; such gates
are drawn below, each between the champion and its own limit.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from tidegate.core.report.blocks import Forest, Placed, plain
from tidegate.core.report.bounds import first
from tidegate.core.report.comparison import Change, Comparison, Gate, Severity, Slice
from tidegate.core.report.figures import MISSING, rule
from tidegate.core.report.gate_chart import bar, gate_chart
from tidegate.core.report.untrusted import brief
from tidegate.core.rounding import brief as digits
from tidegate.core.rounding import decimals_for, number, signed

MOST_SLICES = 24


def forest(comparison: Comparison, gates: Sequence[Gate], left_out: int) -> Forest | None:
    """The picture of gates that were judged (in the order given) and of slices that no gate is about; None for none."""
    text = gate_chart(gates, left_out)
    if text is None:
        return None
    rows = max([gate.rows for gate in gates] + [one.rows for one in comparison.slices], default=1) or 1
    changes = {id(gate): _of_gate(gate, rows) for gate in gates if gate.change.gap is None}
    on_values = [gate for gate in gates if changes.get(id(gate)) is None]
    others, more = first(_ungated(comparison, gates), MOST_SLICES)
    return Forest(
        title="How much worse each may be",
        gates=tuple(placed for placed in changes.values() if placed is not None),
        slices=tuple(placed for one in others if (placed := _of_slice(one, rows)) is not None),
        main=main_metric(comparison),
        scaled=tuple(replace(found, numbers=_value(gate)) for gate in on_values if (found := bar(gate)) is not None),
        text=text,
        left_out=left_out + more,
    )


def _ungated(comparison: Comparison, gates: Sequence[Gate]) -> list[Slice]:
    """Slices of the main metric that were judged and that no gate on a change is about, worst first."""
    main = main_metric(comparison)
    known = {gate.change.slice for gate in gates if not gate.of_value and gate.change.metric == main}
    own = [one for one in comparison.slices if one.judged and one.change.metric == main]
    return [one for one in own if one.change.slice not in known]


def main_metric(comparison: Comparison) -> str:
    """That of the first gate, which is the one people think of first."""
    return next((gate.change.metric for gate in comparison.gates), "")


def _of_gate(gate: Gate, rows: int) -> Placed | None:
    if gate.of_value or gate.bound is None or not gate.change.champion:
        return None
    limit = 100 * gate.bound / abs(gate.change.champion) * (-1 if gate.kind == "better_by" else 1)
    return _placed(gate.change, gate.rows, rows, limit, gate)


def _of_slice(one: Slice, rows: int) -> Placed | None:
    return _placed(one.change, one.rows, rows, None, None)


def _placed(change: Change, rows: int, most: int, limit: float | None, gate: Gate | None) -> Placed | None:
    ends, champion = change.worse_interval, change.champion
    if ends is None or not champion or change.difference is None or change.direction is None:
        return None
    low, middle, high = (100 * value / abs(champion) for value in (ends[0], change.worse(change.difference), ends[1]))
    if not all(map(math.isfinite, (low, middle, high, limit or 0.0))):
        return None
    return Placed(
        label=change.metric,
        place=None if change.slice is None else (brief(change.slice[0]), brief(change.slice[1] or MISSING)),
        rule="" if gate is None else plain(rule(gate)),
        numbers=_said(low, middle, high),
        rows=rows,
        low=low,
        middle=middle,
        high=high,
        limit=limit,
        weight=min(rows / most, 1.0),
        verdict=None if gate is None else gate.verdict,
        warns=gate is not None and gate.severity is Severity.WARN,
    )


def _value(gate: Gate) -> str:
    """What the gate measured, with its interval."""
    measured, ends = (gate.change.candidate, gate.value_interval)
    if not gate.of_value:
        measured, ends = gate.change.difference, gate.change.interval
    decimals = decimals_for([measured, gate.bound], ends)
    write = number if gate.of_value else signed
    return write(measured, decimals) + (f" ({write(ends[0], decimals)} to {write(ends[1], decimals)})" if ends else "")


def _said(low: float, middle: float, high: float) -> str:
    """What is drawn in words, where above zero is worse."""
    decimals = min(digits([middle, high - low]), 2)
    ends = f"{signed(low, decimals)}% to {signed(high, decimals)}%"
    return f"{signed(middle, decimals)}% ({ends})"
