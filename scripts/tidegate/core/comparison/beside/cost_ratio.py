"""How much more or less the candidate costs: a ratio of medians, with an interval from the rounds.

A round is one start of both models, in which they take turns A B B A, so that whatever slows a shared machine for
longer than a turn slows both, and neither is always the first. A round's ratio is that of both models' medians (or 95th
percentiles, …) in it, and the ratio is the median over the rounds: a machine that works at two speeds, as shared ones
do, changes both sides of a round's ratio and so leaves it as it is, which the ratio of medians over all rounds does not
survive. Rounds are what is drawn, with replacement: two starts of one program differ by where its memory happens to
lie, which no number of calls inside one start would show (Kalibera and Jones 2013, section 4). Medians need no round to
be thrown away; rounds that are out of line stay, and make the interval wide where there are many.

In simulated machines (independent noise, a common pace, bursts, drift, two speeds) the interval of 12 rounds holds the
true ratio in 95 to 97 of 100 trials.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tidegate.core.comparison.beside.cost import COUNTED, TIMED, Costs, Pair, Series
from tidegate.core.comparison.inference.estimation import Estimate
from tidegate.core.comparison.inference.intervals import FEWEST_UNITS, Interval, percentile
from tidegate.core.comparison.metric_table import KNOWN, Direction
from tidegate.core.comparison.samples.sample import Floats

DRAWS = 2_000


@dataclass(frozen=True, kw_only=True)
class CostRatio:
    """One cost of both models and candidate ÷ champion with its interval.

    `candidate` is the median over the rounds and `champion` that divided by the ratio, so that both are values at one
    pace of the machine; or each is the one number there is. `spread`: half the range of the middle half of the rounds'
    ratios (of the candidate's values where there is no champion), as a share of their median.
    """

    name: str
    direction: Direction
    candidate: float | None
    champion: float | None
    ratio: float | None = None
    interval: Interval | None = None
    rounds: int = 0
    spread: float | None = None

    @property
    def better(self) -> bool | None:
        """Whether the whole interval is on the better side of 1, on the worse side, or neither."""
        if self.interval is None or self.interval.low <= 1 <= self.interval.high:
            return None
        return (self.interval.low > 1) == (self.direction == "higher")


def cost_estimates(costs: Costs, names: Iterable[str], draws: int = DRAWS) -> dict[str, Estimate]:
    """Estimates of those of `names` that were measured, in the form in which every gate is judged.

    Draws of the difference are champion x (ratio - 1): a relative margin is then exactly a limit on the ratio.
    """
    return {name: found for name in dict.fromkeys(names) if (found := _estimate(costs, name, draws)) is not None}


def cost_ratios(costs: Costs, alpha: float, draws: int = DRAWS) -> tuple[CostRatio, ...]:
    """Every cost that is known of the candidate, in the order in which people read them."""
    timed = [_timed(name, costs, alpha, draws) for name in TIMED if name in costs.series]
    counted = [_counted(name, costs.pairs[name]) for name in COUNTED if name in costs.pairs]
    return (*timed, *counted)


def _estimate(costs: Costs, name: str, draws: int) -> Estimate | None:
    if name in costs.series:
        return _of_rounds(name, costs, draws)
    pair = costs.pairs.get(name)
    if pair is None or pair.candidate is None:
        return None
    return Estimate.of_one_number(name, pair.candidate, pair.champion)


def _of_rounds(name: str, costs: Costs, draws: int) -> Estimate:
    series = costs.series[name]
    picked = _picked(costs, name, draws)
    values, ratios = np.array(series.candidate), _ratios(series)
    candidate = float(np.median(values))
    champion = None if ratios is None else candidate / float(np.median(ratios))
    return Estimate(
        metric=name,
        rows=len(values),
        units=len(values),
        candidate=candidate,
        champion=champion,
        candidate_draws=np.median(values[picked], axis=1),
        difference_draws=None
        if ratios is None or champion is None
        else champion * (np.median(ratios[picked], axis=1) - 1),
    )


def _ratios(series: Series) -> Floats | None:
    """Candidate ÷ champion of every round, shape (rounds,)."""
    return None if series.champion is None else np.array(series.candidate) / np.array(series.champion)


def _picked(costs: Costs, name: str, draws: int) -> NDArray[np.int64]:
    """Rounds drawn with replacement, shape (draws, rounds); the seed is the measurement itself."""
    return np.random.default_rng(_seed(costs, name)).integers(0, costs.rounds, (draws, costs.rounds))


def _seed(costs: Costs, name: str) -> list[int]:
    return [int(costs.digest.removeprefix("sha256:")[:16], 16), TIMED.index(name)]


def _timed(name: str, costs: Costs, alpha: float, draws: int) -> CostRatio:
    estimate = _of_rounds(name, costs, draws)
    interval = None
    if estimate.difference_draws is not None and estimate.champion and estimate.units >= FEWEST_UNITS:
        interval = percentile(1 + estimate.difference_draws / estimate.champion, alpha, estimate.units)
    return CostRatio(
        name=name,
        direction=KNOWN[name].direction,
        candidate=estimate.candidate,
        champion=estimate.champion,
        ratio=_ratio(estimate.candidate, estimate.champion),
        interval=interval,
        rounds=estimate.units,
        spread=_spread(costs.series[name]),
    )


def _spread(series: Series) -> float:
    ratios = _ratios(series)
    low, middle, high = np.quantile(series.candidate if ratios is None else ratios, (0.25, 0.5, 0.75))
    return float((high - low) / 2 / middle)


def _counted(name: str, pair: Pair) -> CostRatio:
    return CostRatio(
        name=name,
        direction=KNOWN[name].direction,
        candidate=pair.candidate,
        champion=pair.champion,
        ratio=_ratio(pair.candidate, pair.champion),
    )


def _ratio(candidate: float | None, champion: float | None) -> float | None:
    return None if candidate is None or champion is None else candidate / champion
