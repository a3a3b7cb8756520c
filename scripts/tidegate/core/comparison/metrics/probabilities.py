"""Metrics of probabilities and of the classes that they put first. Formulas: scikit-learn's."""

from __future__ import annotations

import numpy as np

from tidegate.core.comparison.metrics.form import (
    Form,
    Metric,
    Outcome,
    classes,
    mean_of_column,
    positive_label,
)
from tidegate.core.comparison.samples.sample import Floats, Mask
from tidegate.errors import InputError

_SUM_TOLERANCE = 1e-3
_EPSILON = float(np.finfo(np.float64).eps)


def log_loss(outcome: Outcome) -> Form:
    """Mean of −ln(probability given to the true class), probabilities kept a machine epsilon from 0 and 1."""
    check_probabilities(outcome)
    return mean_of_column(outcome, lambda: -np.log(np.clip(_probability_of_truth(outcome), _EPSILON, 1 - _EPSILON)))


def brier(outcome: Outcome) -> Form:
    """Mean squared distance of the probabilities from the truth: one class's for two classes, else summed over all."""
    check_probabilities(outcome)
    most = 1.0 if len(outcome.scores) < 3 else 2.0
    return mean_of_column(outcome, lambda: _squared_distance(outcome), (0.0, most))


def top_accuracy(most: int) -> Metric:
    """Share of rows whose true class has one of the `most` highest scores.

    Where scores tie for the last places, the chance to get one of them counts: no order of the classes is better than
    another. Without ties this is scikit-learn's ``top_k_accuracy_score``.
    """

    def metric(outcome: Outcome) -> Form:
        check_every_class(outcome)
        return mean_of_column(outcome, lambda: _chance(outcome, most), (0.0, 1.0))

    return metric


def _chance(outcome: Outcome, most: int) -> Floats:
    own = score_of_truth(outcome)
    higher, alike = np.zeros(len(own)), np.zeros(len(own))
    for score in outcome.scores.values():
        higher += score > own
        alike += score == own
    return np.clip((most - higher) / alike, 0.0, 1.0)


def check_probabilities(outcome: Outcome) -> None:
    """Raises InputError E-MET-009 for scores that are no probabilities, E-MET-020 for a class without a score."""
    check_scores(outcome)
    low = min(float(score.min()) for score in outcome.scores.values())
    high = max(float(score.max()) for score in outcome.scores.values())
    fix = "Write probabilities, or gate on a metric of their order (auc)."
    if low < 0 or high > 1:
        raise InputError("E-MET-009", f"scores reach from {low:g} to {high:g}; probabilities are from 0 to 1.", fix=fix)
    if len(outcome.scores) == 1:
        return
    check_every_class(outcome)
    off = float(np.max(np.abs(sum(outcome.scores.values()) - 1)))
    if off > _SUM_TOLERANCE:
        raise InputError("E-MET-009", f"the classes' probabilities sum to 1 only within {off:g}.", fix=fix)


def check_scores(outcome: Outcome) -> None:
    """Raises InputError E-MET-005 when there are none."""
    if not outcome.scores:
        raise InputError("E-MET-005", "this metric needs a score in every row.", fix="Set evaluation.score.")


def check_every_class(outcome: Outcome) -> None:
    """Raises InputError E-MET-020 for a class of the target without a score, E-MET-005 where there are none at all."""
    check_scores(outcome)
    missing = [label for label in classes(outcome.truth).labels if label not in outcome.scores]
    if missing:
        raise InputError(
            "E-MET-020", f"class {missing[0][:80]!r} has no score.", fix="Name its column in the contract."
        )


def score_of_truth(outcome: Outcome) -> Floats:
    """The score that each row's true class got; every class has one."""
    truth = classes(outcome.truth)
    own = np.empty(len(truth.codes))
    for code, label in enumerate(truth.labels):
        rows = np.flatnonzero(truth.codes == code)
        own[rows] = outcome.scores[label][rows]
    return own


def binary(outcome: Outcome) -> tuple[Floats, Mask]:
    """The positive class's score, and which rows are truly positive.

    Raises InputError E-MET-020 when there are scores for other classes only.
    """
    check_scores(outcome)
    positive, truth = positive_label(outcome), classes(outcome.truth)
    if positive not in outcome.scores and len(outcome.scores) > 1:
        raise InputError("E-MET-020", f"class {positive[:80]!r} has no score.", fix="Name its column in the contract.")
    score = outcome.scores[positive] if positive in outcome.scores else next(iter(outcome.scores.values()))
    code = truth.labels.index(positive) if positive in truth.labels else -1
    return score, truth.codes == code


def _probability_of_truth(outcome: Outcome) -> Floats:
    if len(outcome.scores) > 1:
        return score_of_truth(outcome)
    score, positive = binary(outcome)
    return np.where(positive, score, 1 - score)


def _squared_distance(outcome: Outcome) -> Floats:
    if len(outcome.scores) < 3:
        score, positive = binary(outcome)
        return (score - positive) ** 2
    truth = classes(outcome.truth)
    place = {label: code for code, label in enumerate(truth.labels)}
    distances = ((score - (truth.codes == place.get(label, -1))) ** 2 for label, score in outcome.scores.items())
    return np.asarray(sum(distances))


PROBABILITIES: dict[str, Metric] = {"log_loss": log_loss, "brier": brier}
