"""Row by row: which changed hands, and which were predicted much worse than before; named by their ids only."""

from __future__ import annotations

from collections.abc import Iterator

from tidegate.core.report.blocks import Block, Code, Column, Details, Line, Paragraph, Table
from tidegate.core.report.bounds import Bounds, first
from tidegate.core.report.comparison import Comparison, Regression
from tidegate.core.report.figures import slice_name
from tidegate.core.report.row_evidence import Flips
from tidegate.core.rounding import counted, decimals_for, number, signed

_LEAST_P = 0.0001


def rows_part(comparison: Comparison, bounds: Bounds) -> Iterator[Details]:
    """Rows that became right or wrong, and the rows whose error grew most; nothing where neither is known."""
    blocks = [*_flipped(comparison, bounds), *_regressed(comparison, bounds)]
    if blocks:
        yield Details("Row by row", _gist(comparison), tuple(blocks), weight=50)


def _flipped(comparison: Comparison, bounds: Bounds) -> Iterator[Block]:
    if not comparison.flips:
        return
    whole, *parts = comparison.flips
    yield Paragraph((f"Of {counted(comparison.rows, 'row')}, {_changed(whole)}", *_test(comparison, whole), "."))
    if parts:
        shown, left_out = first(parts, bounds.rows)
        names = ("Became right", "Became wrong", "Balance", "p")
        columns = (Column("Slice"), *(Column(name, right=True) for name in names))
        yield Table(columns, tuple(map(_part, shown)), left_out, "slices")


def _changed(flips: Flips) -> str:
    return f"{flips.became_right:,} became right, {flips.became_wrong:,} became wrong"


def _test(comparison: Comparison, flips: Flips) -> Line:
    """What chance alone would do, by McNemar's test: of rows, or of groups of rows that belong together."""
    if flips.p is None:
        return ()
    groups: Line = (" over groups of one ", Code(comparison.cluster)) if comparison.cluster else ()
    return f" (p {_p(flips.p)} by McNemar's test", *groups, ")"


def _p(p: float | None) -> str:
    if p is None:
        return "–"
    return f"< {_LEAST_P}" if p < _LEAST_P else number(p, decimals_for([p]) if p < 0.01 else 2)


def _part(flips: Flips) -> tuple[Line, ...]:
    values = (f"{flips.became_right:,}", f"{flips.became_wrong:,}", signed(-flips.lost, 0), _p(flips.p))
    return slice_name(flips.slice or ("", "")), *((text,) for text in values)


def _regressed(comparison: Comparison, bounds: Bounds) -> Iterator[Block]:
    if not comparison.regressions:
        return
    shown, left_out = first(comparison.regressions, bounds.rows)
    columns = (Column("Row"), *(Column(name, right=True) for name in ("Champion's error", "This error", "Grew by")))
    yield Paragraph(("Rows whose absolute error grew most:",))
    yield Table(columns, tuple(map(_regression, shown)), left_out)


def _regression(row: Regression) -> tuple[Line, ...]:
    decimals = decimals_for([row.before, row.after])
    values = (number(row.before, decimals), number(row.after, decimals), signed(row.after - row.before, decimals))
    return (Code(row.id),), *((value,) for value in values)


def _gist(comparison: Comparison) -> str:
    if comparison.flips:
        return _changed(comparison.flips[0])
    worst = comparison.regressions[0]
    growth = number(worst.after - worst.before, decimals_for([worst.before, worst.after]))
    return f"worst row's error grew by {growth}"
