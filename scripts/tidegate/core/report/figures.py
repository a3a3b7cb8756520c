"""The numbers of one gate, metric or slice as people read them: the same decimals within a row, direction in words."""

from __future__ import annotations

import re

from tidegate.core.report.blocks import Break, Code, Line, Piece
from tidegate.core.report.comparison import Change, Gate, Interval, Kind
from tidegate.core.report.row_evidence import Gap
from tidegate.core.rounding import decimals_for, number, percent, signed

_PLAIN_LIMIT = re.compile(r"[0-9]{1,20}(?:\.[0-9]{1,20})?(?: ?%)?")
_ARROWS = {"lower": " ↓", "higher": " ↑", None: ""}
_SPACE = "\u00a0"
MISSING = "missing"
_SIZES = ("B", "kB", "MB", "GB", "TB")


def subject(change: Change) -> Line:
    """The metric and where it was measured (``rmse`` where ``weather`` is ``mist``), or the gap in it across slices."""
    if change.gap is not None:
        what = "the ratio of " if change.gap.ratio else "the gap in "
        return what, Code(change.metric), " across ", Code(change.gap.column), *_ends(change.gap)
    if change.slice is None:
        return (Code(change.metric),)
    column, value = change.slice
    return Code(change.metric), " where ", Code(column), " is ", _value(value)


def _ends(gap: Gap) -> Line:
    """Which slices it is between."""
    if gap.ends is None:
        return ()
    smallest, largest = gap.ends
    return " (", _value(largest.value), " against ", _value(smallest.value), ")"


def _value(value: str) -> Code:
    """A slice's value; rows without one are a slice, too."""
    return Code(value or MISSING)


def metric_cell(change: Change) -> Line:
    """The metric with an arrow that says which way is better, its slice below."""
    if change.gap is not None:
        kind = "ratio" if change.gap.ratio else "gap"
        return Code(change.metric), f" {kind} ↓", Break(), "across ", Code(change.gap.column)
    name: Line = (Code(change.metric), _ARROWS[change.direction])
    return name if change.slice is None else (*name, Break(), *slice_name(change.slice))


def slice_name(place: tuple[str, str]) -> Line:
    """``weather`` = ``mist``."""
    return Code(place[0]), " = ", _value(place[1])


def decimals_of(change: Change, value_interval: Interval | None = None) -> int:
    """Decimals for the whole row."""
    return decimals_for([change.champion, change.candidate], change.interval or value_interval)


def value_cell(value: float | None, decimals: int, interval: Interval | None = None) -> Line:
    """A value, and its own interval below where it has one."""
    return (number(value, decimals), *(_below(interval, decimals) if interval else ()))


def change_cell(change: Change, decimals: int, *, word: bool = True) -> Line:
    """The difference with its share of the champion's value, its interval, and in a `word` what it means."""
    if change.difference is None:
        return ("–",)
    share = "" if change.relative is None else f"{_SPACE}({signed(change.relative * 100, 1)}%)"
    meaning = direction_word(change) if word else ""
    return (
        f"{signed(change.difference, decimals)}{share}",
        *(_below(change.interval, decimals, signs=True) if change.interval else ()),
        *((f",{_SPACE}" if change.interval else Break(), meaning.replace(" ", _SPACE)) if meaning else ()),
    )


def direction_word(change: Change) -> str:
    """``better`` or ``worse`` where the whole interval says so, ``unclear`` where it does not."""
    if change.direction is None or change.difference is None:
        return ""
    interval = change.worse_interval
    if interval is None:
        return "not judged"
    if interval[0] <= 0 <= interval[1]:
        return "unchanged" if interval == (0, 0) else "unclear"
    return "worse" if interval[0] > 0 else "better"


def limit_piece(gate: Gate) -> Piece:
    """The limit as it was written; as code where it is more than a number."""
    text = gate.limit.strip()
    return text if _PLAIN_LIMIT.fullmatch(text) else Code(gate.limit)


def rule(gate: Gate) -> Line:
    """The gate in words: at most 1% worse."""
    limit = limit_piece(gate)
    match gate.kind:
        case Kind.NO_WORSE_BY:
            return "at most ", limit, " worse"
        case Kind.BETTER_BY:
            return "at least ", limit, " better"
        case Kind.AT_LEAST:
            return "at least ", limit
    return "at most ", limit


def span(low: float, high: float, decimals: int, *, signs: bool = False) -> str:
    """Both ends of an interval."""
    write = signed if signs else number
    return f"{write(low, decimals)}{_SPACE}to{_SPACE}{write(high, decimals)}"


def level(share: float) -> str:
    """A confidence level: 95%, 98.75%."""
    text = percent(share, 2).removesuffix("%")
    return f"{text.rstrip('0').rstrip('.')}%"


def byte_size(size: int) -> str:
    """Bytes as people say them, in powers of a thousand."""
    value, unit = float(size), 0
    while value >= 999.5 and unit < len(_SIZES) - 1:
        value, unit = value / 1000, unit + 1
    return f"{number(value, 0 if unit == 0 or value >= 99.5 else 1)} {_SIZES[unit]}"


def duration(seconds: float | None) -> str:
    """Seconds as people say them."""
    if seconds is None:
        return "–"
    if seconds < 99.5:
        return f"{number(seconds, 1)} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60:,} h {minutes % 60} min"


def _below(interval: Interval, decimals: int, *, signs: bool = False) -> Line:
    return Break(), span(*interval, decimals, signs=signs)
