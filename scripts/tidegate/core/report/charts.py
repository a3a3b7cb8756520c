"""Charts that need no picture: intervals drawn with line characters, bars of block characters, and Mermaid.

The line characters are those that nearly every fixed-width font has (the WGL4 set), so that columns stay columns.
"""

from __future__ import annotations

import math
import re

from tidegate.core.report.blocks import Bar, IntervalChart, SliceChart
from tidegate.core.report.untrusted import brief, padded, width

PLOT = 37
LABEL = 34
_LEAST, _MOST = -5.0, 7.0
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_LONGEST_BAR = 8
_WORDS = {"pass": "✓ pass", "fail": "✗ fail", "undecided": "? undecided"}
_IN_MERMAID = re.compile(r"[^\w .,+/()=…-]")
_MERMAID_LABEL = 32
_PALETTE = '%%{init: {"themeVariables": {"xyChart": {"plotColorPalette": "#4c9bb8, #c8571b"}}}}%%'


def axis(chart: IntervalChart) -> tuple[float, float]:
    """Both ends of a chart's axis: all intervals as far as they are within reason, the limit and no change always."""
    lows = [bar.low for bar in chart.bars]
    highs = [bar.high for bar in chart.bars]
    return max(min(*lows, -0.5), _LEAST), min(max(*highs, 1.5), _MOST)


def text_intervals(chart: IntervalChart) -> tuple[str, ...]:
    """The chart in fixed-width characters, one line per interval, between a line of directions and a legend."""
    low, high = axis(chart)
    labels = [brief(bar.label, LABEL) for bar in chart.bars]
    columns = min(max(map(width, labels)), LABEL)
    lines = [
        f"{padded(label, columns)}  {_drawn(bar, low, high)}  {_word(bar)}"
        for label, bar in zip(labels, chart.bars, strict=True)
    ]
    gap = " " * (columns + 2)
    ends = f"◄ {chart.left}" + f"{chart.right} ►".rjust(PLOT - len(chart.left) - 2)
    still = "   │ no change (the champion)" if any(bar.still is not None for bar in chart.bars) else ""
    return f"{gap}{ends}", *lines, f"{gap}║ the gate's limit{still}"


def block_bar(share: float) -> str:
    """A bar of up to eight block characters for a share from 0 to 1; at least a sliver for what is not zero."""
    eighths = min(max(math.ceil(share * _LONGEST_BAR * 8), 0), _LONGEST_BAR * 8)
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def mermaid_slices(chart: SliceChart) -> tuple[str, ...]:
    """The chart as Mermaid's `xychart-beta`; every label is quoted and holds nothing that Mermaid reads as syntax."""
    values = [*chart.candidate, *(chart.champion or ())]
    top = max(values) * 1.1 or 1.0
    bottom = min(0.0, min(values) * 1.1)
    labels = ", ".join(f'"{mermaid_text(label)}"' for label in chart.labels)
    series = [f"    bar [{_numbers(chart.candidate)}]"]
    if chart.champion is not None:
        series.append(f"    line [{_numbers(chart.champion)}]")
    return (
        _PALETTE,
        "xychart-beta horizontal",
        f"    x-axis [{labels}]",
        f'    y-axis "{mermaid_text(chart.metric)}" {_plain(bottom)} --> {_plain(top)}',
        *series,
    )


def drawable(values: tuple[float, ...]) -> bool:
    """Whether Mermaid can show the values: numbers written without a power of ten, not all of them zero."""
    return (
        bool(values) and any(values) and all(abs(value) < 1e12 and (not value or abs(value) > 1e-6) for value in values)
    )


def mermaid_text(text: str) -> str:
    """Letters, digits and harmless signs of `text`; quotes, comment signs, entities and braces become a middle dot."""
    return _IN_MERMAID.sub("·", brief(text, _MERMAID_LABEL)).replace("--", "-·") or "·"


def _numbers(values: tuple[float, ...]) -> str:
    return ", ".join(map(_plain, values))


def _plain(value: float) -> str:
    return f"{value:.7g}" if "e" not in f"{value:.7g}" else f"{value:.9f}"


def _drawn(bar: Bar, low: float, high: float) -> str:
    cells = [" "] * PLOT
    start, middle, end = (_column(value, low, high) for value in (bar.low, bar.middle, bar.high))
    for column in range(start, end + 1):
        cells[column] = "─"
    for value, alone, crossed in ((bar.still, "│", "┼"), (bar.limit, "║", "╫")):
        if value is not None and low <= value <= high:
            column = _column(value, low, high)
            cells[column] = crossed if cells[column] == "─" else alone
    if start < end:
        cells[start], cells[end] = ("◄" if bar.low < low else "├"), ("►" if bar.high > high else "┤")
    cells[middle] = "◄" if bar.middle < low else "►" if bar.middle > high else "●"
    return "".join(cells)


def _column(value: float, low: float, high: float) -> int:
    return round((min(max(value, low), high) - low) / (high - low) * (PLOT - 1))


def _word(bar: Bar) -> str:
    if bar.verdict is None:
        return ""
    word = _WORDS.get(bar.verdict.value, bar.verdict.value)
    return f"{word}, warns only" if bar.warns and bar.verdict.value != "pass" else word
