"""Each metric on one sample: its value for both models, and draws of the value and of the difference."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from tidegate.core.comparison.inference.cells import cells_of
from tidegate.core.comparison.inference.intervals import Noise, acceleration, corrected
from tidegate.core.comparison.inference.resampling import (
    BLOCKS,
    Plan,
    Summed,
    of_cells,
    of_clusters,
    of_rows,
    resample,
    summed,
)
from tidegate.core.comparison.metrics import METRICS, by_cell
from tidegate.core.comparison.metrics.form import Outcome
from tidegate.core.comparison.samples.sample import Floats, Output, Sample
from tidegate.core.contract import IntervalKind


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """One metric on one sample of `units` independent things; the champion's parts are None where there is none.

    `unseen`: see `Summed.unseen`, for the candidate. `sampled` is False for a number about which resampling says
    nothing: one that came without its rows, or a fact about them. `champion_draws` move with `difference_draws`.
    `noise`: where the chance in the difference comes from, when trainings with other seeds have told.
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
    noise: Noise | None = None
    champion_draws: Floats | None = None

    @classmethod
    def of_one_number(cls, metric: str, candidate: float, champion: float | None) -> Estimate:
        """What came without its rows."""
        return cls(
            metric=metric,
            rows=0,
            units=0,
            candidate=candidate,
            champion=champion,
            candidate_draws=np.array([candidate]),
            difference_draws=None if champion is None else np.array([candidate - champion]),
            sampled=False,
        )

    @property
    def why_no_interval(self) -> str:
        """What a number that is not sampled is."""
        return "a fact about these rows" if self.units else "one number without rows"

    @property
    def difference(self) -> float | None:
        """Candidate minus champion."""
        return None if self.champion is None else self.candidate - self.champion


def estimates(
    sample: Sample,
    metrics: Iterable[str],
    draws: int,
    seed: int,
    kind: IntervalKind = "percentile",
    blocks: int = BLOCKS,
) -> dict[str, Estimate]:
    """Estimates by metric name. Metrics of classes over independent, equal rows are drawn by cells (the exact law).

    `kind` "bca": draws are corrected for bias and acceleration, so that percentiles of them are BCa ends. `blocks`: see
    `resampling`.
    """
    with np.errstate(over="ignore", invalid="ignore"):  # what overflows is undefined, and judged as such
        plan = _plan(sample, seed, blocks)
        return _estimates(sample, list(dict.fromkeys(metrics)), plan, draws, seed, corrects=kind == "bca")


def _estimates(
    sample: Sample, names: list[str], plan: Plan, draws: int, seed: int, *, corrects: bool
) -> dict[str, Estimate]:
    cells = cells_of(sample) if any(map(by_cell, names)) else None
    in_cells = [name for name in names if cells is not None and by_cell(name)]
    by_unit = [name for name in names if name not in in_cells]
    found: dict[str, Estimate] = {}
    if by_unit:
        found |= _estimate(sample, by_unit, plan, draws, seed, corrects=corrects)
    if cells is not None and in_cells:
        found |= _estimate(cells.sample, in_cells, of_cells(cells.counts), draws, seed, corrects=corrects)
    return {name: found[name] for name in names}


def _estimate(
    sample: Sample, names: list[str], plan: Plan, draws: int, seed: int, *, corrects: bool
) -> dict[str, Estimate]:
    outputs = [sample.candidate] if sample.champion is None else [sample.candidate, sample.champion]
    forms = [summed(METRICS[name](outcome_of(sample, output)), plan) for name in names for output in outputs]
    drawn = resample(forms, draws, seed)
    found = {}
    for place, name in enumerate(names):
        models = slice(place * len(outputs), (place + 1) * len(outputs))
        found[name] = of_models(name, forms[models], drawn[models], corrects=corrects)
    return found


def of_models(name: str, forms: list[Summed], drawn: list[Floats], *, corrects: bool) -> Estimate:
    """Of the candidate alone, or of candidate and champion."""
    new, *old = forms
    draws = _corrected(drawn[0], new.point, new.without, new.plan) if corrects else drawn[0]
    difference = drawn[0] - drawn[1] if old else None
    if corrects and old and difference is not None:
        difference = _corrected(difference, new.point - old[0].point, new.without - old[0].without, new.plan)
    return Estimate(
        metric=name,
        rows=new.plan.rows,
        units=new.plan.independent,
        candidate=new.point,
        champion=old[0].point if old else None,
        candidate_draws=draws,
        difference_draws=difference,
        unseen=new.unseen,
        sampled=not new.form.fact,
        champion_draws=drawn[1] if old else None,
    )


def _corrected(draws: Floats, here: float, without: Floats, plan: Plan) -> Floats:
    counts = None if plan.rows_per_unit is None else plan.rows_per_unit.astype(np.float64)
    return corrected(draws, here, acceleration(without, counts))


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A metric of one model: its value on the rows, and its draws, shape (draws,)."""

    value: float
    draws: Floats


def several(
    sample: Sample, outputs: Sequence[Output], metrics: Iterable[str], draws: int, seed: int
) -> dict[str, tuple[Drawn, ...]]:
    """Each metric of any number of models about the sample's rows, in draws that weigh the rows alike for all."""
    names, plan = list(dict.fromkeys(metrics)), _plan(sample, seed)
    with np.errstate(over="ignore", invalid="ignore"):
        forms = [summed(METRICS[name](outcome_of(sample, output)), plan) for name in names for output in outputs]
        drawn = resample(forms, draws, seed) if forms else []
    found = [Drawn(value=form.point, draws=of_form) for form, of_form in zip(forms, drawn, strict=True)]
    return {name: tuple(found[place * len(outputs) : (place + 1) * len(outputs)]) for place, name in enumerate(names)}


def outcome_of(sample: Sample, output: Output) -> Outcome:
    """What the metrics see of one model."""
    return Outcome(
        truth=sample.truth,
        prediction=output.prediction,
        scores=output.scores,
        weight=sample.weight,
        positive=sample.positive,
        cluster=sample.cluster,
        labels=sample.labels,
    )


def _plan(sample: Sample, seed: int, blocks: int = BLOCKS) -> Plan:
    if sample.cluster is None:
        return of_rows(sample.rows, seed, blocks)
    return of_clusters(sample.cluster.codes, seed, blocks)
