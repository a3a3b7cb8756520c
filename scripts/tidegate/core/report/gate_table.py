"""The part everybody looks at: one row per gate, failing ones first, and where each interval lies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tidegate.core.answer import Verdict
from tidegate.core.report.blocks import (
    Block,
    Break,
    Code,
    Column,
    Details,
    Line,
    Mark,
    Paragraph,
    Table,
)
from tidegate.core.report.bounds import Bounds, first
from tidegate.core.report.comparison import ChampionKind, Comparison, Gate, Severity
from tidegate.core.report.figures import change_cell, decimals_of, level, metric_cell, rule, value_cell
from tidegate.core.report.forest import forest
from tidegate.core.report.gate_chart import gate_chart
from tidegate.core.rounding import about, brief, counted, number

_ORDER = (Verdict.FAIL, Verdict.ERROR, Verdict.INCOMPARABLE, Verdict.UNDECIDED)


def gate_blocks(comparison: Comparison, bounds: Bounds) -> Iterator[Block]:
    """Table, chart and what the numbers mean; nothing where no gate was asked."""
    gates = ranked(comparison.gates)
    if not gates:
        return
    shown, left_out = first(gates, bounds.rows)
    champion = comparison.champion.kind is not ChampionKind.NONE
    yield Table(_columns(champion), tuple(_row(gate, champion) for gate in shown), left_out, "gates")
    yield Paragraph(_legend(comparison), small=True)
    if chart := forest(comparison, shown, left_out) if champion else gate_chart(shown, left_out):
        yield chart


def gates_part(comparison: Comparison, bounds: Bounds) -> Iterator[Details]:
    """Every gate with its rows, its level and how small a difference it would have noticed."""
    gates = ranked(comparison.gates)
    if not gates:
        return
    shown, left_out = first(gates, bounds.listed)
    names = ("Rows", "Level", "Notices", "Rows still needed")
    columns = (Column("Metric"), Column("Gate"), *(Column(name, right=True) for name in names), Column("Verdict"))
    blocks = (
        Table(columns, tuple(map(_detail, shown)), left_out, "gates"),
        Paragraph(("Notices: the distance from the limit that would be decided in 8 of 10 repeats.",), small=True),
    )
    yield Details("Gates in detail", counted(len(gates), "gate"), blocks, weight=68)


def ranked(gates: Sequence[Gate]) -> list[Gate]:
    """What stops the model first, then warnings, then what holds; within each the whole hold-out before slices."""
    return sorted(gates, key=_rank)


def _rank(gate: Gate) -> tuple[int, int, bool]:
    trouble = gate.verdict in _ORDER
    place = _ORDER.index(gate.verdict) if trouble else len(_ORDER) + (gate.verdict is Verdict.SKIPPED)
    return not trouble or gate.severity is Severity.WARN or gate.excused, place, gate.change.slice is not None


def _columns(champion: bool) -> tuple[Column, ...]:
    both = (Column("Champion", right=True), Column("This change", right=True), Column("Difference", right=True))
    return (
        Column("Metric"),
        *(both if champion else (Column("This change", right=True),)),
        Column("Gate"),
        Column("Verdict"),
    )


def _row(gate: Gate, champion: bool) -> tuple[Line, ...]:
    decimals = decimals_of(gate.change, gate.value_interval)
    mark = _mark(gate)
    now = value_cell(gate.change.candidate, decimals, gate.value_interval)
    before = value_cell(gate.change.champion, decimals)
    both = (before, now, change_cell(gate.change, decimals, word=not gate.of_value)) if champion else (now,)
    return metric_cell(gate.change), *both, rule(gate), mark


def _detail(gate: Gate) -> tuple[Line, ...]:
    noticed = number(gate.detectable, brief([gate.detectable]))
    needed = "–" if gate.rows_needed is None else about(gate.rows_needed)
    mark = _mark(gate)
    numbers = (f"{gate.rows:,}", level(gate.level), noticed, needed)
    return metric_cell(gate.change), rule(gate), *((text,) for text in numbers), mark


def _mark(gate: Gate) -> Line:
    mark = Mark(gate.verdict, warns=gate.severity is Severity.WARN)
    return (mark, Break(), "waived until ", Code(gate.waiver.until)) if gate.excused and gate.waiver else (mark,)


def _legend(comparison: Comparison) -> Line:
    parts: list[Line] = [("↓ lower is better, ↑ higher is better",)]
    if comparison.draws:
        drawn: Line = ("rows",)
        if comparison.clusters is not None:
            drawn = (f"{comparison.clusters:,} groups of one ", Code(comparison.cluster or ""))
        parts.append((f"intervals from {comparison.draws:,} paired bootstrap draws of ", *drawn))
    if len(comparison.family) > 1:
        family = counted(len(comparison.family), "gate")
        parts.append((f"together {level(1 - comparison.alpha)} sure over the {family} that can block (Holm)",))
    elif comparison.draws:
        parts.append((f"at {level(1 - comparison.alpha)}",))
    joined = [piece for number, part in enumerate(parts) for piece in ((" · ",) if number else ()) + part]
    return tuple(joined)
