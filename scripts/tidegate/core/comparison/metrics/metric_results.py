"""What is shown about a metric, over all rows and in each slice, whether a gate asks for it or not."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from tidegate.core.comparison.gates.questions import direction_of
from tidegate.core.comparison.inference.estimation import Estimate
from tidegate.core.comparison.inference.intervals import FEWEST_UNITS, Interval, percentile
from tidegate.core.comparison.metric_table import Direction
from tidegate.core.comparison.samples.sample import Floats, Mask
from tidegate.core.comparison.samples.slices import Slice, rows_in
from tidegate.core.contract import Model


@dataclass(frozen=True, kw_only=True)
class MetricResult:
    """One metric over all rows (`part` None) or in a slice; `judged` says whether there are rows enough to judge.

    `interval` is of the difference; None where there is no champion, or too little to say.
    """

    name: str
    direction: Direction
    part: Slice | None
    rows: int
    candidate: float | None
    champion: float | None
    difference: float | None
    interval: Interval | None
    level: float
    judged: bool

    @property
    def better(self) -> bool | None:
        """Whether the whole interval of the difference lies on the better side, on the worse side, or neither."""
        if self.interval is None or self.interval.low <= 0 <= self.interval.high:
            return None
        return (self.interval.low > 0) == (self.direction == "higher")


def slice_results(
    policy: Model, parts: Mapping[Slice, Mask], found: Mapping[Slice | None, Mapping[str, Estimate]]
) -> tuple[MetricResult, ...]:
    """Every metric in every slice, the worst first; a slice without rows has no values."""
    results = []
    for part, mask in parts.items():
        judged = rows_in(mask) >= policy.evaluation.minimum_rows
        for name in found[None]:
            estimate = found.get(part, {}).get(name)
            if estimate is not None:
                results.append(result_of(policy, part, estimate, judged=judged))
            elif not mask.any():
                results.append(_empty(policy, part, name))
    return _worst_first(results)


def _empty(policy: Model, part: Slice, name: str) -> MetricResult:
    return MetricResult(
        name=name,
        direction=direction_of(policy, name),
        part=part,
        rows=0,
        candidate=None,
        champion=None,
        difference=None,
        interval=None,
        level=1 - policy.alpha,
        judged=False,
    )


def result_of(policy: Model, part: Slice | None, estimate: Estimate, *, judged: bool) -> MetricResult:
    """The estimate as a result; never judged without rows, or with too few units."""
    judged = judged and estimate.sampled and estimate.units >= FEWEST_UNITS
    draws = estimate.difference_draws if judged else None
    return MetricResult(
        name=estimate.metric,
        direction=direction_of(policy, estimate.metric),
        part=part,
        rows=estimate.rows,
        candidate=estimate.candidate,
        champion=estimate.champion,
        difference=estimate.difference,
        interval=None if draws is None else _interval(estimate, draws, policy.alpha),
        level=1 - policy.alpha,
        judged=judged,
    )


def _interval(estimate: Estimate, draws: Floats, alpha: float) -> Interval:
    """Of the difference; where both models come from one recipe it holds 0, as a gate's does."""
    interval = percentile(draws, alpha, estimate.units)
    return interval.including(0.0) if estimate.noise is not None and estimate.noise.same else interval


def _worst_first(results: list[MetricResult]) -> tuple[MetricResult, ...]:
    """Judged slices before the small ones, each by how much worse the candidate is, relative to the champion."""
    return tuple(sorted(results, key=lambda result: (not result.judged, _gain(result))))


def _gain(result: MetricResult) -> float:
    if result.difference is None or result.champion is None or not math.isfinite(result.difference):
        return math.inf
    size = abs(result.champion) or 1.0
    return result.difference / size * (1 if result.direction == "higher" else -1)
