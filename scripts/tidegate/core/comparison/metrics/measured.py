"""Metrics that a model's own code measures: what it is asked, and what becomes of its numbers.

Nobody can know how such a metric follows from sums, so it is asked again for every draw; fewer draws have to do.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tidegate.core.comparison.inference.estimation import Estimate
from tidegate.core.comparison.inference.resampling import Plan, of_clusters, of_rows, weights_of
from tidegate.core.comparison.samples.sample import Floats, Ints, Sample
from tidegate.core.contract import CustomMetric
from tidegate.errors import InputError

DRAWS = 200
MOST_DRAWS = 2_000
_IN_EACH_TAIL = 2
"""Draws beyond each end of the strictest interval of a family."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One metric as the model's code measured it, over all rows (`part` "") or in one slice.

    Draws are of both models alike, k-th by k-th; None where the metric has no value. A number without draws is exact
    and silent about chance. `units`: independent things, 0 where nobody counted.
    """

    metric: str
    rows: int
    candidate: float
    champion: float | None = None
    part: str = ""
    units: int = 0
    candidate_draws: tuple[float | None, ...] = ()
    champion_draws: tuple[float | None, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Task:
    """What a metric is asked: `rows` of the sample (None: all `size` of them), to which unit each belongs (`codes`;
    None: one each), and how often each unit counts in each draw, shape (draws, units). `independent`: as in `Plan`.
    """

    part: str
    size: int
    rows: Ints | None
    codes: Ints | None
    counts: NDArray[np.uint16]
    independent: int


def draws_for(alpha: float, questions: int) -> int:
    """As many draws as the intervals of so many questions need at the least."""
    return min(MOST_DRAWS, max(DRAWS, math.ceil(2 * _IN_EACH_TAIL / alpha * questions)))


def task(sample: Sample, part: str, rows: Ints | None, draws: int, seed: int) -> Task:
    """What is asked of all rows, or of those of a slice, in so many draws."""
    inner = sample if rows is None else sample.take(rows)
    plan = _plan(inner, seed)
    return Task(
        part=part,
        size=inner.rows,
        rows=rows,
        codes=None if plan.units.codes is None else plan.units.codes.astype(np.int64),
        counts=np.concatenate([weights.astype(np.uint16) for weights in weights_of(plan, draws, seed)]),
        independent=plan.independent,
    )


def _plan(sample: Sample, seed: int) -> Plan:
    return of_rows(sample.rows, seed) if sample.cluster is None else of_clusters(sample.cluster.codes, seed)


def measured_estimates(
    metrics: Mapping[str, CustomMetric], found: Iterable[Measured]
) -> dict[str, dict[str, Estimate]]:
    """Slice (``""``: all rows) → metric → estimate. Raises InputError E-MET-009 for a value that cannot be."""
    by_part: dict[str, dict[str, Estimate]] = {}
    for one in found:
        if one.metric in metrics:
            by_part.setdefault(one.part, {})[one.metric] = _estimate(metrics[one.metric], one)
    return by_part


def _estimate(declared: CustomMetric, one: Measured) -> Estimate:
    for value, whose in ((one.candidate, "the candidate's"), (one.champion, "the champion's")):
        _require_possible(declared, value, f"{whose} {one.metric}")
    candidate, champion = _floats(one.candidate_draws), _floats(one.champion_draws)
    if not one.candidate_draws:
        candidate, champion = (
            np.array([one.candidate]),
            np.array([one.candidate if one.champion is None else one.champion]),
        )
    against = one.champion is not None
    return Estimate(
        metric=one.metric,
        rows=one.rows,
        units=one.units,
        candidate=one.candidate,
        champion=one.champion,
        candidate_draws=candidate,
        difference_draws=candidate - champion if against else None,
        sampled=bool(one.candidate_draws),
        champion_draws=champion if against and one.candidate_draws else None,
    )


def _floats(draws: tuple[float | None, ...]) -> Floats:
    return np.array([math.nan if value is None else value for value in draws], dtype=np.float64)


def _require_possible(declared: CustomMetric, value: float | None, where: str) -> None:
    low, high = declared.minimum, declared.maximum
    if value is None or ((low is None or value >= low) and (high is None or value <= high)):
        return
    ends = f"[{'-∞' if low is None else f'{low:g}'}, {'∞' if high is None else f'{high:g}'}]"
    raise InputError("E-MET-009", f"is {value!r}, outside the declared range {ends}.", where=where)
