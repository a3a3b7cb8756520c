"""Where each gate's interval lies: every gate on one axis on which its limit is at 1 and less is better."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tidegate.core.report.blocks import Bar, IntervalChart, plain
from tidegate.core.report.comparison import Gate, Kind, Severity
from tidegate.core.report.figures import rule
from tidegate.core.report.untrusted import brief

_ROOM = 1.5


def gate_chart(gates: Sequence[Gate], left_out: int) -> IntervalChart | None:
    """The chart of the gates that were judged; None where none was."""
    bars = tuple(found for gate in gates if (found := bar(gate)) is not None)
    if not bars:
        return None
    return IntervalChart(title="Where each interval lies", bars=bars, left="better", right="worse", left_out=left_out)


def bar(gate: Gate) -> Bar | None:
    """The gate's interval, None where there is none or where it cannot be placed."""
    geometry = _of_value(gate) if gate.of_value else _of_difference(gate)
    if geometry is None:
        return None
    (low, middle, high), bound, still, unit = geometry

    def place(value: float) -> float:
        return 1 + (value - bound) / unit

    if not all(map(math.isfinite, map(place, (low, middle, high)))):
        return None
    return Bar(
        label=_label(gate),
        words=plain(rule(gate)),
        low=place(low),
        middle=place(middle),
        high=place(high),
        limit=1.0,
        still=None if still is None else place(still),
        verdict=gate.verdict,
        warns=gate.severity is Severity.WARN,
    )


def _label(gate: Gate) -> str:
    place, gap = gate.change.slice, gate.change.gap
    if gap is not None:
        return f"{gate.change.metric} {'ratio' if gap.ratio else 'gap'}, {brief(gap.column)}"
    return gate.change.metric if place is None else f"{gate.change.metric}, {brief(place[0])}={brief(place[1])}"


_Geometry = tuple[tuple[float, float, float], float, float | None, float]


def _of_difference(gate: Gate) -> _Geometry | None:
    change, ends, bound = gate.change, gate.change.worse_interval, gate.bound
    if change.difference is None or ends is None or bound is None or change.direction is None:
        return None
    edge = -bound if gate.kind is Kind.BETTER_BY else bound
    unit = abs(edge) or max(map(abs, ends)) / _ROOM or 1.0
    return (ends[0], change.worse(change.difference), ends[1]), edge, 0.0, unit


def _of_value(gate: Gate) -> _Geometry | None:
    """Values turned so that less is better; the axis is stretched so that the value, the champion and the limit fit."""
    ends, bound, value, champion = gate.value_interval, gate.bound, gate.change.candidate, gate.change.champion
    if ends is None or bound is None or value is None:
        return None
    turn = -1.0 if gate.kind is Kind.AT_LEAST else 1.0
    low, high = sorted(turn * end for end in ends)
    still = None if champion is None else turn * champion
    far = [abs(place - turn * bound) for place in (low, high, *(() if still is None else (still,)))]
    return (low, turn * value, high), turn * bound, still, max(far) / _ROOM or 1.0
