"""Worlds in which the truth about two models is known, drawn again and again to see how often intervals are right."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from numpy.random import Generator

from tidegate.core.comparison.estimation import Estimate, estimates
from tidegate.core.comparison.intervals import percentile
from tidegate.core.comparison.sample import Coded, Output, Sample, coded

World = Callable[[Generator], Sample]


def codes(column: np.ndarray) -> Coded:
    return Coded(codes=column.astype(np.int64), labels=("0", "1"))


def regression(random: Generator, rows: int = 150, worse: float = 1.0) -> Sample:
    """Two models with partly shared errors; the candidate's own part is `worse` times the champion's."""
    truth, shared = random.normal(100, 20, rows), random.normal(0, 5, rows)
    new, old = random.normal(0, 5 * worse, rows), random.normal(0, 5, rows)
    return Sample(
        ids=np.arange(rows),
        truth=truth,
        candidate=Output(prediction=truth + shared + new),
        champion=Output(prediction=truth + shared + old),
    )


def clustered(random: Generator, clusters: int = 60, size: int = 12) -> Sample:
    """Errors that a whole day shares: rows are far from independent."""
    rows = clusters * size
    day = np.repeat(np.arange(clusters), size)
    new, old = (random.normal(0, 4, clusters)[day] + random.normal(0, 4, rows) for _ in range(2))
    return Sample(
        ids=np.arange(rows),
        truth=np.zeros(rows),
        candidate=Output(prediction=new),
        champion=Output(prediction=old),
        cluster=coded([f"{number:03}" for number in day]),
    )


def classification(random: Generator, rows: int = 200) -> Sample:
    """Two models of equal skill: scores are the truth plus partly shared noise."""
    truth, shared = random.random(rows) < 0.35, random.normal(0, 0.7, rows)
    scores = [1 / (1 + np.exp(-(2 * truth - 1 + shared + random.normal(0, 0.7, rows)))) for _ in range(2)]
    outputs = [Output(prediction=codes(score > 0.5), scores={"1": score}) for score in scores]
    return Sample(ids=np.arange(rows), truth=codes(truth), candidate=outputs[0], champion=outputs[1])


def simulated(world: World, metric: str, trials: int, draws: int) -> tuple[Estimate, ...]:
    """Estimates in as many draws of a world, the same ones every time."""
    random = np.random.default_rng(20)
    return tuple(estimates(world(random), [metric], draws, seed)[metric] for seed in range(trials))


def shares(found: Iterable[Estimate], alpha: float = 0.05) -> tuple[float, float, float]:
    """Share of intervals of the difference that hold 0, that lie above it, and that lie below it."""
    intervals = [
        percentile(estimate.difference_draws, alpha, estimate.units)
        for estimate in found
        if estimate.difference_draws is not None
    ]
    above = float(np.mean([interval.low > 0 for interval in intervals]))
    below = float(np.mean([interval.high < 0 for interval in intervals]))
    return 1 - above - below, above, below


EQUAL: dict[str, tuple[World, str]] = {
    "rows-rmse": (regression, "rmse"),
    "rows-r2": (regression, "r2"),
    "clusters-rmse": (clustered, "rmse"),
    "clusters-mae": (clustered, "mae"),
    "cells-accuracy": (classification, "accuracy"),
    "cells-f1": (classification, "f1"),
    "rows-log-loss": (classification, "log_loss"),
    "ranking-auc": (classification, "auc"),
}
"""Families of metrics with a world in which both models are equally good: the true difference is 0."""
