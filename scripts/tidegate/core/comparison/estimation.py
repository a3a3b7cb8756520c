"""Each metric on one sample: its value for both models, and draws of the value and of the difference."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from tidegate.core.comparison.cells import cells_of
from tidegate.core.comparison.metrics import METRICS
from tidegate.core.comparison.metrics.counts import COUNTS
from tidegate.core.comparison.metrics.form import Outcome
from tidegate.core.comparison.resampling import Plan, of_cells, of_clusters, of_rows, resample, summed
from tidegate.core.comparison.sample import Floats, Output, Sample


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """One metric on one sample of `units` independent things; the champion's parts are None where there is none.

    `unseen`: see `Summed.unseen`, for the candidate. `sampled` is False for a number that came without its rows.
    """

    metric: str
    rows: int
    units: int
    candidate: float
    champion: float | None
    candidate_draws: Floats
    difference_draws: Floats | None
    unseen: Callable[[float], tuple[float, float] | None] = lambda _: None
    sampled: bool = True

    @property
    def difference(self) -> float | None:
        """Candidate minus champion."""
        return None if self.champion is None else self.candidate - self.champion


def estimates(sample: Sample, metrics: Iterable[str], draws: int, seed: int) -> dict[str, Estimate]:
    """Estimates by metric name. Metrics of classes over independent, equal rows are drawn by cells (the exact law)."""
    with np.errstate(over="ignore", invalid="ignore"):  # what overflows is undefined, and judged as such
        return _estimates(sample, list(dict.fromkeys(metrics)), draws, seed)


def _estimates(sample: Sample, names: list[str], draws: int, seed: int) -> dict[str, Estimate]:
    cells = cells_of(sample) if any(name in COUNTS for name in names) else None
    by_cell = [name for name in names if cells is not None and name in COUNTS]
    by_unit = [name for name in names if name not in by_cell]
    found: dict[str, Estimate] = {}
    if by_unit:
        found |= _estimate(sample, by_unit, _plan(sample, seed), draws, seed)
    if cells is not None and by_cell:
        found |= _estimate(cells.sample, by_cell, of_cells(cells.counts), draws, seed)
    return {name: found[name] for name in names}


def _estimate(sample: Sample, names: list[str], plan: Plan, draws: int, seed: int) -> dict[str, Estimate]:
    outputs = [sample.candidate] if sample.champion is None else [sample.candidate, sample.champion]
    forms = [summed(METRICS[name](_outcome(sample, output)), plan) for name in names for output in outputs]
    drawn = resample(forms, draws, seed)
    found = {}
    for place, name in enumerate(names):
        first, last = place * len(outputs), (place + 1) * len(outputs) - 1
        found[name] = Estimate(
            metric=name,
            rows=plan.rows,
            units=plan.independent,
            candidate=forms[first].point,
            champion=forms[last].point if sample.champion is not None else None,
            candidate_draws=drawn[first],
            difference_draws=drawn[first] - drawn[last] if sample.champion is not None else None,
            unseen=forms[first].unseen,
        )
    return found


def _outcome(sample: Sample, output: Output) -> Outcome:
    return Outcome(
        truth=sample.truth,
        prediction=output.prediction,
        scores=output.scores,
        weight=sample.weight,
        positive=sample.positive,
    )


def _plan(sample: Sample, seed: int) -> Plan:
    return of_rows(sample.rows, seed) if sample.cluster is None else of_clusters(sample.cluster.codes, seed)
