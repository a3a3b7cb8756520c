"""The median of the errors equals scikit-learn's, in every draw what counting the drawn rows gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sklearn.metrics as sk

from measured import ROWS, WEIGHINGS, value, weights
from tidegate.core.comparison.inference import resampling
from tidegate.core.comparison.inference.resampling import Plan, of_clusters, of_rows, resample, summed
from tidegate.core.comparison.metrics import METRICS
from tidegate.core.comparison.metrics.form import Outcome


def outcome(rows: int = ROWS, weight: Any = None, digits: int | None = None) -> Outcome:
    random = np.random.default_rng(2)
    truth = random.normal(100, 20, rows)
    said = truth + random.normal(0, 5, rows)
    truth, said = (column if digits is None else np.round(column, digits) for column in (truth, said))
    return Outcome(truth=truth, prediction=said, weight=weight)


@pytest.mark.parametrize("rows", [1, 2, 9, 10, ROWS])
@pytest.mark.parametrize("weighing", WEIGHINGS)
def test_the_median_is_scikit_learns(weighing: str, rows: int) -> None:
    weight = weights(weighing, rows)
    weight = None if weight is None else weight + (weight.sum() == 0)
    found = outcome(rows, weight)
    expected = sk.median_absolute_error(found.truth, found.prediction, sample_weight=weight)
    assert value("median_absolute_error", found) == pytest.approx(expected, rel=1e-12)


PLANS = {
    "rows": lambda: of_rows(ROWS, 1),
    "few clusters": lambda: of_clusters(np.arange(ROWS) % 12, 1),
    "rows in several bins": lambda: of_rows(15_000, 1),
    "blocks": lambda: of_rows(30_000, 1),
}


@pytest.mark.parametrize("weighing", WEIGHINGS)
@pytest.mark.parametrize("digits", [None, 0], ids=["distinct", "tied"])
@pytest.mark.parametrize("name", PLANS)
def test_every_draw_is_the_median_of_the_rows_that_were_drawn(name: str, digits: int | None, weighing: str) -> None:
    plan: Plan = PLANS[name]()
    rows, weight = plan.rows, weights(weighing, plan.rows)
    found = outcome(rows, weight, digits)
    mine = resample([summed(METRICS["median_absolute_error"](found), plan)], 12, 5)[0]
    drawn = next(resampling.weights_of(plan, 12, 5))
    codes = np.arange(rows) if plan.units.codes is None else plan.units.codes
    for draw, times in zip(mine, drawn, strict=True):
        counts = times[codes] * (1 if weight is None else weight)
        some = counts > 0
        expected = sk.median_absolute_error(
            found.truth[some],  # type: ignore[index]
            found.prediction[some],  # type: ignore[index]
            sample_weight=counts[some],
        )
        assert draw == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("weighing", WEIGHINGS)
def test_the_largest_error_is_of_rows_that_count(weighing: str) -> None:
    weight = weights(weighing)
    found = outcome(weight=weight)
    some = np.ones(ROWS, dtype=bool) if weight is None else weight > 0
    expected = sk.max_error(found.truth[some], found.prediction[some])  # type: ignore[index]
    assert value("max_error", found) == expected
    assert METRICS["max_error"](found).fact


@pytest.mark.parametrize("name", ["median_absolute_error", "max_error"])
def test_rows_that_weigh_nothing_have_no_error_at_all(name: str) -> None:
    found = outcome(weight=np.zeros(ROWS))
    assert np.isnan(value(name, found))
    assert np.isnan(resample([summed(METRICS[name](found), of_rows(ROWS, 1))], 5, 1)[0]).all()
