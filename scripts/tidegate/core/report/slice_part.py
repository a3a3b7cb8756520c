"""Where the change is worse and where it is better: slices, worst first, and rows that changed hands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tidegate.core.report.blocks import Block, Break, Code, Column, Details, Gauge, Line, Paragraph, SliceChart, Table
from tidegate.core.report.bounds import Bounds, first
from tidegate.core.report.charts import drawable
from tidegate.core.report.comparison import Comparison, Regression, Slice
from tidegate.core.report.figures import change_cell, decimals_of, direction_word, metric_cell, slice_name, value_cell
from tidegate.core.rounding import counted, decimals_for, number, signed

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
    if chart := slice_chart(comparison):
        blocks.append(chart)
    yield Details("Slices", _gist(comparison.slices), tuple(blocks), weight=70)


def slice_chart(comparison: Comparison) -> SliceChart | None:
    """The main metric in the slices that have a value, worst first; None for fewer than two."""
    metric = next((gate.change.metric for gate in comparison.gates), comparison.slices[0].change.metric)
    known = [one for one in comparison.slices if one.change.metric == metric and one.change.candidate is not None]
    known = known[:_CHARTED]
    candidate = tuple(one.change.candidate or 0.0 for one in known)
    champion = tuple(one.change.champion for one in known if one.change.champion is not None)
    if len(known) < 2 or not drawable(candidate + champion):
        return None
    return SliceChart(
        metric=metric,
        labels=tuple(f"{column} {value}" for column, value in (one.change.slice or ("", "") for one in known)),
        candidate=candidate,
        champion=champion if len(champion) == len(known) else None,
    )


def flips_part(comparison: Comparison, bounds: Bounds) -> Iterator[Details]:
    """Rows that became right or wrong, and the rows whose error grew most; nothing where neither is known."""
    blocks: list[Block] = []
    gist = ""
    if comparison.became_right is not None and comparison.became_wrong is not None:
        gist = f"{comparison.became_right:,} became right, {comparison.became_wrong:,} became wrong"
        blocks.append(Paragraph((f"Of {counted(comparison.rows, 'row')}, {gist}.",)))
    if comparison.regressions:
        shown, left_out = first(comparison.regressions, bounds.rows)
        columns = (Column("Row"), *(Column(name, right=True) for name in ("Champion's error", "This error", "Grew by")))
        blocks.append(Paragraph(("Rows whose absolute error grew most:",)))
        blocks.append(Table(columns, tuple(map(_regression, shown)), left_out))
        gist = gist or f"worst row's error grew by {_growth(comparison)}"
    if blocks:
        yield Details("Row by row", gist, tuple(blocks), weight=50)


def _growth(comparison: Comparison) -> str:
    """How much the error of the worst row grew."""
    worst = comparison.regressions[0]
    return number(worst.after - worst.before, decimals_for([worst.before, worst.after]))


def _regression(row: Regression) -> tuple[Line, ...]:
    decimals = decimals_for([row.before, row.after])
    values = (number(row.before, decimals), number(row.after, decimals), signed(row.after - row.before, decimals))
    return (Code(row.id),), *((value,) for value in values)


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
    worse, better = words.count("worse"), words.count("better")
    return f"{counted(len(slices), 'slice')}: {worse} worse, {better} better, {len(slices) - worse - better} unclear"
