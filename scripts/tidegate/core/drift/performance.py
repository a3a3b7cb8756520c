"""Whether the model is worse on live data than it was when it was released: on labels that came later."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from tidegate.core.drift.finding import Found
from tidegate.core.drift.wording import shown

Better = Literal["higher", "lower"]


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A metric's value and its interval, on `rows` labelled rows in `clusters` independent groups.

    Where several metrics or slices are asked, the interval's level is to be corrected for how many.
    """

    value: float
    low: float
    high: float
    rows: int
    clusters: int


@dataclass(frozen=True, kw_only=True)
class Performance:
    """One metric over all rows or one slice (``season=winter``), at release and now; None where not measured."""

    metric: str
    better: Better
    released: Measured | None
    live: Measured | None
    slice: str = ""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """`worse`: how much worse live is, in the metric's unit; `least`: what is certain of it at the intervals' level."""

    performance: Performance
    found: Found
    sentence: str
    worse: float | None = None
    least: float | None = None


FEWEST_CLUSTERS = 3


def compare(performance: Performance) -> Comparison:
    """Worse when the interval of the difference lies wholly on the worse side.

    That interval comes from the two intervals by the method of variance estimates recovery (Zou & Donner 2008), so
    skewed intervals stay skewed and no row of the release is needed.
    """
    name = shown(performance.metric) + (f" on {shown(performance.slice)}" if performance.slice else "")
    released, live = performance.released, performance.live
    if released is None or live is None:
        which = "at release" if released is None else "in the window: no labels yet"
        return Comparison(performance=performance, found=Found.UNKNOWN, sentence=f"{name} was not measured {which}.")
    numbers = (released.value, released.low, released.high, live.value, live.low, live.high)
    if live.clusters < FEWEST_CLUSTERS or not all(map(math.isfinite, numbers)):
        sentence = f"{name} cannot be judged on {live.rows:,} labelled rows in {live.clusters:,} groups."
        return Comparison(performance=performance, found=Found.UNKNOWN, sentence=sentence)
    return _judged(performance, name, released, live)


def _judged(performance: Performance, name: str, released: Measured, live: Measured) -> Comparison:
    if performance.better == "lower":
        worse, towards = live.value - released.value, (live.value - live.low, released.high - released.value)
    else:
        worse, towards = released.value - live.value, (live.high - live.value, released.value - released.low)
    least = worse - math.hypot(*towards)
    found = Found.DRIFTED if least > 0 else Found.CALM
    verdict = "worse than at release" if least > 0 else "not proven worse than at release"
    sentence = (
        f"{name} is {live.value:.4g} ({live.low:.4g} to {live.high:.4g}) on {live.rows:,} rows, {verdict}: "
        f"{released.value:.4g} ({released.low:.4g} to {released.high:.4g})."
    )
    return Comparison(performance=performance, found=found, sentence=sentence, worse=worse, least=least)
