"""Metrics of forecasts by quantiles: a number per row and level; the interval is from the lowest level to the highest.

Pinball loss: Koenker and Bassett 1978. Interval score: Gneiting and Raftery 2007, equation 43. An outcome's scores are
its quantiles, by the text of their level (``"0.1"``).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from tidegate.core.comparison.metrics.form import Form, Metric, Outcome, mean_of_column, numbers, unseen_of_mean
from tidegate.core.comparison.metrics.losses import pinball
from tidegate.core.comparison.samples.sample import Floats
from tidegate.errors import InputError


def levels_of(outcome: Outcome) -> tuple[str, ...]:
    """Levels from the lowest up. Raises InputError E-MET-005 when there are none, or fewer than two."""
    found = tuple(sorted(outcome.scores, key=float))
    if len(found) > 1 and not isinstance(outcome.truth, np.ndarray):
        found = ()
    if len(found) < 2:
        fix = "Map columns to their levels in evaluation.prediction."
        raise InputError("E-MET-005", "this metric needs two or more quantiles in every row.", fix=fix)
    return found


def pinball_of(level: str) -> Metric:
    """Pinball loss of one level: of that quantile, or of the one prediction that there is."""

    def metric(outcome: Outcome) -> Form:
        truth = numbers(outcome.truth)
        said = outcome.scores[level] if level in outcome.scores else numbers(outcome.prediction)
        return mean_of_column(outcome, lambda: pinball(float(level))(truth, said))

    return metric


def mean_pinball(outcome: Outcome) -> Form:
    """Mean of the pinball losses of all levels."""
    truth, levels = numbers(outcome.truth), levels_of(outcome)

    def loss() -> Floats:
        total = np.zeros(len(truth))
        for level in levels:
            total += pinball(float(level))(truth, outcome.scores[level])
        return total / len(levels)

    return mean_of_column(outcome, loss)


def interval_width(outcome: Outcome) -> Form:
    """Mean distance from the lowest quantile to the highest; a crossed one counts as no width."""
    low, high = _ends(outcome)
    return mean_of_column(outcome, lambda: np.maximum(high - low, 0.0))


def interval_coverage(outcome: Outcome) -> Form:
    """Share of rows whose truth is in the interval, its ends included."""
    return mean_of_column(outcome, lambda: _inside(outcome), (0.0, 1.0))


def coverage_error(outcome: Outcome) -> Form:
    """Distance of the coverage from what the levels promise: too narrow and too wide are both wrong."""
    levels = levels_of(outcome)
    promised = float(levels[-1]) - float(levels[0])
    form = mean_of_column(outcome, lambda: _inside(outcome), (0.0, 1.0))

    def unseen(sums: Floats, tail: float, units: int) -> tuple[float, float]:
        ends = np.array(unseen_of_mean(0.0, 1.0)(sums, tail, units))
        nearest = 0.0 if ends[0] <= promised <= ends[1] else float(np.abs(ends - promised).min())
        return nearest, float(np.abs(ends - promised).max())

    return Form(sums=form.sums, value=lambda sums: np.abs(form.value(sums) - promised), unseen=unseen)


def interval_score(outcome: Outcome) -> Form:
    """Mean of width + 2/α · how far the truth lies outside, where the levels promise a coverage of 1 − α."""
    truth, levels = numbers(outcome.truth), levels_of(outcome)
    low, high = _ends(outcome)
    missed = 1 - (float(levels[-1]) - float(levels[0]))

    def loss() -> Floats:
        outside = np.maximum(low - truth, 0.0) + np.maximum(truth - high, 0.0)
        return np.asarray(high - low + 2 / missed * outside)

    return mean_of_column(outcome, loss)


def crossing_rate(outcome: Outcome) -> Form:
    """Share of rows in which a higher level has a lower quantile."""
    levels = levels_of(outcome)

    def crossed() -> Floats:
        found = np.zeros(outcome.rows, dtype=bool)
        for one, other in pairwise(levels):
            found |= outcome.scores[other] < outcome.scores[one]
        return found.astype(np.float64)

    return mean_of_column(outcome, crossed, (0.0, 1.0))


def _ends(outcome: Outcome) -> tuple[Floats, Floats]:
    levels: Sequence[str] = levels_of(outcome)
    return outcome.scores[levels[0]], outcome.scores[levels[-1]]


def _inside(outcome: Outcome) -> Floats:
    truth, (low, high) = numbers(outcome.truth), _ends(outcome)
    return ((low <= truth) & (truth <= high)).astype(np.float64)


QUANTILES: dict[str, Metric] = {
    "pinball": mean_pinball,
    "interval_width": interval_width,
    "interval_coverage": interval_coverage,
    "coverage_error": coverage_error,
    "interval_score": interval_score,
    "crossing_rate": crossing_rate,
}
