"""Draws follow the law that scipy's bootstrap follows, repeat bit for bit, and do not depend on how they are made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import sklearn.metrics as sk
from scipy import stats

from tidegate.core.comparison.inference import resampling
from tidegate.core.comparison.inference.estimation import Estimate, estimates
from tidegate.core.comparison.inference.intervals import percentile
from tidegate.core.comparison.inference.resampling import of_cells, of_clusters, of_rows, resample, summed
from tidegate.core.comparison.metrics import METRICS
from tidegate.core.comparison.metrics.form import Outcome
from tidegate.core.comparison.samples.sample import Coded, Floats, Output, Sample, coded

MANY = 10**9  # so many units that an interval is not widened


def numbers(rows: int, seed: int = 0) -> Sample:
    random = np.random.default_rng(seed)
    truth = random.gamma(2, 50, rows)
    shared = random.normal(0, 20, rows)
    return Sample(
        ids=np.arange(rows),
        truth=truth,
        candidate=Output(prediction=truth + shared + random.normal(0, 8, rows)),
        champion=Output(prediction=truth + shared + random.normal(0, 10, rows)),
    )


def classes(rows: int, seed: int = 0) -> Sample:
    random = np.random.default_rng(seed)
    truth = random.random(rows) < 0.3
    score = {name: np.clip(0.25 * truth + random.uniform(0, 0.7, rows), 0.001, 0.999) for name in ("new", "old")}
    said = {name: Coded(codes=(column > 0.45).astype(np.int64), labels=("0", "1")) for name, column in score.items()}
    return Sample(
        ids=np.arange(rows),
        truth=Coded(codes=truth.astype(np.int64), labels=("0", "1")),
        candidate=Output(prediction=said["new"], scores={"1": score["new"]}),
        champion=Output(prediction=said["old"], scores={"1": score["old"]}),
    )


def both(sample: Sample) -> tuple[Any, Any, Any]:
    """Truth and what both said, as scikit-learn wants them."""
    if isinstance(sample.truth, Coded):
        return sample.truth.codes, sample.candidate, sample.champion
    return sample.truth, sample.candidate.prediction, sample.champion.prediction  # type: ignore[union-attr]


def estimate(sample: Sample, metric: str, draws: int = 4000, seed: int = 7) -> Estimate:
    return estimates(sample, [metric], draws, seed)[metric]


def spread(draws: Floats | None) -> float:
    return float(np.std(draws if draws is not None else np.nan))


def test_paired_interval_of_rmse_agrees_with_scipy() -> None:
    sample = numbers(400)
    truth, new, old = both(sample)

    def difference(truth: Any, new: Any, old: Any, axis: int = -1) -> Any:
        return np.sqrt(((truth - new) ** 2).mean(axis=axis)) - np.sqrt(((truth - old) ** 2).mean(axis=axis))

    theirs = stats.bootstrap(
        (truth, new, old), difference, paired=True, vectorized=True, method="percentile", n_resamples=4000, rng=1
    ).confidence_interval
    mine = percentile(estimate(sample, "rmse").difference_draws, 0.05, MANY)  # type: ignore[arg-type]
    width = theirs.high - theirs.low
    assert mine.low == pytest.approx(theirs.low, abs=0.05 * width)
    assert mine.high == pytest.approx(theirs.high, abs=0.05 * width)


def f1(truth: Any, said: Any, axis: int) -> Any:
    return 2 * (truth & said).sum(axis=axis) / (truth.sum(axis=axis) + said.sum(axis=axis))


def accuracy(truth: Any, said: Any, axis: int) -> Any:
    return (truth == said).mean(axis=axis)


def correlation(truth: Any, said: Any, axis: int) -> Any:
    """Matthews' coefficient of two classes is their correlation."""
    one, other = truth.mean(axis=axis), said.mean(axis=axis)
    return ((truth & said).mean(axis=axis) - one * other) / np.sqrt(one * (1 - one) * other * (1 - other))


@pytest.mark.parametrize(("metric", "function"), [("f1", f1), ("accuracy", accuracy), ("mcc", correlation)])
def test_paired_interval_of_counts_agrees_with_scipy(metric: str, function: Callable[..., Any]) -> None:
    sample = classes(400)
    columns = (sample.truth.codes, sample.candidate.prediction.codes, sample.champion.prediction.codes)  # type: ignore[union-attr]

    def difference(truth: Any, new: Any, old: Any, axis: int = -1) -> Any:
        return function(truth, new, axis) - function(truth, old, axis)

    data = tuple(column.astype(bool) for column in columns)
    theirs = stats.bootstrap(
        data, difference, paired=True, vectorized=True, method="percentile", n_resamples=4000, rng=1
    ).confidence_interval
    mine = percentile(estimate(sample, metric).difference_draws, 0.05, MANY)  # type: ignore[arg-type]
    width = theirs.high - theirs.low
    assert mine.low == pytest.approx(theirs.low, abs=0.06 * width)
    assert mine.high == pytest.approx(theirs.high, abs=0.06 * width)


@pytest.mark.parametrize("metric", ["auc", "average_precision"])
def test_paired_interval_of_rankings_agrees_with_a_loop(metric: str) -> None:
    sample = classes(300)
    function = sk.roc_auc_score if metric == "auc" else sk.average_precision_score
    truth = sample.truth.codes  # type: ignore[union-attr]
    new, old = sample.candidate.scores["1"], sample.champion.scores["1"]  # type: ignore[union-attr]
    random = np.random.default_rng(1)
    slow = []
    for _ in range(300):
        rows = random.integers(0, 300, 300)
        slow.append(function(truth[rows], new[rows]) - function(truth[rows], old[rows]))
    mine = estimate(sample, metric).difference_draws
    assert mine is not None
    assert spread(mine) == pytest.approx(np.std(slow), rel=0.12)
    assert np.mean(mine) == pytest.approx(np.mean(slow), abs=4 * np.std(slow) / np.sqrt(300))


@pytest.mark.parametrize("metric", ["auc", "average_precision"])
def test_the_first_order_expansion_has_the_spread_of_exact_draws(metric: str) -> None:
    sample = classes(4000)
    exact = estimate(sample, metric, draws=1500)
    form = METRICS[metric](Outcome(truth=sample.truth, scores=sample.candidate.scores))
    plan = of_rows(sample.rows, 7)
    linear = resample([summed(type(form)(sums=form.sums, value=form.value), plan)], 1500, 7)[0]
    assert np.corrcoef(exact.candidate_draws, linear)[0, 1] > 0.999
    assert spread(linear) == pytest.approx(spread(exact.candidate_draws), rel=0.01)


def slow_delong(truth: Any, new: Any, old: Any) -> tuple[float, float]:
    """Difference of two AUCs and its standard error, by the definition in DeLong et al. 1988 (every pair compared)."""
    placements = []
    for score in (new, old):
        wins = (score[truth == 1][:, None] > score[truth == 0]) + 0.5 * (
            score[truth == 1][:, None] == score[truth == 0]
        )
        placements.append((wins.mean(axis=1), wins.mean(axis=0)))
    (new_1, new_0), (old_1, old_0) = placements
    variance = np.var(new_1 - old_1, ddof=1) / len(new_1) + np.var(new_0 - old_0, ddof=1) / len(new_0)
    return float(new_1.mean() - old_1.mean()), float(np.sqrt(variance))


@pytest.mark.parametrize("rows", [500, 30_000], ids=["exact", "expansion over blocks"])
def test_the_spread_of_an_auc_difference_is_delongs(rows: int) -> None:
    sample = classes(rows)
    found = estimate(sample, "auc", draws=3000)
    scores = sample.candidate.scores["1"], sample.champion.scores["1"]  # type: ignore[union-attr]
    some = np.arange(min(rows, 5000))
    difference, error = slow_delong(sample.truth.codes[some], scores[0][some], scores[1][some])  # type: ignore[union-attr]
    assert spread(found.difference_draws) == pytest.approx(error * np.sqrt(len(some) / rows), rel=0.06)
    if rows == len(some):
        assert found.difference == pytest.approx(difference, rel=1e-12)


def test_the_spread_of_an_accuracy_difference_is_mcnemars() -> None:
    sample = classes(2000)
    truth, new, old = sample.truth.codes, sample.candidate.prediction.codes, sample.champion.prediction.codes  # type: ignore[union-attr]
    gained, lost = np.sum((new == truth) & (old != truth)), np.sum((new != truth) & (old == truth))
    error = np.sqrt(gained + lost - (gained - lost) ** 2 / 2000) / 2000
    assert spread(estimate(sample, "accuracy", draws=20_000).difference_draws) == pytest.approx(error, rel=0.02)


def test_cells_and_rows_draw_from_the_same_law() -> None:
    sample = classes(600)
    by_cell = estimate(sample, "f1", draws=6000)
    form = METRICS["f1"](Outcome(truth=sample.truth, prediction=sample.candidate.prediction))
    rows = summed(form, of_rows(600, 3))
    by_row = resample([rows], 6000, 3)[0]
    assert stats.ks_2samp(by_cell.candidate_draws, by_row).pvalue > 0.001
    assert by_cell.candidate == rows.point


@pytest.mark.parametrize("rows", [20_001, 60_000])
def test_blocks_have_the_spread_of_rows(rows: int) -> None:
    sample = numbers(rows)
    errors = (sample.truth - sample.candidate.prediction) ** 2  # type: ignore[operator]
    expected = np.std(errors) / np.sqrt(rows) / (2 * np.sqrt(np.mean(errors)))
    found = estimate(sample, "rmse", draws=3000)
    assert found.units == rows
    assert spread(found.candidate_draws) == pytest.approx(expected, rel=0.05)


def test_clusters_are_drawn_whole() -> None:
    """With everything in a cluster alike, clusters are the sample size."""
    random = np.random.default_rng(0)
    level, size = random.normal(0, 1, 200), 25
    truth = np.zeros(200 * size)
    sample = Sample(
        ids=np.arange(len(truth)),
        truth=truth,
        candidate=Output(prediction=np.abs(np.repeat(level, size))),
        champion=None,
        cluster=coded([f"day {day:03}" for day in np.repeat(np.arange(200), size)]),
    )
    found = estimate(sample, "mae", draws=4000)
    assert found.units == 200
    assert spread(found.candidate_draws) == pytest.approx(np.std(np.abs(level)) / np.sqrt(200), rel=0.05)


def test_very_many_clusters_are_dealt_whole_into_blocks() -> None:
    random = np.random.default_rng(0)
    count, size = 25_000, 4
    level = np.abs(random.normal(0, 1, count))
    cluster = Coded(codes=np.repeat(np.arange(count), size), labels=tuple(map(str, range(count))))
    sample = Sample(
        ids=np.arange(count * size),
        truth=np.zeros(count * size),
        candidate=Output(prediction=np.repeat(level, size)),
        champion=None,
        cluster=cluster,
    )
    found = estimate(sample, "mae", draws=3000)
    assert found.units == count
    assert spread(found.candidate_draws) == pytest.approx(np.std(level) / np.sqrt(count), rel=0.05)


def test_the_same_evidence_gives_the_same_draws_bit_for_bit() -> None:
    sample = numbers(30_000)
    one, other = estimate(sample, "rmse", 500), estimate(sample, "rmse", 500)
    np.testing.assert_array_equal(one.candidate_draws, other.candidate_draws)
    assert not np.array_equal(one.candidate_draws, estimate(sample, "rmse", 500, seed=8).candidate_draws)


def test_weighted_totals_are_exact_in_any_order() -> None:
    """The grid leaves room for every sum, so no machine's way of adding shows in a draw."""
    random = np.random.default_rng(0)
    column = random.lognormal(0, 3, 5000)
    sums = resampling._gridded(column[:, None], of_rows(5000, 0))[:, 0]
    weights = np.bincount(random.integers(0, 5000, 5000), minlength=5000).astype(float)
    totals = {float(np.dot(weights[order], sums[order])) for order in (random.permutation(5000) for _ in range(50))}
    assert len(totals) == 1
    assert totals.pop() == pytest.approx(float(np.dot(weights, column)), rel=1e-10)


def test_draws_of_all_metrics_weigh_the_rows_alike() -> None:
    sample = numbers(300)
    alone, together = estimates(sample, ["mae"], 500, 7), estimates(sample, ["rmse", "mae"], 500, 7)
    np.testing.assert_array_equal(alone["mae"].candidate_draws, together["mae"].candidate_draws)


def test_swapping_the_models_turns_the_sign() -> None:
    sample = classes(500)
    swapped = Sample(
        ids=sample.ids,
        truth=sample.truth,
        candidate=sample.champion,  # type: ignore[arg-type]
        champion=sample.candidate,
    )
    for metric in ("auc", "log_loss"):
        one, other = estimate(sample, metric), estimate(swapped, metric)
        assert one.difference_draws is not None
        np.testing.assert_array_equal(one.difference_draws, -other.difference_draws)  # type: ignore[operator]


def test_a_cell_count_is_a_number_of_rows() -> None:
    plan = of_cells(np.array([3, 0, 7]))
    assert (plan.rows, plan.independent) == (10, 10)
    weights = np.concatenate(list(resampling.weights_of(plan, 50, 1)))
    assert weights.shape == (50, 3)
    assert set(weights.sum(axis=1)) == {10.0}
    assert not weights[:, 1].any()


def test_clusters_count_what_occurs_not_what_is_declared() -> None:
    plan = of_clusters(np.array([5, 5, 9, 2]), seed=0)
    assert plan.units.count == plan.independent == 3


@pytest.mark.parametrize("scale", [1e-200, 1e150, 1e200])
def test_numbers_beyond_reach_are_undefined_without_a_warning(scale: float) -> None:
    sample = numbers(100)
    huge = Sample(
        ids=sample.ids,
        truth=sample.truth * scale,  # type: ignore[operator]
        candidate=Output(prediction=sample.candidate.prediction * scale),  # type: ignore[operator]
        champion=Output(prediction=sample.champion.prediction * scale),  # type: ignore[operator,union-attr]
    )
    found = estimates(huge, ["rmse", "mae", "r2"], 100, 1)
    plain = estimates(sample, ["mae"], 100, 1)["mae"]
    assert found["mae"].candidate == pytest.approx(plain.candidate * scale)
    assert np.isfinite(found["rmse"].candidate) == (scale < 1e154)
