"""BCa intervals are scipy's, and say what percentile intervals say where there is nothing to correct."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from tidegate.core.comparison.inference.estimation import estimates
from tidegate.core.comparison.inference.intervals import acceleration, corrected, percentile
from tidegate.core.comparison.samples.sample import Output, Sample, coded
from worlds import classification, clustered

MANY = 10**9


def ends(sample: Sample, metric: str, kind: Any, draws: int = 8000) -> tuple[float, float]:
    found = estimates(sample, [metric], draws, 7, kind)[metric]
    assert found.difference_draws is not None
    interval = percentile(found.difference_draws, 0.05, MANY)
    return interval.low, interval.high


def test_the_interval_of_a_skewed_difference_is_scipys() -> None:
    """One model's squared errors are large and skewed, so that BCa differs visibly from percentiles."""
    random = np.random.default_rng(5)
    truth = random.normal(100, 20, 60)
    new, old = truth + random.normal(0, 1, 60), truth + random.gamma(0.5, 10, 60)
    sample = Sample(ids=np.arange(60), truth=truth, candidate=Output(prediction=new), champion=Output(prediction=old))

    def difference(truth: Any, new: Any, old: Any, axis: int = -1) -> Any:
        return ((truth - new) ** 2).mean(axis=axis) - ((truth - old) ** 2).mean(axis=axis)

    theirs = {
        method: stats.bootstrap(
            (truth, new, old), difference, paired=True, vectorized=True, method=method, n_resamples=8000, rng=1
        ).confidence_interval
        for method in ("BCa", "percentile")
    }
    mine = ends(sample, "mse", "bca")
    width = theirs["BCa"].high - theirs["BCa"].low
    assert mine == pytest.approx(tuple(theirs["BCa"]), abs=0.05 * width)
    apart = np.abs(np.subtract(tuple(theirs["BCa"]), tuple(theirs["percentile"])))
    assert max(apart) > 0.08 * width, "this world does not tell the two apart"


def test_the_interval_of_counts_is_scipys() -> None:
    sample = classification(np.random.default_rng(3), rows=80)
    columns = (sample.truth.codes, sample.candidate.prediction.codes, sample.champion.prediction.codes)  # type: ignore[union-attr]

    def precision(truth: Any, said: Any, axis: int) -> Any:
        return (truth & said).sum(axis=axis) / said.sum(axis=axis)

    def difference(truth: Any, new: Any, old: Any, axis: int = -1) -> Any:
        return precision(truth, new, axis) - precision(truth, old, axis)

    data = tuple(column.astype(bool) for column in columns)
    theirs = stats.bootstrap(
        data, difference, paired=True, vectorized=True, method="BCa", n_resamples=8000, rng=1
    ).confidence_interval
    width = theirs.high - theirs.low
    assert ends(sample, "precision", "bca") == pytest.approx(tuple(theirs), abs=0.08 * width)


def test_the_acceleration_is_that_of_leaving_out_one_unit_at_a_time() -> None:
    values = np.random.default_rng(0).gamma(1, 1, 50)
    without = (values.sum() - values) / 49
    shifts = without.mean() - without
    assert acceleration(without) == pytest.approx((shifts**3).sum() / (6 * (shifts**2).sum() ** 1.5), rel=1e-12)
    assert acceleration(without) == pytest.approx(stats.skew(values) / (6 * np.sqrt(50)), rel=1e-9)
    cells, times = np.unique(np.round(values), return_counts=True)
    written_out = np.repeat(cells, times)
    assert acceleration(cells, times) == pytest.approx(acceleration(written_out), rel=1e-12)
    assert acceleration(np.ones(5)) == acceleration(np.full(3, np.nan)) == 0


@given(
    values=st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=60),
    here=st.floats(-1e6, 1e6),
    skewness=st.floats(-0.4, 0.4),
)
def test_corrected_draws_keep_their_order_and_their_ends(values: list[float], here: float, skewness: float) -> None:
    draws = np.array(values)
    moved = corrected(draws, here, skewness)
    assert draws.min() <= moved.min() <= moved.max() <= draws.max()
    order = np.argsort(draws, kind="stable")
    assert (np.diff(moved[order]) >= 0).all()


def test_a_symmetric_sample_needs_no_correction() -> None:
    draws = np.linspace(-1, 1, 2001)
    np.testing.assert_allclose(corrected(draws, 0.0, 0.0), draws, atol=1e-9)


@pytest.mark.parametrize(
    ("draws", "here"),
    [([1.0, 1.0, 1.0], 1.0), ([np.nan, 2.0], 2.0), ([1.0, 2.0, 3.0], np.nan)],
    ids=["constant", "one value", "undefined here"],
)
def test_draws_that_tell_nothing_stay_as_they_are(draws: list[float], here: float) -> None:
    np.testing.assert_array_equal(corrected(np.array(draws), here, 0.1), draws)


def test_a_draw_without_a_value_stays_without() -> None:
    draws = np.array([np.nan, 1.0, 2.0, 3.0, np.inf])
    moved = corrected(draws, 2.0, 0.05)
    assert np.isnan(moved[0])
    assert moved[4] == np.inf


def test_swapped_models_turn_the_interval() -> None:
    sample = clustered(np.random.default_rng(1))
    assert sample.champion is not None
    swapped = Sample(
        ids=sample.ids,
        truth=sample.truth,
        candidate=sample.champion,
        champion=sample.candidate,
        cluster=sample.cluster,
    )
    low, high = ends(sample, "rmse", "bca", 2000)
    assert ends(swapped, "rmse", "bca", 2000) == pytest.approx((-high, -low), rel=1e-9)


def test_clusters_are_what_is_left_out() -> None:
    """With one row per cluster, clusters and rows are the same; with ten, the skewness is that of clusters."""
    random = np.random.default_rng(2)
    sizes = random.gamma(0.5, 1, 40)
    sample = Sample(
        ids=np.arange(400),
        truth=np.zeros(400),
        candidate=Output(prediction=np.repeat(sizes, 10)),
        champion=None,
        cluster=coded([f"{number:02}" for number in np.repeat(np.arange(40), 10)]),
    )
    found = estimates(sample, ["mae"], 8000, 3, "bca")["mae"]
    theirs = stats.bootstrap(
        (sizes,), np.mean, vectorized=True, method="BCa", n_resamples=8000, rng=2
    ).confidence_interval
    mine = percentile(found.candidate_draws, 0.05, MANY)
    assert (mine.low, mine.high) == pytest.approx(tuple(theirs), abs=0.06 * (theirs.high - theirs.low))
