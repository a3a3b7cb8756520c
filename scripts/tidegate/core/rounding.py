"""How numbers look to people: the one place that rounds. Numbers that decide stay exact.

One row of a table uses one number of decimals, so that its values can be compared by eye; the width of the interval
says how many digits mean anything.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

_MOST = 12
_LONGEST = 15  # digits before the point, beyond which a power of ten is easier to read
MINUS = "−"


def decimals_for(values: Iterable[float | None], interval: Sequence[float] | None = None) -> int:
    """Decimals for one row: two digits of half the interval's width, else four digits of the largest value.

    More are given where values that differ would otherwise look equal (up to two more digits). Never more than 12.
    """
    known = [value for value in values if value is not None and math.isfinite(value)]
    half = (interval[1] - interval[0]) / 2 if interval is not None else 0.0
    if math.isfinite(half) and half > 0:
        decimals = 1 - _exponent(half)
    else:
        largest = max(map(abs, known), default=0.0)
        decimals = 0 if all(value.is_integer() for value in known) else 3 - _exponent(largest)
    decimals = min(max(decimals, 0), _MOST)
    return min(_apart(known, decimals), _MOST)


def number(value: float | None, decimals: int) -> str:
    """`value` with that many decimals, groups of three by commas, a true minus sign and never a negative zero.

    ``–`` for None and for what is no finite number; a power of ten where the value would not fit the eye.
    """
    if value is None or not math.isfinite(value):
        return "–"
    if value and not -_MOST <= _exponent(value) < _LONGEST:
        return f"{value:.3e}".replace("-", MINUS)
    text = f"{value:,.{decimals}f}"
    if not any(digit in text for digit in "123456789"):
        text = text.lstrip("-")
    return text.replace("-", MINUS)


def signed(value: float | None, decimals: int) -> str:
    """As `number`, with a plus sign before what is above zero once rounded."""
    text = number(value, decimals)
    rises = value is not None and math.isfinite(value) and value > 0 and any(digit in text for digit in "123456789")
    return f"+{text}" if rises else text


def percent(share: float | None, decimals: int = 1) -> str:
    """A share (0.021) as per cent (``2.1%``)."""
    return "–" if share is None or not math.isfinite(share) else f"{number(share * 100, decimals)}%"


def _exponent(value: float) -> int:
    return math.floor(math.log10(abs(value))) if value else 0


def _apart(values: Sequence[float], decimals: int) -> int:
    different = len(set(values))
    for more in range(3):
        if len({number(value, decimals + more) for value in values}) == different:
            return decimals + more
    return decimals


def brief(values: Iterable[float | None]) -> int:
    """Decimals for a sentence: two digits of the largest value, one of the smallest, more to tell values apart."""
    known = [value for value in values if value is not None and math.isfinite(value)]
    sizes = [abs(value) for value in known if value]
    if not sizes:
        return 0
    decimals = max(1 - _exponent(max(sizes)), -_exponent(min(sizes)), 0)
    return min(_apart(known, min(decimals, _MOST)), _MOST)


def about(count: int) -> str:
    """A count as people say it: two leading digits, thousands by commas (``9,000``)."""
    size = 10 ** max(len(str(count)) - 2, 0)
    return f"{-(-count // size) * size:,}"


def counted(count: int, noun: str) -> str:
    """How many of what: ``1 row``, ``9,000 rows``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
