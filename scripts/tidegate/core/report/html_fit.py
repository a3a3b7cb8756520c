"""Pictures of the fit: the reliability curve of a classifier, the residuals of a regression, both models side by side.

Drawn as SVG with a title for each point, so that pointing at it shows its numbers without a script.
"""

from __future__ import annotations

import html
from collections.abc import Sequence

from tidegate.core.report.blocks import FitChart
from tidegate.core.report.html_charts import keys
from tidegate.core.report.row_evidence import Curve, Reliability, Residuals, Spread
from tidegate.core.report.svg import Axis, tick_text
from tidegate.core.rounding import counted, decimals_for, number, percent

_WIDTH, _HEIGHT = 460, 340
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 26, 30, 44
_TICKS = 6


def fit_chart(chart: FitChart, words: str, numbers: str) -> str:
    """The figure; `words` say the same in one line of HTML, `numbers` in a table."""
    drawn = _reliability(chart.fit) if isinstance(chart.fit, Reliability) else _residuals(chart.fit)
    table = f'<details class="numbers"><summary>The numbers</summary>{numbers}</details>'
    return (
        f'<figure class="fit"><figcaption>{html.escape(chart.title)}</figcaption><p>{words}</p>{drawn}{table}</figure>'
    )


def _reliability(fit: Reliability) -> str:
    """One panel for each model, because the points of two would cover each other."""
    curves = [curve for curve in (fit.candidate, fit.champion) if curve is not None]
    most = max(max(point.said, point.high) for curve in curves for point in curve.points)
    top = next(end for end in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0) if most <= end or end == 1.0)
    across, up = _axes((0.0, top), (0.0, top))
    panels = [_panel("this change", across, up, ("said", "seen"), _curve(fit.candidate, across, up), share=True)]
    if fit.champion is not None:
        drawn = _curve(fit.champion, across, up)
        panels.append(_panel("the champion", across, up, ("said", "seen"), drawn, share=True, champion=True))
    shown = [("diagonal", "as often as said"), ("dot", "a tenth of the rows, with its interval")]
    return f'<div class="panels">{"".join(panels)}</div>{keys(shown)}'


def _curve(curve: Curve, across: Axis, up: Axis) -> str:
    places = [(across.place(point.said), point) for point in curve.points]
    line = " ".join(f"{x:.1f},{up.place(point.seen):.1f}" for x, point in places)
    diagonal = f'<line class="diagonal" x1="{across.start}" y1="{up.start}" x2="{across.end}" y2="{up.end}"/>'
    drawn = [diagonal, f'<polyline class="curve" points="{line}"/>']
    for x, point in places:
        ends = f"{percent(point.low)} to {percent(point.high)}"
        told = f"said {percent(point.said)}, seen {percent(point.seen)} ({ends}), {counted(point.rows, 'row')}"
        low, high, middle = (up.place(value) for value in (point.low, point.high, point.seen))
        span = f'<path class="span" d="M{x:.1f} {low:.1f}V{high:.1f}m-4 0h8M{x - 4:.1f} {low:.1f}h8"/>'
        drawn.append(f'<g><title>{told}</title>{span}<circle class="dot" cx="{x:.1f}" cy="{middle:.1f}" r="4.5"/></g>')
    return "".join(drawn)


def _residuals(fit: Residuals) -> str:
    spreads = [spread for spread in (fit.candidate, fit.champion) if spread is not None]
    said = [band.said for spread in spreads for band in spread.bands]
    left = [end for spread in spreads for band in spread.bands for end in (band.residuals[0], band.residuals[-1])]
    room = 0.05 * ((max(left) - min(left)) or 1.0)
    across, up = _axes((min(said), max(said)), (min(*left, 0.0) - room, max(*left, 0.0) + room))
    titles = ("prediction", "truth − prediction")
    panels = [_panel("this change", across, up, titles, _bands(fit.candidate, across, up))]
    if fit.champion is not None:
        drawn = _bands(fit.champion, across, up)
        panels.append(_panel("the champion", across, up, titles, drawn, champion=True))
    shown = [("outer", "nine rows in ten"), ("inner", "half of the rows"), ("median", "median")]
    return f'<div class="panels">{"".join(panels)}</div>{keys(shown)}'


def _bands(spread: Spread, across: Axis, up: Axis) -> str:
    xs = [across.place(band.said) for band in spread.bands]
    rows = [[up.place(band.residuals[level]) for band in spread.bands] for level in range(5)]
    zero = up.place(0.0)
    drawn = [
        _area("outer", xs, rows[0], rows[4]),
        _area("inner", xs, rows[1], rows[3]),
        f'<line class="zero" x1="{across.start}" x2="{across.end}" y1="{zero:.1f}" y2="{zero:.1f}"/>',
        f'<polyline class="median" points="{_points(xs, rows[2])}"/>',
    ]
    for x, y, band in zip(xs, rows[2], spread.bands, strict=True):
        decimals = decimals_for(band.residuals)
        low, lower, middle, upper, high = (number(value, decimals) for value in band.residuals)
        told = f"prediction about {number(band.said, decimals_for([band.said]))}: median {middle}, half of "
        told += f"{counted(band.rows, 'row')} from {lower} to {upper}, nine in ten from {low} to {high}"
        drawn.append(f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="3"><title>{told}</title></circle>')
    return "".join(drawn)


def _area(kind: str, xs: Sequence[float], low: Sequence[float], high: Sequence[float]) -> str:
    return f'<polygon class="{kind}" points="{_points(xs, low)} {_points(xs[::-1], high[::-1])}"/>'


def _points(xs: Sequence[float], ys: Sequence[float]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(xs, ys, strict=True))


def _axes(across: tuple[float, float], up: tuple[float, float]) -> tuple[Axis, Axis]:
    """From left to right, and from bottom to top."""
    return Axis(*across, _LEFT, _WIDTH - _RIGHT), Axis(*up, _HEIGHT - _BOTTOM, _TOP)


def _panel(
    title: str,
    across: Axis,
    up: Axis,
    names: tuple[str, str],
    drawn: str,
    *,
    share: bool = False,
    champion: bool = False,
) -> str:
    kind = "panel champion" if champion else "panel"
    middle, height = (across.start + across.end) / 2, (up.start + up.end) / 2
    below, beside = map(html.escape, names)
    return (
        f'<svg class="{kind}" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{html.escape(title)}">'
        f'<text class="name" x="{across.start}" y="18">{html.escape(title)}</text>{_grid(across, up, share)}{drawn}'
        f'<text x="{middle}" y="{_HEIGHT - 6}" text-anchor="middle">{below}</text>'
        f'<text transform="translate(14 {height}) rotate(-90)" text-anchor="middle">{beside}</text></svg>'
    )


def _grid(across: Axis, up: Axis, share: bool) -> str:
    drawn = []
    for value, text in _labels(across, share):
        x = across.place(value)
        drawn.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{up.start}" y2="{up.end}"/>')
        drawn.append(f'<text x="{x:.1f}" y="{up.start + 17}" text-anchor="middle">{text}</text>')
    for value, text in _labels(up, share):
        y = up.place(value)
        drawn.append(f'<line class="grid" x1="{across.start}" x2="{across.end}" y1="{y:.1f}" y2="{y:.1f}"/>')
        drawn.append(f'<text x="{across.start - 7}" y="{y + 4:.1f}" text-anchor="end">{text}</text>')
    return "".join(drawn)


def _labels(axis: Axis, share: bool) -> list[tuple[float, str]]:
    ticks = axis.ticks(_TICKS)
    step = (ticks[1] - ticks[0] if len(ticks) > 1 else 1.0) * (100 if share else 1)
    return [(value, f"{tick_text(value * 100, step)}%" if share else tick_text(value, step)) for value in ticks]
