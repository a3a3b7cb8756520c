"""Metrics that are means of per-row losses, or simple functions of such means. Formulas: scikit-learn's."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tidegate.core.comparison.metrics.form import (
    Form,
    Metric,
    Outcome,
    classes,
    numbers,
    of_columns,
    positive_label,
    ratio,
    weigh,
)
from tidegate.core.comparison.sample import Coded, Floats
from tidegate.errors import InputError

Loss = Callable[[Floats, Floats], Floats]
_SUM_TOLERANCE = 1e-3
_EPSILON = float(np.finfo(np.float64).eps)


def mean_of(loss: Loss, finish: Callable[[Floats], Floats] = lambda mean: mean) -> Metric:
    """Weighted mean of ``loss(truth, prediction)``, passed through `finish`."""

    def metric(outcome: Outcome) -> Form:
        truth, prediction = numbers(outcome.truth), numbers(outcome.prediction)
        columns = [lambda: _ones(outcome), lambda: weigh(outcome, loss(truth, prediction))]
        return of_columns(columns, lambda sums: finish(ratio(sums[..., 1], sums[..., 0])))

    return metric


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


def log_loss(outcome: Outcome) -> Form:
    """Mean of −ln(probability given to the true class), probabilities kept a machine epsilon from 0 and 1."""
    check_probabilities(outcome)
    columns = [
        lambda: _ones(outcome),
        lambda: weigh(outcome, -np.log(np.clip(_probability_of_truth(outcome), _EPSILON, 1 - _EPSILON))),
    ]
    return of_columns(columns, lambda sums: ratio(sums[..., 1], sums[..., 0]))


def brier(outcome: Outcome) -> Form:
    """Mean squared distance of the probabilities from the truth: one class's for two classes, else summed over all."""
    check_probabilities(outcome)
    columns = [lambda: _ones(outcome), lambda: weigh(outcome, _squared_distance(outcome))]
    return of_columns(columns, lambda sums: ratio(sums[..., 1], sums[..., 0]))


def check_probabilities(outcome: Outcome) -> None:
    """Raises InputError E-MET-009 for scores that are no probabilities, E-MET-020 for a class without a score."""
    low = min(float(score.min()) for score in outcome.scores.values())
    high = max(float(score.max()) for score in outcome.scores.values())
    fix = "Write probabilities, or gate on a metric of their order (auc)."
    if low < 0 or high > 1:
        raise InputError("E-MET-009", f"scores reach from {low:g} to {high:g}; probabilities are from 0 to 1.", fix=fix)
    if len(outcome.scores) == 1:
        return
    if missing := [label for label in classes(outcome.truth).labels if label not in outcome.scores]:
        raise InputError(
            "E-MET-020", f"class {missing[0][:80]!r} has no score.", fix="Name its column in the contract."
        )
    off = float(np.max(np.abs(sum(outcome.scores.values()) - 1)))
    if off > _SUM_TOLERANCE:
        raise InputError("E-MET-009", f"the classes' probabilities sum to 1 only within {off:g}.", fix=fix)


def _explained(outcome: Outcome, *, centred: bool) -> Form:
    truth, prediction = numbers(outcome.truth), numbers(outcome.prediction)
    middle = float(np.average(truth, weights=outcome.weight)) if len(truth) else 0.0
    columns = [
        lambda: _ones(outcome),
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


def _ones(outcome: Outcome) -> Floats:
    if outcome.weight is not None:
        return outcome.weight
    return np.ones(len(outcome.truth.codes if isinstance(outcome.truth, Coded) else outcome.truth))


def _probability_of_truth(outcome: Outcome) -> Floats:
    if len(outcome.scores) > 1:
        truth = classes(outcome.truth)
        table = np.stack([outcome.scores[label] for label in truth.labels])
        chosen: Floats = table[truth.codes, np.arange(len(truth.codes))]
        return chosen
    score, positive = binary(outcome)
    return np.where(positive > 0, score, 1 - score)


def _squared_distance(outcome: Outcome) -> Floats:
    if len(outcome.scores) < 3:
        score, positive = binary(outcome)
        return (score - positive) ** 2
    truth = classes(outcome.truth)
    distances = ((outcome.scores[label] - (truth.codes == code)) ** 2 for code, label in enumerate(truth.labels))
    return np.asarray(sum(distances))


def binary(outcome: Outcome) -> tuple[Floats, Floats]:
    """The positive class's score, and 1 where the truth is positive, else 0."""
    positive, truth = positive_label(outcome), classes(outcome.truth)
    score = outcome.scores[positive] if positive in outcome.scores else next(iter(outcome.scores.values()))
    code = truth.labels.index(positive) if positive in truth.labels else -1
    return score, (truth.codes == code).astype(np.float64)


def _symmetric(truth: Floats, prediction: Floats) -> Floats:
    return 2 * ratio(np.abs(truth - prediction), np.abs(truth) + np.abs(prediction), otherwise=0.0)


def _logarithmic(truth: Floats, prediction: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((np.log1p(truth) - np.log1p(prediction)) ** 2)


def _pinball(level: float) -> Loss:
    return lambda truth, prediction: np.maximum(level * (truth - prediction), (level - 1) * (truth - prediction))


LOSSES: dict[str, Metric] = {
    "mse": mean_of(lambda truth, prediction: (truth - prediction) ** 2),
    "rmse": mean_of(lambda truth, prediction: (truth - prediction) ** 2, np.sqrt),
    "mae": mean_of(lambda truth, prediction: np.abs(truth - prediction)),
    "mape": mean_of(lambda truth, prediction: np.abs(truth - prediction) / np.maximum(np.abs(truth), _EPSILON)),
    "smape": mean_of(_symmetric),
    "rmsle": mean_of(_logarithmic, np.sqrt),
    "wape": weighted_absolute_percentage,
    "r2": r2,
    "explained_variance": explained_variance,
    **{f"pinball_p{level:02d}": mean_of(_pinball(level / 100)) for level in (5, 10, 25, 50, 75, 90, 95)},
    "log_loss": log_loss,
    "brier": brier,
}
