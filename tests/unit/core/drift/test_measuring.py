"""Performance then and now: the same metric, each with its interval, at a level that all questions share."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest

from tidegate.core.comparison.samples.sample import Output, Predictions, coded
from tidegate.core.contract import DataSource, Drift, Evaluation, FireWhen, Gate, Live, Model
from tidegate.core.drift.finding import Found
from tidegate.core.drift.measuring import of_predictions, performances
from tidegate.core.drift.performance import compare

LIVE = Live(path="live", time="time", window=timedelta(days=7))
DRIFT = Drift(
    profile="p",
    live=LIVE,
    alpha=0.01,
    min_effect=0.1,
    fire_when=FireWhen(columns=0.3, windows=1, of=1),
    slices=("city",),
)
EVALUATION = Evaluation(predictions="p", id="id", target="y", prediction="p", slices=("city",), minimum_rows=50)


def gate(metric: str) -> Gate:
    return Gate(metric=metric, kind="at_most", limit=Decimal(9), relative=False, text="9")


def model(*metrics: str, drift: Drift = DRIFT) -> Model:
    source = DataSource(tracked="d.dvc", expectations="s")
    gates = tuple(map(gate, metrics))
    return Model(name="m", path="m", data=source, evaluation=EVALUATION, gates=gates, drift=drift)


def rows(error: float, number: int = 600, seed: int = 0, days: int | None = None) -> Predictions:
    random = np.random.default_rng([seed, number])
    truth = random.normal(5, 2, number)
    cities = coded([("Oslo", "Rome", "Rare")[0 if place % 2 else 1 if place > 20 else 2] for place in range(number)])
    cluster = None if days is None else coded([str(place % days) for place in range(number)])
    said = Output(prediction=truth + random.normal(0, error, number))
    return Predictions(ids=np.arange(number), truth=truth, output=said, slices={"city": cities}, cluster=cluster)


def test_every_gated_metric_over_all_rows_and_in_slices_that_have_rows() -> None:
    asked = model("rmse", "mae", "predict_p95_ms")
    found = performances(asked, of_predictions(asked, rows(1)), of_predictions(asked, rows(2, seed=1)))
    assert [(one.metric, one.slice) for one in found] == [
        ("mae", ""),
        ("rmse", ""),
        ("mae", "city=Oslo"),
        ("rmse", "city=Oslo"),
        ("mae", "city=Rome"),
        ("rmse", "city=Rome"),
    ]
    assert {one.better for one in found} == {"lower"}
    assert {compare(one).found for one in found} == {Found.DRIFTED}


def test_intervals_hold_the_value_and_widen_with_the_number_of_questions() -> None:
    few, many = model("rmse", drift=replace(DRIFT, slices=())), model("rmse")
    widths = []
    for asked in (few, many):
        side = of_predictions(asked, rows(1))
        whole = performances(asked, side, side)[0].live
        assert whole is not None
        assert whole.low < whole.value < whole.high
        widths.append(whole.high - whole.low)
    assert widths[0] < widths[1]


def test_without_labels_nothing_was_measured_live() -> None:
    asked = model("rmse")
    found = performances(asked, of_predictions(asked, rows(1)), None)
    assert all(one.live is None for one in found)
    assert compare(found[0]).found is Found.UNKNOWN


def test_without_the_release_nothing_is_proven() -> None:
    asked = model("rmse")
    found = performances(asked, {}, of_predictions(asked, rows(9)))
    assert {compare(one).found for one in found} == {Found.UNKNOWN}


def test_clusters_are_what_is_independent() -> None:
    asked = model("rmse", drift=replace(DRIFT, slices=()))
    found = performances(asked, of_predictions(asked, rows(1)), of_predictions(asked, rows(1, days=12)))[0]
    assert found.released is not None
    assert found.live is not None
    assert (found.released.clusters, found.live.clusters) == (600, 12)


@pytest.mark.parametrize("seed", range(3))
def test_the_same_rows_give_the_same_interval(seed: int) -> None:
    asked = model("rmse")
    one, other = (performances(asked, {}, of_predictions(asked, rows(1, seed=seed)))[0] for _ in range(2))
    assert one == other


def test_a_model_that_is_as_good_is_called_worse_no_more_often_than_promised() -> None:
    """100 windows of 200 rows against a release's 1,000, three questions each at 1 % together."""
    asked = model("rmse")
    released = of_predictions(asked, rows(1, 1_000, 999))
    alarms = 0
    for seed in range(100):
        live = of_predictions(asked, rows(1, 200, seed))
        alarms += any(compare(one).found is Found.DRIFTED for one in performances(asked, released, live))
    assert alarms <= 4  # P(more than 4 of 100 at 0.01) = 0.3 %
