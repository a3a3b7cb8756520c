"""What pictures of the fit are drawn from: reliability that holds against simulated truth, quantiles of residuals."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from tidegate.core.comparison.pictures.fit import fit_block
from tidegate.core.comparison.pictures.reliability import Reliability, error, reliability
from tidegate.core.comparison.pictures.residuals import LEVELS, residuals
from tidegate.core.comparison.samples.sample import Coded, Floats, Output, Sample, coded
from tidegate.core.evidence import canonical_bytes

ALPHA = 0.05


def scored(said: Floats, happened: np.ndarray, **more: object) -> Sample:
    truth = Coded(codes=happened.astype(np.int64), labels=("ham", "spam"))
    output = Output(scores={"spam": said})
    fields = {"champion": None, "positive": "spam", **more}
    return Sample(ids=np.arange(len(said)), truth=truth, candidate=output, **fields)  # type: ignore[arg-type]


def world(seed: int, rows: int = 2_000, days: int = 0) -> Sample:
    """Probabilities that are right; with `days`, all rows of one share their luck."""
    random = np.random.default_rng(seed)
    said = random.beta(1, 3, rows)
    if not days:
        return scored(said, random.random(rows) < said)
    day = np.arange(rows) % days
    chance = np.where(random.random(days) < 0.5, 0.5, 1.5)[day] * said
    return scored(said, random.random(rows) < np.minimum(chance, 1), cluster=coded([f"d{one}" for one in day]))


def curve(sample: Sample) -> Reliability:
    found = reliability(sample, ALPHA)
    assert found is not None
    return found


def test_bins_are_tenths_of_the_rows_and_hold_what_was_said_and_seen() -> None:
    sample = world(1)
    found = curve(sample)
    assert (found.of, found.level, found.champion) == ("spam", 0.95, ())
    assert [one.rows for one in found.candidate] == [200] * 10
    said = sample.candidate.scores["spam"]
    first = np.argsort(said)[:200]
    assert found.candidate[0].said == pytest.approx(said[first].mean())
    assert found.candidate[0].seen == pytest.approx(sample.truth.codes[first].mean())  # type: ignore[union-attr]


def test_intervals_of_independent_rows_are_wilsons() -> None:
    for one in curve(world(2)).candidate:
        low, high = proportion_confint(round(one.seen * one.rows), one.rows, alpha=ALPHA, method="wilson")
        assert (one.low, one.high) == pytest.approx((low, high), rel=1e-6)


@pytest.mark.parametrize("days", [0, 50], ids=["rows", "days"])
def test_intervals_cover_what_is_said_when_that_is_true(days: int) -> None:
    """With days, whose luck rows share, the truth is the mean over days, and intervals are as much wider."""
    bins = [one for seed in range(60) for one in curve(world(seed, days=days)).candidate]
    covered = np.mean([one.low <= one.said <= one.high for one in bins])
    assert 0.91 <= covered <= 0.99


def test_a_row_that_weighs_two_is_seen_twice() -> None:
    said, happened = np.repeat([0.1, 0.9], [300, 100]), np.arange(400) % 3 == 0
    twice = np.arange(400) % 2 == 0
    rows = np.sort(np.r_[np.arange(400), np.flatnonzero(twice)])
    weighted = curve(scored(said, happened, weight=1.0 + twice)).candidate
    doubled = curve(scored(said[rows], happened[rows])).candidate
    assert [one.seen for one in weighted] == pytest.approx([one.seen for one in doubled])
    assert [one.rows for one in weighted] == [300, 100]
    assert all(one.high - one.low > two.high - two.low for one, two in zip(weighted, doubled, strict=True))


def test_ties_make_fewer_points_and_one_score_makes_one() -> None:
    happened = np.arange(400) % 4 == 0
    assert len(curve(scored(np.repeat([0.1, 0.9], [300, 100]), happened)).candidate) == 2
    (only,) = curve(scored(np.full(400, 0.25), happened)).candidate
    assert (only.said, only.seen) == (0.25, 0.25)
    assert error((only,)) == 0.0


def test_of_many_classes_it_is_the_class_that_is_said() -> None:
    random = np.random.default_rng(4)
    scores = random.dirichlet((2, 1, 1), 900)
    truth = np.array([random.choice(3, p=row) for row in scores])
    output = Output(scores=dict(zip(("ant", "bee", "cat"), scores.T, strict=True)))
    sample = Sample(
        ids=np.arange(900), truth=Coded(codes=truth, labels=("ant", "bee", "cat")), candidate=output, champion=output
    )
    found = curve(sample)
    assert found.of == "the class that is said"
    assert found.candidate == found.champion
    assert error(found.candidate) < 0.1
    assert all(one.said > 1 / 3 for one in found.candidate)


@pytest.mark.parametrize(
    "sample",
    [
        world(5).take(np.arange(99)),
        scored(np.linspace(-3, 3, 400), np.arange(400) % 2 == 0),
        scored(np.linspace(0, 1, 400), np.arange(400) % 2 == 0, positive="eggs"),
        scored(np.linspace(0, 1, 400), np.arange(400) % 2 == 0, champion=Output(scores={"spam": np.full(400, 2.0)})),
        scored(np.linspace(0, 1, 400), np.arange(400) % 2 == 0, labels=("a", "b")),
    ],
    ids=["few rows", "no probabilities", "no such class", "the champion says none", "sets of labels"],
)
def test_no_curve_where_none_can_be_drawn(sample: Sample) -> None:
    assert reliability(sample, ALPHA) is None
    assert fit_block(sample, ALPHA) == {}


def regression(rows: int = 1_600, champion: bool = True, **more: object) -> Sample:
    random = np.random.default_rng(6)
    said = random.uniform(0, 100, rows)
    truth = said + random.normal(0, 1 + said / 10, rows)
    old = Output(prediction=said + 5) if champion else None
    return Sample(ids=np.arange(rows), truth=truth, candidate=Output(prediction=said), champion=old, **more)  # type: ignore[arg-type]


def test_bands_of_residuals_widen_where_errors_do() -> None:
    found = residuals(regression())
    assert found is not None
    mine, theirs = found
    widths = [band.residuals[4] - band.residuals[0] for band in mine.bands]
    assert [band.rows for band in mine.bands] == [100] * 16
    assert widths[-1] > 4 * widths[0]
    assert abs(mine.overall[2]) < 1
    assert theirs is not None
    assert theirs.overall[2] == pytest.approx(mine.overall[2] - 5)


@given(st.lists(st.floats(-1e6, 1e6, width=32), min_size=100, max_size=300), st.integers(0, 2**32 - 1))
def test_bands_hold_every_row_once_in_the_order_of_predictions(values: list[float], seed: int) -> None:
    said = np.array(values)
    truth = said + np.random.default_rng(seed).normal(0, 1, len(said))
    found = residuals(Sample(ids=np.arange(len(said)), truth=truth, candidate=Output(prediction=said), champion=None))
    assert found is not None
    mine, theirs = found
    assert theirs is None
    assert sum(band.rows for band in mine.bands) == len(said)
    assert [band.said for band in mine.bands] == sorted(band.said for band in mine.bands)
    assert all(list(band.residuals) == sorted(band.residuals) for band in mine.bands)
    assert set(mine.overall) <= set((truth - said).tolist())


def test_a_row_that_weighs_two_is_two_rows() -> None:
    sample = regression(400)
    weight = 1.0 + (np.arange(400) % 3 == 0)
    rows = np.repeat(np.arange(400), weight.astype(int))
    weighted, repeated = residuals(regression(400, weight=weight)), residuals(sample.take(rows))
    assert weighted is not None
    assert repeated is not None
    assert weighted[0].overall == pytest.approx(repeated[0].overall, abs=0.2)


def test_no_residuals_of_few_rows_classes_or_infinite_truths() -> None:
    assert residuals(regression(99)) is None
    assert residuals(world(7)) is None
    huge = regression()
    huge.truth[0] = math.inf  # type: ignore[index]
    assert fit_block(huge, ALPHA) == {}


@pytest.mark.parametrize("sample", [world(8), regression(), regression(champion=False)])
def test_a_block_is_small_finite_and_the_same_each_time(sample: Sample) -> None:
    block = fit_block(sample, ALPHA)
    written = canonical_bytes(block)
    assert written == canonical_bytes(fit_block(sample, ALPHA))
    assert len(written) < 6_000
    json.loads(written, parse_constant=lambda word: pytest.fail(word))


def test_numbers_without_rows_have_no_block() -> None:
    assert fit_block(None, ALPHA) == {}
    assert LEVELS[2] == 0.5
