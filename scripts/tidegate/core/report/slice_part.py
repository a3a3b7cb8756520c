"""Where the change is worse and where it is better: slices, worst first, and the gaps between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tidegate.core.report.blocks import (
    Block,
    Break,
    Bullets,
    Code,
    Column,
    Details,
    Gauge,
    Line,
    Paragraph,
    SliceChart,
    Table,
)
from tidegate.core.report.bounds import Bounds, first
from tidegate.core.report.charts import drawable
from tidegate.core.report.comparison import Comparison, Gate, Slice
from tidegate.core.report.figures import (
    MISSING,
    change_cell,
    decimals_of,
    direction_word,
    metric_cell,
    slice_name,
    subject,
    value_cell,
)
from tidegate.core.report.forest import main_metric
from tidegate.core.report.row_evidence import Group
from tidegate.core.rounding import counted, decimals_for, number

_CHARTED = 12


def slices_part(comparison: Comparison, bounds: Bounds) -> Iterator[Details]:
    """The slices with a chart of the main metric; nothing where the contract names no slices."""
    if not comparison.slices:
        return
    shown, left_out = first(comparison.slices, bounds.rows)
    scale = max((abs(one.change.relative or 0.0) for one in comparison.slices if one.judged), default=0.0)
    several = len({one.change.metric for one in comparison.slices}) > 1
    champion = not comparison.first_model
    rows = tuple(_row(one, scale, several, champion) for one in shown)
    blocks: list[Block] = [Table(_columns(several, champion), rows, left_out, "slices")]
    if comparison.slice_notes:
        notes = [(Code(note, 300),) for note in comparison.slice_notes]
        blocks.append(Bullets(tuple(notes[: bounds.rows]), max(len(notes) - bounds.rows, 0), "notes"))
    blocks += (block for gate in comparison.gates for block in _gap(gate, bounds))
    if chart := slice_chart(comparison):
        blocks.append(chart)
    yield Details("Slices", _gist(comparison.slices), tuple(blocks), weight=70)


def slice_chart(comparison: Comparison) -> SliceChart | None:
    """The main metric in the slices that have a value, worst first; None for fewer than two."""
    metric = main_metric(comparison) if comparison.gates else comparison.slices[0].change.metric
    known = [one for one in comparison.slices if one.change.metric == metric and one.change.candidate is not None]
    shown = known[:_CHARTED]
    candidate = tuple(one.change.candidate or 0.0 for one in shown)
    champion = tuple(one.change.champion for one in shown if one.change.champion is not None)
    if len(shown) < 2 or not drawable(candidate + champion):
        return None
    return SliceChart(
        metric=metric,
        labels=tuple(f"{one[0]} {one[1] or MISSING}" for one in (part.change.slice or ("", "") for part in shown)),
        candidate=candidate,
        champion=champion if len(champion) == len(shown) else None,
    )


def _gap(gate: Gate, bounds: Bounds) -> Iterator[Block]:
    """The slices that a gate compares, from the smallest value to the largest; those with too few rows last."""
    gap = gate.change.gap
    if gap is None:
        return
    ordered = sorted(gap.groups, key=lambda group: (not group.compared, group.candidate is None, group.candidate or 0))
    shown, left_out = first(ordered, bounds.rows)
    decimals = decimals_for([value for group in gap.groups for value in (group.candidate, group.champion)])
    yield Paragraph(("Compared for ", *subject(gate.change), ":"))
    names = ("Rows", "Champion", "This change")
    rows = tuple(_group(gap.column, group, decimals) for group in shown)
    columns = (Column("Slice"), *(Column(name, right=True) for name in names), Column("Meaning"))
    yield Table(columns, rows, left_out, "slices")


def _group(column: str, group: Group, decimals: int) -> tuple[Line, ...]:
    values = (f"{group.rows:,}", number(group.champion, decimals), number(group.candidate, decimals))
    meaning = "compared" if group.compared else "too few rows to compare" if group.rows else "no data"
    return slice_name((column, group.value)), *((text,) for text in values), (meaning,)


def _columns(several: bool, champion: bool) -> tuple[Column, ...]:
    numbers = ("Rows", "Champion", "This change", "Difference") if champion else ("Rows", "This change")
    metric = (Column("Metric"),) if several else ()
    meaning = (Column("Meaning"),) if champion else ()
    return Column("Slice"), *metric, *(Column(name, right=True) for name in numbers), *meaning


def _row(one: Slice, scale: float, several: bool, champion: bool) -> tuple[Line, ...]:
    change, decimals = one.change, decimals_of(one.change)
    values: tuple[Line, ...] = (value_cell(change.candidate, decimals),)
    if champion:
        values = (value_cell(change.champion, decimals), *values, change_cell(change, decimals, word=False))
    metric = (metric_cell(change)[:2],) if several else ()
    meaning = (_meaning(one, scale),) if champion else ()
    return slice_name(change.slice or ("", "")), *metric, (f"{one.rows:,}",), *values, *meaning


def _meaning(one: Slice, scale: float) -> Line:
    if not one.rows:
        return ("no data",)
    if not one.judged:
        return ("too few rows to judge",)
    bar: Line = (Break(), Gauge(abs(one.change.relative or 0.0) / scale)) if scale else ()
    return direction_word(one.change), *bar


def _gist(slices: Sequence[Slice]) -> str:
    words = [direction_word(one.change) for one in slices if one.judged]
    worse, better, count = words.count("worse"), words.count("better"), len({one.change.slice for one in slices})
    metrics = counted(len({one.change.metric for one in slices}), "metric")
    start = counted(count, "slice") + (f" by {metrics}" if count < len(slices) else "")
    return f"{start}: {worse} worse, {better} better, {len(slices) - worse - better} unclear"
