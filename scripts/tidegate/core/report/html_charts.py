"""Charts of the page: inline SVG without script, shapes as well as colours, a sentence for who cannot see them.

Every row is an SVG of its own with positions in per cent, so that it is as wide as the page and its text stays text.
"""

from __future__ import annotations

import html
from collections.abc import Iterable

from tidegate.core.answer import Verdict
from tidegate.core.report.blocks import Bar, IntervalChart, SliceChart
from tidegate.core.report.charts import axis
from tidegate.core.report.untrusted import brief
from tidegate.core.rounding import decimals_for, number

GLYPH = {
    Verdict.PASS: "✓",
    Verdict.FAIL: "✗",
    Verdict.UNDECIDED: "?",
    Verdict.INCOMPARABLE: "≠",
    Verdict.ERROR: "!",
    Verdict.SKIPPED: "–",
}
SHAPES = {
    Verdict.PASS: '<circle r="5"/>',
    Verdict.FAIL: '<path d="M-5-5 5 5M5-5-5 5"/>',
    Verdict.UNDECIDED: '<path d="M0-6 6 0 0 6-6 0Z"/>',
}
_DOT = '<rect x="-4" y="-4" width="8" height="8"/>'
EDGE = 3.0


def interval_chart(chart: IntervalChart) -> str:
    """Every gate's interval between better and worse, its limit and where nothing has changed."""
    low, high = axis(chart)
    rows = "".join(interval_row(bar, low, high) for bar in chart.bars)
    still = '<span><i class="key still"></i>no change (the champion)</span>'
    return (
        f'<figure class="intervals"><figcaption>{html.escape(chart.title)}</figcaption>'
        f'<div class="row axis"><span></span><span class="ends"><span>◄ {html.escape(chart.left)}</span>'
        f"<span>{html.escape(chart.right)} ►</span></span><span></span></div>{rows}"
        f'<p class="keys"><span><i class="key limit"></i>the gate’s limit</span>'
        f"{still if any(bar.still is not None for bar in chart.bars) else ''}"
        f'<span><i class="key beyond"></i>beyond the limit</span></p></figure>'
    )


def slice_chart(chart: SliceChart) -> str:
    """The candidate's value in every slice, joined to the champion's by a line."""
    values = [*chart.candidate, *(chart.champion or ())]
    low, high = min(values), max(values)
    champions: tuple[float | None, ...] = chart.champion or (None,) * len(chart.candidate)
    decimals = decimals_for(values)
    rows = "".join(
        _slice_row(label, now, before, (low, high), decimals)
        for label, now, before in zip(chart.labels, chart.candidate, champions, strict=True)
    )
    champion = '<span><i class="key champion"></i>the champion</span>' if chart.champion is not None else ""
    return (
        f'<figure class="intervals slices"><figcaption><bdi><code>{html.escape(brief(chart.metric))}</code></bdi>'
        f" in each slice</figcaption>{rows}"
        f'<p class="keys"><span><i class="key candidate"></i>this change</span>{champion}</p></figure>'
    )


def interval_row(bar: Bar, low: float, high: float) -> str:
    """One gate between better and worse, on an axis on which its limit is at 1."""
    start, middle, end = (_percent(value, low, high) for value in (bar.low, bar.middle, bar.high))
    verdict = bar.verdict or Verdict.SKIPPED
    drawn = ""
    if bar.limit is not None:
        limit = _percent(bar.limit, low, high)
        drawn += f'<rect class="beyond" x="{limit:.2f}%" y="0" width="{100 - limit:.2f}%" height="100%"/>'
        drawn += vertical("limit", limit)
    if bar.still is not None and low <= bar.still <= high:
        drawn += vertical("still", _percent(bar.still, low, high))
    drawn += f'<line class="span" x1="{start:.2f}%" x2="{end:.2f}%" y1="50%" y2="50%"/>'
    drawn += "".join(_cap(place) for place, value in ((start, bar.low), (end, bar.high)) if low <= value <= high)
    drawn += f'<svg class="point" x="{middle:.2f}%" y="50%" overflow="visible">{SHAPES.get(verdict, _DOT)}</svg>'
    tone = "warns" if bar.warns and verdict is not Verdict.PASS else verdict.value
    words = f"{verdict.value}, warns only" if tone == "warns" else verdict.value
    label = f"{brief(bar.label)}, {brief(bar.words)}: {words}"
    below = f"<br><small>{html.escape(brief(bar.words))}</small>" if bar.numbers else ""
    numbers = f"<br><small>{html.escape(bar.numbers)}</small>" if bar.numbers else ""
    return (
        f'<div class="row tone-{tone}"><span class="name"><bdi>{html.escape(brief(bar.label))}</bdi>{below}</span>'
        f'<svg class="plot" role="img" aria-label="{html.escape(label)}">{drawn}</svg>'
        f'<span class="words">{GLYPH[verdict]} {words}{numbers}</span></div>'
    )


def _slice_row(label: str, now: float, before: float | None, ends: tuple[float, float], decimals: int) -> str:
    here = _percent(now, *ends)
    drawn = '<line class="track" x1="0" x2="100%" y1="50%" y2="50%"/>'
    words = number(now, decimals)
    if before is not None:
        there = _percent(before, *ends)
        drawn += f'<line class="span" x1="{there:.2f}%" x2="{here:.2f}%" y1="50%" y2="50%"/>'
        drawn += f'<svg class="champion" x="{there:.2f}%" y="50%" overflow="visible"><circle r="5"/></svg>'
        words = f"{number(before, decimals)} → {words}"
    drawn += f'<svg class="candidate" x="{here:.2f}%" y="50%" overflow="visible"><circle r="5"/></svg>'
    name = html.escape(brief(label))
    return (
        f'<div class="row"><span class="name"><bdi>{name}</bdi></span>'
        f'<svg class="plot" role="img" aria-label="{name}: {words}">{drawn}</svg>'
        f'<span class="words">{words}</span></div>'
    )


def keys(shown: Iterable[tuple[str, str]]) -> str:
    """What the signs mean: the class of each, and words of ours."""
    signs = "".join(f'<span><i class="key {kind}"></i>{html.escape(words)}</span>' for kind, words in shown)
    return f'<p class="keys">{signs}</p>'


def vertical(kind: str, place: float) -> str:
    """A line from top to bottom."""
    return f'<line class="{kind}" x1="{place:.2f}%" x2="{place:.2f}%" y1="0" y2="100%"/>'


def _cap(place: float) -> str:
    return f'<svg class="span" x="{place:.2f}%" y="50%" overflow="visible"><path class="span" d="M0-5V5"/></svg>'


def _percent(value: float, low: float, high: float) -> float:
    """Where a value stands, in per cent of the width, a little off both edges."""
    share = (min(max(value, low), high) - low) / (high - low) if high > low else 0.5
    return EDGE + share * (100 - 2 * EDGE)
