"""Worlds in which the truth about two models is known, drawn again and again to see how often intervals are right."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from numpy.random import Generator

from tidegate.core.comparison.inference.estimation import Estimate, estimates
from tidegate.core.comparison.inference.intervals import percentile
from tidegate.core.comparison.samples.label_sets import label_sets
from tidegate.core.comparison.samples.sample import Coded, Output, Sample, coded
from tidegate.core.contract import IntervalKind

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


def many_classes(random: Generator, rows: int = 250, count: int = 4) -> Sample:
    """Two models of equal skill that give every class a probability; the classes are unequally frequent."""
    labels = tuple("abcdefgh"[:count])
    shares = np.arange(1, count + 1) / sum(range(1, count + 1))
    truth, shared = random.choice(count, rows, p=shares), random.normal(0, 0.7, (rows, count))
    outputs = []
    for _ in range(2):
        odds = np.exp(1.5 * np.eye(count)[truth] + shared + random.normal(0, 0.7, (rows, count)))
        table = odds / odds.sum(axis=1, keepdims=True)
        said = Coded(codes=table.argmax(axis=1).astype(np.int64), labels=labels)
        outputs.append(Output(prediction=said, scores={label: table[:, at] for at, label in enumerate(labels)}))
    truth_column = Coded(codes=truth.astype(np.int64), labels=labels)
    return Sample(ids=np.arange(rows), truth=truth_column, candidate=outputs[0], champion=outputs[1])


LABELS = ("calm", "loud", "rude", "spam")


def many_labels(random: Generator, rows: int = 250) -> Sample:
    """Rows with any number of four labels; each model is wrong about each of them equally often."""
    truth = random.random((rows, 4)) < [0.5, 0.3, 0.2, 0.1]
    sets = [truth, *(truth ^ (random.random((rows, 4)) < 0.12) for _ in range(2))]
    columns = [label_sets({name: table[:, at] for at, name in enumerate(LABELS)}) for table in sets]
    scores = [
        {name: np.where(table[:, at], 0.7, 0.3) + random.normal(0, 0.1, rows) for at, name in enumerate(LABELS)}
        for table in sets[1:]
    ]
    outputs = [Output(prediction=column, scores=score) for column, score in zip(columns[1:], scores, strict=True)]
    return Sample(ids=np.arange(rows), truth=columns[0], candidate=outputs[0], champion=outputs[1], labels=LABELS)


def quantiles(random: Generator, rows: int = 200) -> Sample:
    """Forecasts of three quantiles around a middle that both models miss equally far; some of them cross."""
    truth, shared = random.normal(100, 20, rows), random.normal(0, 4, rows)
    outputs = []
    for _ in range(2):
        middle = truth + shared + random.normal(0, 4, rows)
        low, high = middle - random.normal(7, 4, rows), middle + random.normal(7, 4, rows)
        outputs.append(Output(prediction=middle, scores={"0.1": low, "0.5": middle, "0.9": high}))
    return Sample(ids=np.arange(rows), truth=truth, candidate=outputs[0], champion=outputs[1])


def queries(random: Generator, count: int = 60, size: int = 8) -> Sample:
    """Lists of rows of which some are relevant, ordered equally well by both models."""
    rows = count * size
    relevance = random.integers(0, 3, rows) * (random.random(rows) < 0.5)
    shared = random.normal(0, 1, rows)
    outputs = [Output(prediction=relevance + shared + random.normal(0, 1, rows)) for _ in range(2)]
    return Sample(
        ids=np.arange(rows),
        truth=relevance.astype(np.float64),
        candidate=outputs[0],
        champion=outputs[1],
        cluster=coded([f"{number:04}" for number in np.repeat(np.arange(count), size)]),
    )


def amounts(random: Generator, rows: int = 200) -> Sample:
    """Amounts above zero, and two means for each that are off by equal factors."""
    mean = random.gamma(4, 10, rows)
    truth = random.gamma(2, mean / 2)
    outputs = [Output(prediction=mean * np.exp(random.normal(0, 0.3, rows))) for _ in range(2)]
    return Sample(ids=np.arange(rows), truth=truth, candidate=outputs[0], champion=outputs[1])


def clustered_classes(random: Generator, clusters: int = 60, size: int = 8) -> Sample:
    """Scores whose noise a whole user shares."""
    rows = clusters * size
    user = np.repeat(np.arange(clusters), size)
    truth = random.random(rows) < 0.4
    scores = []
    for _ in range(2):
        noise = random.normal(0, 0.7, clusters)[user] + random.normal(0, 0.7, rows)
        scores.append(1 / (1 + np.exp(-(2 * truth - 1 + noise))))
    outputs = [Output(prediction=codes(score > 0.5), scores={"1": score}) for score in scores]
    return Sample(
        ids=np.arange(rows),
        truth=codes(truth),
        candidate=outputs[0],
        champion=outputs[1],
        cluster=coded([f"{number:03}" for number in user]),
    )


def simulated(
    world: World, metric: str, trials: int, draws: int, kind: IntervalKind = "percentile"
) -> tuple[Estimate, ...]:
    """Estimates in as many draws of a world, the same ones every time."""
    random = np.random.default_rng(20)
    return tuple(estimates(world(random), [metric], draws, seed, kind)[metric] for seed in range(trials))


def shares(found: Iterable[Estimate], alpha: float = 0.05, truth: float = 0.0) -> tuple[float, float, float]:
    """Share of intervals of the difference that hold the true one, that lie above it, and that lie below it."""
    intervals = [
        percentile(estimate.difference_draws, alpha, estimate.units)
        for estimate in found
        if estimate.difference_draws is not None
    ]
    above = float(np.mean([interval.low > truth for interval in intervals]))
    below = float(np.mean([interval.high < truth for interval in intervals]))
    return 1 - above - below, above, below


EQUAL: dict[str, tuple[World, str]] = {
    "rows-rmse": (regression, "rmse"),
    "rows-r2": (regression, "r2"),
    "rows-median": (regression, "median_absolute_error"),
    "rows-poisson": (amounts, "poisson_deviance"),
    "rows-smape": (amounts, "smape"),
    "clusters-rmse": (clustered, "rmse"),
    "clusters-mae": (clustered, "mae"),
    "clusters-median": (clustered, "median_absolute_error"),
    "clusters-auc": (clustered_classes, "auc"),
    "clusters-f1": (clustered_classes, "f1"),
    "cells-accuracy": (classification, "accuracy"),
    "cells-f1": (classification, "f1"),
    "cells-f1-macro": (many_classes, "f1_macro"),
    "rows-log-loss": (classification, "log_loss"),
    "ranking-auc": (classification, "auc"),
    "ranking-average-precision": (classification, "average_precision"),
    "classes-auc-ovr": (many_classes, "auc_ovr_macro"),
    "classes-auc-ovo": (many_classes, "auc_ovo_weighted"),
    "classes-top-2": (many_classes, "top_2_accuracy"),
    "labels-f1-micro": (many_labels, "f1_micro"),
    "labels-f1-samples": (many_labels, "f1_samples"),
    "labels-recall-of-one": (many_labels, "recall:loud"),
    "quantiles-pinball": (quantiles, "pinball"),
    "quantiles-coverage": (quantiles, "interval_coverage"),
    "quantiles-interval-score": (quantiles, "interval_score"),
    "queries-ndcg": (queries, "ndcg_at_5"),
    "queries-mrr": (queries, "mrr"),
}
"""Families of metrics with a world in which both models are equally good: the true difference is 0."""
