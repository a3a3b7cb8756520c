"""Metrics of predicted numbers that are means of per-row losses, or simple functions of such means.

Formulas: scikit-learn's, but for `smape` (Makridakis 1993, in the form that reaches from 0 to 2) and `wape` (sum of
absolute errors over sum of absolute truths, Kolassa and Schütz 2007), which it lacks.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tidegate.core.comparison.metrics.deviance import deviance
from tidegate.core.comparison.metrics.form import (
    Form,
    Metric,
    Outcome,
    mean_of_column,
    numbers,
    of_columns,
    ratio,
    weigh,
)
from tidegate.core.comparison.samples.sample import Floats

Loss = Callable[[Floats, Floats], Floats]
_EPSILON = float(np.finfo(np.float64).eps)


def mean_of(loss: Loss, finish: Callable[[Floats], Floats] = lambda mean: mean) -> Metric:
    """Weighted mean of ``loss(truth, prediction)``, passed through `finish`."""

    def metric(outcome: Outcome) -> Form:
        truth, prediction = numbers(outcome.truth), numbers(outcome.prediction)
        columns = [lambda: outcome.weights, lambda: weigh(outcome, loss(truth, prediction))]
        return of_columns(columns, lambda sums: finish(ratio(sums[..., 1], sums[..., 0])))

    return metric


def symmetric_percentage(outcome: Outcome) -> Form:
    """Mean of twice the absolute error over the sum of both absolute values; 0 where both are 0."""
    truth, prediction = numbers(outcome.truth), numbers(outcome.prediction)
    return mean_of_column(outcome, lambda: _symmetric(truth, prediction), (0.0, 2.0))


def weighted_absolute_percentage(outcome: Outcome) -> Form:
    """Sum of absolute errors over the sum of absolute truths."""
    truth, prediction = numbers(outcome.truth), numbers(outcome.prediction)
    columns = [lambda: weigh(outcome, np.abs(truth)), lambda: weigh(outcome, np.abs(truth - prediction))]
    return of_columns(columns, lambda sums: ratio(sums[..., 1], sums[..., 0]))


def r2(outcome: Outcome) -> Form:
    """1 − squared errors / squared deviations of the truth from its mean; undefined for a constant truth."""
    return _explained(outcome, centred=False)


def explained_variance(outcome: Outcome) -> Form:
    """1 − variance of the errors / variance of the truth; undefined for a constant truth."""
    return _explained(outcome, centred=True)


def _explained(outcome: Outcome, *, centred: bool) -> Form:
    truth, prediction = numbers(outcome.truth), numbers(outcome.prediction)
    middle = float(np.average(truth, weights=outcome.weight)) if len(truth) else 0.0
    columns = [
        lambda: outcome.weights,
        lambda: weigh(outcome, truth - middle),
        lambda: weigh(outcome, (truth - middle) ** 2),
        lambda: weigh(outcome, (truth - prediction) ** 2),
        lambda: weigh(outcome, truth - prediction),
    ]

    def value(sums: Floats) -> Floats:
        total, shift, squares, errors, bias = (sums[..., column] for column in range(5))
        spread = squares - ratio(shift**2, total)
        left = errors - ratio(bias**2, total) if centred else errors
        # What rounding leaves of a constant truth is no spread; without the floor it would divide into nonsense.
        return 1 - ratio(left, np.where(spread <= squares * 1e-14, 0.0, spread))

    return of_columns(columns, value)


def _symmetric(truth: Floats, prediction: Floats) -> Floats:
    return 2 * ratio(np.abs(truth - prediction), np.abs(truth) + np.abs(prediction), otherwise=0.0)


def _logarithmic(truth: Floats, prediction: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((np.log1p(truth) - np.log1p(prediction)) ** 2)


def pinball(level: float) -> Loss:
    """Koenker and Bassett 1978: `level` times what is missing, ``1 - level`` times what is too much."""
    return lambda truth, prediction: np.maximum(level * (truth - prediction), (level - 1) * (truth - prediction))


def tweedie_deviance(power: float) -> Metric:
    """Mean deviance of a Tweedie distribution; undefined where a prediction or truth is outside its support."""
    return mean_of(lambda truth, prediction: deviance(truth, prediction, power))


LOSSES: dict[str, Metric] = {
    "mse": mean_of(lambda truth, prediction: (truth - prediction) ** 2),
    "rmse": mean_of(lambda truth, prediction: (truth - prediction) ** 2, np.sqrt),
    "mae": mean_of(lambda truth, prediction: np.abs(truth - prediction)),
    "mape": mean_of(lambda truth, prediction: np.abs(truth - prediction) / np.maximum(np.abs(truth), _EPSILON)),
    "smape": symmetric_percentage,
    "msle": mean_of(_logarithmic),
    "rmsle": mean_of(_logarithmic, np.sqrt),
    "wape": weighted_absolute_percentage,
    "r2": r2,
    "explained_variance": explained_variance,
    "poisson_deviance": tweedie_deviance(1),
    "gamma_deviance": tweedie_deviance(2),
}
