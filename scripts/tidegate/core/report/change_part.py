"""What this change changes: parameters, data, and which stages of the pipeline that made run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tidegate.core.report.blocks import (
    Block,
    Bullets,
    Code,
    Column,
    Details,
    Gauge,
    Heading,
    Line,
    Paragraph,
    Piece,
    Table,
)
from tidegate.core.report.bounds import Bounds, first
from tidegate.core.report.data import Difference, Label, Nulls, Shift
from tidegate.core.report.figures import duration
from tidegate.core.report.model import View
from tidegate.core.report.training import Stage, Training
from tidegate.core.rounding import counted, decimals_for, number, percent, signed

_ORDER_OF_NUMBERS = ("rows", "mean", "std", "p05", "p50", "p95")
_STATISTICS = {"ks": "Kolmogorov–Smirnov", "js": "Jensen–Shannon"}


def changes_part(view: View, bounds: Bounds) -> Iterator[Details]:
    """Parameters, data and pipeline against the base; nothing where neither step got that far."""
    difference = view.data.difference if view.data else None
    blocks: list[Block] = []
    gists: list[str] = []
    if view.training is not None:
        blocks += _parameters(view.training, bounds)
        gists.append(counted(len(view.training.parameters), "parameter"))
    if difference is not None:
        blocks += _data(difference, bounds)
        gists.append(f"{signed(difference.rows_after - difference.rows_before, 0)} rows of data")
    elif view.data is not None:
        blocks.append(Paragraph(("Data: the same as at the base, ", f"{counted(view.data.rows, 'row')}.")))
        gists.append("no data")
    if view.training is not None:
        blocks += _pipeline(view.training, bounds)
        ran = sum(stage.state == "ran" for stage in view.training.stages)
        gists.append(f"{counted(ran, 'stage')} ran")
    if blocks:
        yield Details("What changed", ", ".join(gists), tuple(blocks), weight=80)


def _parameters(training: Training, bounds: Bounds) -> Iterator[Block]:
    yield Heading(("Parameters",), 4)
    if not training.parameters:
        yield Paragraph(("None changed.",))
        return
    shown, left_out = first(training.parameters, bounds.rows)
    rows = tuple(((Code(one.name),), _or_dash(one.before), _or_dash(one.after)) for one in shown)
    yield Table((Column("Parameter"), Column("Base"), Column("This change")), rows, left_out, "parameters")


def _pipeline(training: Training, bounds: Bounds) -> Iterator[Block]:
    yield Heading(("Pipeline",), 4)
    if not training.stages:
        yield Paragraph(("No stage had to run.",))
        return
    shown, left_out = first(training.stages, bounds.rows)
    rows = tuple(_stage(stage, bounds) for stage in shown)
    yield Table((Column("Stage"), Column("State"), Column("Time", right=True), Column("Why")), rows, left_out, "stages")


def _stage(stage: Stage, bounds: Bounds) -> tuple[Line, ...]:
    known = stage.state in ("ran", "restored", "unchanged")
    state: Line = (stage.state,) if known else (Code(stage.state),)
    return (Code(stage.name),), state, (duration(stage.seconds),), listed(stage.why, bounds.examples, 120)


def _data(difference: Difference, bounds: Bounds) -> Iterator[Block]:
    before, after = difference.rows_before, difference.rows_after
    yield Heading(("Data",), 4)
    items: list[Line] = [(Code(difference.pointer), f": {before:,} → {after:,} rows ({signed(after - before, 0)})")]
    for word, names in (("added", difference.added), ("removed", difference.removed), ("changed", difference.changed)):
        if names:
            items.append((f"{counted(len(names), 'file')} {word}: ", *listed(names, bounds.examples)))
    yield Bullets(tuple(items))
    yield from _columns(difference, bounds)
    yield from _nulls([one for one in difference.nulls if one.before != one.after], bounds)
    if difference.label is not None:
        yield from _label(difference.label)
    yield from _shifts(difference.shifts, bounds)


def _columns(difference: Difference, bounds: Bounds) -> Iterator[Block]:
    if not difference.columns:
        return
    shown, left_out = first(difference.columns, bounds.rows)
    rows = tuple(((Code(one.name),), (Code(one.change),), _or_dash(one.before), _or_dash(one.after)) for one in shown)
    columns = (Column("Column"), Column("Change"), Column("Type before"), Column("Type now"))
    yield Table(columns, rows, left_out, "columns")


def _nulls(changed: Sequence[Nulls], bounds: Bounds) -> Iterator[Block]:
    if not changed:
        return
    shown, left_out = first(sorted(changed, key=lambda one: one.before - one.after), bounds.rows)
    rows = tuple(((Code(one.column),), (percent(one.before, 2),), (percent(one.after, 2),)) for one in shown)
    columns = (Column("Missing values in"), Column("Before", right=True), Column("Now", right=True))
    yield Table(columns, rows, left_out, "columns")


def _label(label: Label) -> Iterator[Block]:
    names = [name for name in _ORDER_OF_NUMBERS if name in label.before and name in label.after]
    yield Paragraph(("The label ", Code(label.column), ":"))
    columns = (Column(""), *(Column(name, right=True) for name in names))
    sides = (("Before", label.before), ("Now", label.after))
    digits = {name: decimals_for([values[name] for _, values in sides]) for name in names}
    rows = tuple(
        ((word,), *((number(values[name], min(digits[name], 3)),) for name in names)) for word, values in sides
    )
    yield Table(columns, rows)


def _shifts(shifts: Sequence[Shift], bounds: Bounds) -> Iterator[Block]:
    if not shifts:
        return
    ordered = sorted(shifts, key=lambda shift: -shift.value)
    shown, left_out = first(ordered, bounds.rows)
    yield Paragraph(("Columns whose distribution moved most, as a distance from 0 to 1:",))
    columns = (Column("Column"), Column("Distance", right=True), Column("Kind"), Column("Before"), Column("Now"))
    yield Table((*columns[:2], Column(""), *columns[2:]), tuple(map(_shift, shown)), left_out, "columns")


def _shift(shift: Shift) -> tuple[Line, ...]:
    kind: Piece = _STATISTICS.get(shift.statistic) or Code(shift.statistic)
    gauge = Gauge(min(max(shift.value, 0.0), 1.0))
    sides: tuple[Line, ...] = ((Code(shift.before),), (Code(shift.after),))
    return (Code(shift.column),), (number(shift.value, 3),), (gauge,), (kind,), *sides


def listed(names: Sequence[str], most: int, limit: int = 80) -> Line:
    """Untrusted words one after another, the rest counted."""
    shown, left_out = first(names, most)
    pieces: list[Piece] = []
    for name in shown:
        pieces += [", "] * bool(pieces) + [Code(name, limit)]
    return (*pieces, f" and {left_out:,} more") if left_out else tuple(pieces)


def _or_dash(value: str | None) -> Line:
    return ("–",) if value is None else (Code(value),)
