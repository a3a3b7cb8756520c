"""The forest plot of the page: gates and slices on one axis, in shapes as well as colours, and in words.

Every row is an SVG of its own with positions in per cent, so that it is as wide as the page and its text stays text.
"""

from __future__ import annotations

import html
import math
from collections.abc import Iterable

from tidegate.core.answer import Verdict
from tidegate.core.report.blocks import Forest, Placed
from tidegate.core.report.charts import axis
from tidegate.core.report.html_charts import EDGE, GLYPH, SHAPES, interval_row, keys, vertical
from tidegate.core.report.svg import Axis, tick_text
from tidegate.core.report.untrusted import brief
from tidegate.core.rounding import counted

_TICKS = 6
_FAR = 2.5
_SMALLEST, _LARGEST = 3.0, 7.0


def forest(chart: Forest) -> str:
    """The whole figure: rows on the common axis, then gates on a value, each on an axis of its own."""
    rows = [*chart.gates, *chart.slices]
    parts = []
    if rows:
        scale = _scale(rows)
        of_slices = f"Slices of <code>{html.escape(brief(chart.main))}</code> without a gate, worst first"
        common = (*_group("Gates", chart.gates, scale), *_group(of_slices, chart.slices, scale))
        parts += [_ticks(scale), *common]
    if chart.scaled:
        low, high = axis(chart.text)
        title = "Limits on a value or a gap, each row on a scale of its own"
        parts += [_heading(title), *(interval_row(bar, low, high) for bar in chart.scaled)]
    more = f'<p class="small">…and {chart.left_out:,} more intervals</p>' if chart.left_out else ""
    note = '<p class="small">Change in per cent of the champion’s value with its interval; right of zero is worse.</p>'
    return (
        f'<figure class="intervals forest"><figcaption>{html.escape(chart.title)}</figcaption>'
        f"{note if rows else ''}{''.join(parts)}{_legend(chart)}{more}</figure>"
    )


def _scale(rows: Iterable[Placed]) -> Axis:
    """As far as intervals and limits reach, unless single ones reach much further than anything that was measured."""
    ends = [(row.low, row.high, row.limit or 0.0) for row in rows]
    far = _FAR * max(max(abs(row.middle), abs(row.limit or 0.0)) for row in rows)
    far = far or max(max(map(abs, end)) for end in ends) or 1.0
    low = max(min(min(end) for end in ends), -far)
    high = min(max(max(end) for end in ends), far)
    room = 0.04 * ((high - low) or 1.0)
    return Axis(min(low, 0.0) - room, max(high, 0.0) + room, EDGE, 100 - EDGE)


def _ticks(scale: Axis) -> str:
    places = scale.ticks(_TICKS)
    step = places[1] - places[0] if len(places) > 1 else 1.0
    written = "".join(
        f'<text x="{scale.place(value):.2f}%" y="1em" text-anchor="middle">{_tick(value, step)}</text>'
        for value in places
    )
    svg = f'<svg class="ticks" aria-hidden="true">{written}</svg>'
    return f'<div class="row axis"><span>◄ better, worse ►</span>{svg}<span></span></div>'


def _tick(value: float, step: float) -> str:
    text = tick_text(value, step)
    return f"{'+' if value > 0 else ''}{text}%" if value else "0"


def _group(title: str, rows: tuple[Placed, ...], scale: Axis) -> tuple[str, ...]:
    return (_heading(title), *(_row(row, scale) for row in rows)) if rows else ()


def _heading(title: str) -> str:
    """`title` is HTML of ours."""
    return f'<p class="group">{title}</p>'


def _row(row: Placed, scale: Axis) -> str:
    verdict = row.verdict
    tone = "" if verdict is None else " tone-warns" if _warns(row) else f" tone-{verdict.value}"
    word = "" if verdict is None else f"{verdict.value}, warns only" if _warns(row) else verdict.value
    told = ", ".join(filter(None, (brief(row.label), " = ".join(row.place or ()), row.rule, row.numbers, word)))
    name = "" if verdict is None else f"<bdi><code>{html.escape(brief(row.label))}</code></bdi> "
    name += " = ".join(f"<bdi>{html.escape(part)}</bdi>" for part in row.place or ())
    below = row.rule if verdict is not None else counted(row.rows, "row")
    glyph = "" if verdict is None else f'<span aria-hidden="true">{GLYPH[verdict]}</span> {word}<br>'
    return (
        f'<div class="row{tone}"><span class="name">{name}<br><small>{html.escape(below)}</small></span>'
        f'<svg class="plot" role="img" aria-label="{html.escape(told)}">{_drawn(row, scale)}</svg>'
        f'<span class="words">{glyph}<small>{html.escape(row.numbers)}</small></span></div>'
    )


def _warns(row: Placed) -> bool:
    return row.warns and row.verdict is not Verdict.PASS


def _drawn(row: Placed, scale: Axis) -> str:
    start, middle, end = (scale.place(value) for value in (row.low, row.middle, row.high))
    drawn = "".join(vertical("grid", scale.place(value)) for value in scale.ticks(_TICKS) if value)
    if row.limit is not None:
        limit = scale.place(row.limit)
        drawn = f'<rect class="beyond" x="{limit:.2f}%" y="0" width="{100 - limit:.2f}%" height="100%"/>{drawn}'
        drawn += vertical("limit", limit) if scale.holds(row.limit) else ""
    drawn += vertical("still", scale.place(0.0))
    drawn += f'<line class="span" x1="{start:.2f}%" x2="{end:.2f}%" y1="50%" y2="50%"/>'
    drawn += "" if scale.holds(row.low) else _arrow(start, -1)
    drawn += "" if scale.holds(row.high) else _arrow(end, 1)
    shape = SHAPES.get(row.verdict) if row.verdict is not None else None
    return f'{drawn}<svg class="point" x="{middle:.2f}%" y="50%" overflow="visible">{shape or _square(row)}</svg>'


def _square(row: Placed) -> str:
    """Its area is as large as the slice is."""
    half = max(_SMALLEST, _LARGEST * math.sqrt(row.weight))
    return f'<rect class="square" x="{-half:.1f}" y="{-half:.1f}" width="{2 * half:.1f}" height="{2 * half:.1f}"/>'


def _arrow(place: float, side: int) -> str:
    path = f"M{-6 * side}-5L0 0 {-6 * side} 5"
    return f'<svg x="{place:.2f}%" y="50%" overflow="visible"><path class="span arrow" d="{path}"/></svg>'


def _legend(chart: Forest) -> str:
    shown = [("limit", "the gate’s limit"), ("beyond", "beyond it"), ("still", "no change (the champion)")]
    if chart.slices:
        shown.append(("square", "a slice, as large as its number of rows"))
    return keys(shown)
