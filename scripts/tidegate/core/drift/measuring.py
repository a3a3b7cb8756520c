"""A release's performance, then and now: each metric that a gate names, over all rows and in each slice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tidegate.core.comparison.gates.questions import direction_of
from tidegate.core.comparison.inference.estimation import Estimate, estimates
from tidegate.core.comparison.inference.intervals import Interval, percentile
from tidegate.core.comparison.inference.resampling import DRAWS, SLICE_BLOCKS
from tidegate.core.comparison.inference.seeds import seed_of, seed_of_part
from tidegate.core.comparison.metrics import METRICS
from tidegate.core.comparison.samples.pairing import pair
from tidegate.core.comparison.samples.sample import Mask, Predictions, Sample
from tidegate.core.comparison.samples.slices import Slice, rows_in, slices_of
from tidegate.core.comparison.samples.task import task_of, usual_metrics
from tidegate.core.contract import Evaluation, Model
from tidegate.core.drift.performance import Measured, Performance
from tidegate.errors import InputError

Estimates = Mapping[tuple[str, str], Estimate]
"""By metric and slice; the slice of all rows has no name."""


def needed(model: Model) -> Evaluation:
    """What performance needs of the evaluation's columns, and nothing that live data would have to have besides."""
    asked = () if model.drift is None else model.drift.slices
    slices = tuple(name for name in model.evaluation.value_columns if name in asked)
    return replace(model.evaluation, slices=slices, bins={}, pairs={})


def of_predictions(model: Model, predictions: Predictions) -> Estimates:
    """Every metric of the rows, and of each slice that has rows enough. Raises InputError for rows that cannot be."""
    sample = pair(predictions, None, model.evaluation.positive)
    if not isinstance(sample, Sample):
        raise InputError("E-DRF-023", "the labelled rows are no sample.", where=predictions.name)
    names, seed = _metrics(model, sample), seed_of(sample)
    found = {(name, ""): estimate for name, estimate in _estimates(model, sample, names, seed).items()}
    for part, rows in _parts(model, sample).items():
        if rows_in(rows) >= model.evaluation.minimum_rows:
            own = estimates(
                sample.take(rows), names, DRAWS, seed_of_part(seed, str(part)), model.evaluation.interval, SLICE_BLOCKS
            )
            found |= {(name, str(part)): estimate for name, estimate in own.items()}
    return found


def performances(model: Model, released: Estimates, live: Estimates | None) -> tuple[Performance, ...]:
    """What is to be compared, all rows first; `live` None where a window has no labelled rows.

    Every interval is at the level that all of them share (Bonferroni), so that many slices raise no more alarms than
    one metric.
    """
    alpha = 0.05 if model.drift is None else model.drift.alpha
    places = [place for place in (released or live or {}) if live is None or place in live or not place[1]]
    level = alpha / max(len(places), 1)
    return tuple(
        Performance(
            metric=name,
            slice=part,
            better=direction_of(model, name),
            released=_measured(released.get((name, part)), level),
            live=None if live is None else _measured(live.get((name, part)), level),
        )
        for name, part in sorted(places, key=lambda place: (bool(place[1]), place[1], place[0]))
    )


def _metrics(model: Model, sample: Sample) -> tuple[str, ...]:
    """Metrics of rows that gates name; the first that is usual where they name none."""
    gated = dict.fromkeys(gate.metric for gate in model.gates if gate.metric in METRICS)
    return tuple(gated) or usual_metrics(sample, task_of(model))[:1]


def _estimates(model: Model, sample: Sample, names: tuple[str, ...], seed: int) -> dict[str, Estimate]:
    return estimates(sample, names, DRAWS, seed, model.evaluation.interval)


def _parts(model: Model, sample: Sample) -> Mapping[Slice, Mask]:
    return slices_of(sample, needed(model))


def _measured(estimate: Estimate | None, alpha: float) -> Measured | None:
    if estimate is None or not estimate.sampled:
        return None
    interval = percentile(estimate.candidate_draws, alpha, estimate.units)
    if interval.low == interval.high:  # no draw varies: as wide as what went unseen
        ends = sorted(estimate.unseen(alpha / 2) or (interval.low, interval.high))
        interval = Interval(min(ends[0], interval.low), max(ends[1], interval.high))
    return Measured(
        value=estimate.candidate, low=interval.low, high=interval.high, rows=estimate.rows, clusters=estimate.units
    )
