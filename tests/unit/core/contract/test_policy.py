"""A change that edits its own judge says so: the digest of a policy, and the sentences about its changes."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.contract import CustomMetric, DataSource, Drift, Environment, Evaluation, FireWhen, Gate, Live, Model
from tidegate.core.contract.policy import policy_changes, policy_digest

RMSE = Gate(metric="rmse", kind="no_worse_by", limit=Decimal("0.01"), relative=True, text="1%")
MAE = Gate(metric="mae", kind="at_most", limit=Decimal(60), relative=False, text="60")
R2 = Gate(metric="r2", kind="at_least", limit=Decimal("0.9"), relative=False, text="0.9")
GAIN = Gate(metric="mae", kind="better_by", limit=Decimal(1), relative=False, text="1")
SEASON = Gate(
    metric="rmse", kind="no_worse_by", limit=Decimal("0.05"), relative=True, text="5%", slices=("season", "weather")
)
COLUMNS = Evaluation(
    predictions="p.csv", id="id", target="y", prediction="p", cluster="day", slices=("season", "weather")
)


def model(*gates: Gate, **more: Any) -> Model:
    source = DataSource(tracked="data.dvc", expectations="suites")
    columns = more.pop("evaluation", COLUMNS)
    return Model(name="bike", path="model", data=source, evaluation=columns, gates=gates, **more)


def limit(gate: Gate, text: str) -> Gate:
    return replace(gate, limit=Decimal(text), text=text)


@pytest.mark.parametrize(
    "other",
    [
        model(MAE, RMSE),
        model(replace(RMSE, text="1.0%"), limit(MAE, "60.00")),
        model(RMSE, limit(MAE, "6e1")),
        model(RMSE, MAE, environment=Environment(lock="other.txt")),
        model(RMSE, MAE, evaluation=replace(COLUMNS, slices=("weather", "season"))),
    ],
    ids=["order", "digits", "exponent", "environment", "order-of-slices"],
)
def test_what_judges_alike_has_one_digest_and_no_changes(other: Model) -> None:
    assert policy_digest(other) == policy_digest(model(RMSE, MAE))
    assert policy_changes(model(RMSE, MAE), other) == []


@pytest.mark.parametrize(
    "other",
    [
        model(RMSE),
        model(RMSE, limit(MAE, "61")),
        model(RMSE, replace(MAE, severity="warn")),
        model(replace(RMSE, relative=False), MAE),
        model(RMSE, MAE, alpha=0.1),
        model(RMSE, MAE, evaluation=replace(COLUMNS, cluster=None)),
        model(RMSE, MAE, evaluation=replace(COLUMNS, minimum_rows=1)),
        model(RMSE, MAE, metrics={"profit": CustomMetric(direction="higher")}),
    ],
    ids=["removed", "limit", "severity", "relative", "alpha", "cluster", "minimum-rows", "metric"],
)
def test_what_judges_otherwise_has_another_digest_and_a_sentence(other: Model) -> None:
    assert policy_digest(other) != policy_digest(model(RMSE, MAE))
    assert len(policy_changes(model(RMSE, MAE), other)) == 1


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        (RMSE, limit(RMSE, "0.02"), "weakened"),
        (RMSE, limit(RMSE, "0.005"), "tightened"),
        (MAE, limit(MAE, "61"), "weakened"),
        (MAE, limit(MAE, "59"), "tightened"),
        (R2, limit(R2, "0.8"), "weakened"),
        (R2, limit(R2, "0.95"), "tightened"),
        (GAIN, limit(GAIN, "0.5"), "weakened"),
        (GAIN, limit(GAIN, "2"), "tightened"),
        (MAE, replace(MAE, severity="warn"), "weakened"),
        (replace(MAE, severity="warn"), MAE, "tightened"),
        (MAE, replace(limit(MAE, "50"), severity="warn"), "weakened"),
        (replace(MAE, severity="warn"), limit(MAE, "61"), "weakened"),
        (RMSE, replace(limit(RMSE, "0.1"), relative=False), "changed"),
    ],
)
def test_a_change_of_a_gate_says_which_way_it_goes(old: Gate, new: Gate, word: str) -> None:
    (sentence,) = policy_changes(model(old), model(new))
    assert sentence.startswith(f"gate {word}: {old.metric}")


def test_sentences_name_what_was_and_what_is() -> None:
    changes = policy_changes(model(MAE, RMSE), model(limit(MAE, "70"), replace(SEASON, severity="warn")))
    assert changes == [
        "gate removed: rmse no_worse_by 1% (block)",
        "gate weakened: mae at_most 60 (block) is now mae at_most 70 (block)",
        "gate added: rmse by season, weather no_worse_by 5% (warn)",
    ]


def test_settings_are_told_under_their_names_in_the_contract() -> None:
    after = model(RMSE, alpha=0.1, evaluation=replace(COLUMNS, cluster=None, slices=("season",)))
    assert policy_changes(model(RMSE), after) == [
        "evaluation.cluster was day, is now none",
        "evaluation.slices was season, weather, is now season",
        "alpha was 0.05, is now 0.1",
    ]


def test_a_metric_that_is_turned_round_is_told() -> None:
    own = {"profit": CustomMetric(direction="higher", minimum=0)}
    turned = {"profit": CustomMetric(direction="lower", minimum=0)}
    assert policy_changes(model(RMSE, metrics=own), model(RMSE, metrics=turned)) == [
        "metrics.profit was direction higher, minimum 0, is now direction lower, minimum 0"
    ]


def test_the_first_policy_says_that_nothing_judged_it() -> None:
    assert policy_changes(None, model(RMSE, MAE)) == [
        "there was no policy for bike: this change brings its own (2 gates)"
    ]


def test_drift_is_no_policy_of_a_pull_request() -> None:
    from datetime import timedelta

    live = Live(path="live/*.parquet", time="t", window=timedelta(days=7))
    fires = FireWhen(columns=0.3, windows=2, of=3)
    drift = Drift(profile="profile.json", live=live, alpha=0.01, min_effect=0.1, fire_when=fires)
    assert policy_digest(model(RMSE, drift=drift)) == policy_digest(model(RMSE))


LIMITS = st.decimals(min_value=-1000, max_value=1000, allow_nan=False, allow_infinity=False, places=4)


@given(LIMITS, LIMITS)
def test_two_limits_have_one_digest_exactly_when_they_are_equal(one: Decimal, other: Decimal) -> None:
    first, second = (policy_digest(model(replace(MAE, limit=value, text=str(value)))) for value in (one, other))
    assert (first == second) == (one == other)


def test_forty_digits_are_kept() -> None:
    digits = "0.1234567890123456789012345678901234567890"
    assert policy_digest(model(limit(MAE, digits))) != policy_digest(model(limit(MAE, digits[:-2] + "91")))
