"""Code or data: the parts add up to the whole, are fair to both orders, and say so where nothing can be said."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegate.core.comparison.change.attribution import Attribution, Between, attribute
from tidegate.core.comparison.change.change_blocks import attribution_block, proven
from tidegate.core.comparison.comparison import compare
from tidegate.core.comparison.inference.estimation import several
from tidegate.core.comparison.samples.sample import Output, Predictions, Sample, coded
from tidegate.core.contract import DataSource, Evaluation, Gate, Model

ROWS = 300


def policy(*metrics: str) -> Model:
    gates = [
        Gate(metric=name, kind="no_worse_by", limit=Decimal(1), relative=False, text="1")
        for name in metrics or ("mae",)
    ]
    return Model(
        name="model",
        path="model",
        data=DataSource(tracked="data.dvc", expectations="e"),
        evaluation=Evaluation(predictions="p.csv", id="id", target="y", prediction="p"),
        gates=tuple(gates),
    )


def predictions(off: float, *, noise: float = 1.0, seed: int = 0, rows: int = ROWS, name: str = "") -> Predictions:
    """A model that is too high by `off`, give or take."""
    truth = np.random.default_rng(1).normal(100, 20, rows)
    said = truth + off + np.random.default_rng(seed).normal(0, noise, rows)
    return Predictions(ids=np.arange(rows), truth=truth, output=Output(prediction=said), digest=f"sha256:{name or off}")


def split(old: float, new_code: float, new_data: float, new: float, *, judge: Model | None = None) -> Attribution:
    """Four models that are off by so much."""
    between = Between(new_code=predictions(new_code, seed=2), new_data=predictions(new_data, seed=3))
    return attribute(judge or policy(), predictions(new, seed=4), predictions(old, seed=5), between)


@pytest.mark.parametrize(
    ("four", "code", "data", "interaction"),
    [
        ((20, 18, 15, 13), -2, -5, 0),
        ((20, 20, 20, 10), -5, -5, -10),
        ((20, 22, 17, 17), 1, -4, -2),
        ((20, 20, 20, 20), 0, 0, 0),
        ((20, 30, 10, 20), 10, -10, 0),
    ],
    ids=["each-its-own", "only-together", "against-each-other", "nothing", "undone"],
)
def test_each_part_is_the_average_over_both_orders(
    four: tuple[float, ...], code: float, data: float, interaction: float
) -> None:
    (found,) = split(*four).splits
    assert found.code.value == pytest.approx(code, abs=0.3)
    assert found.data.value == pytest.approx(data, abs=0.3)
    assert found.interaction.value == pytest.approx(interaction, abs=0.5)


values = st.floats(-1e6, 1e6, allow_nan=False, width=32)


@settings(max_examples=25)
@given(old=values, new_code=values, new_data=values, new=values)
def test_the_parts_add_up_to_the_whole(old: float, new_code: float, new_data: float, new: float) -> None:
    (found,) = split(old, new_code, new_data, new, judge=policy("rmse")).splits
    whole, parts = Fraction(found.difference), Fraction(found.code.value) + Fraction(found.data.value)
    assert abs(whole - parts) <= Fraction(float(np.spacing(abs(found.data.value)))) / 2
    size = max(abs(found.code.value), abs(found.data.value))
    assert found.code.value + found.data.value == pytest.approx(found.difference, abs=2 * float(np.spacing(size)))


@settings(max_examples=25)
@given(old=values, new_code=values, new_data=values, new=values)
def test_code_and_data_are_treated_alike(old: float, new_code: float, new_data: float, new: float) -> None:
    (one,), (other,) = split(old, new_code, new_data, new).splits, split(old, new_data, new_code, new).splits
    size = max(map(abs, (old, new_code, new_data, new, 1.0)))
    assert one.code.value == pytest.approx(other.data.value, abs=0.3 + 1e-9 * size)


def test_the_whole_is_the_comparisons_own_difference() -> None:
    judge = policy("mae", "rmse", "mae")
    candidate, champion = predictions(13, seed=4), predictions(20, seed=5)
    compared = compare(judge, candidate, champion)
    found = attribute(judge, candidate, champion, Between(new_code=predictions(18), new_data=predictions(15)))
    assert [one.metric for one in found.splits] == ["mae", "rmse"]
    by_name = {metric.name: metric.difference for metric in compared.metrics}
    assert [one.difference for one in found.splits] == [by_name["mae"], by_name["rmse"]]


def test_draws_of_the_parts_add_up_to_the_draws_of_the_comparison() -> None:
    """The same draws weigh the rows of all four models: the parts vary together and not on their own."""
    candidate, champion = predictions(13, seed=4), predictions(20, seed=5)
    sample = Sample(ids=candidate.ids, truth=candidate.truth, candidate=candidate.output, champion=champion.output)
    outputs = [champion.output, predictions(18).output, predictions(15).output, candidate.output]
    old, code, data, new = (one.draws for one in several(sample, outputs, ["mae"], 200, 9)["mae"])
    of_code, of_data = ((code - old) + (new - data)) / 2, ((data - old) + (new - code)) / 2
    assert np.allclose(of_code + of_data, new - old)
    assert np.std(new - old) < np.std(new) + np.std(old)


def test_intervals_hold_the_parts_as_often_as_they_say() -> None:
    """200 worlds in which code is worth 1.0 and data 0.5 of mean error, by simulation."""
    hits = {"code": 0, "data": 0, "interaction": 0}
    random, truths = np.random.default_rng(8), {"code": 1.0, "data": 0.5, "interaction": 0.0}
    for _ in range(200):
        truth = random.normal(100, 20, ROWS)
        offs = {"old": 6.0, "code": 7.0, "data": 6.5, "new": 7.5}
        four = {
            name: Predictions(
                ids=np.arange(ROWS), truth=truth, output=Output(prediction=truth + off + random.normal(0, 1, ROWS))
            )
            for name, off in offs.items()
        }
        between = Between(new_code=four["code"], new_data=four["data"])
        (found,) = attribute(policy(), four["new"], four["old"], between).splits
        for name, known in truths.items():
            interval = getattr(found, name).interval
            hits[name] += interval.low <= known <= interval.high
    assert all(0.9 <= count / 200 <= 0.99 for count in hits.values()), hits


def test_classes_are_split_as_well() -> None:
    random = np.random.default_rng(2)
    truth = coded([str(one) for one in random.integers(0, 2, ROWS)])

    def model(right: float) -> Predictions:
        flipped = np.where(random.random(ROWS) < right, truth.codes, 1 - truth.codes)
        return Predictions(ids=np.arange(ROWS), truth=truth, output=Output(prediction=replace(truth, codes=flipped)))

    between = Between(new_code=model(0.8), new_data=model(0.7))
    (found,) = attribute(policy("accuracy"), model(0.9), model(0.6), between).splits
    assert found.code.value == pytest.approx(0.2, abs=0.08)
    assert found.data.value == pytest.approx(0.1, abs=0.08)
    assert found.code.value + found.data.value == pytest.approx(found.difference, abs=1e-15)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"new_code": predictions(18, rows=200)},
            "new code on the base's data was measured on other rows: 100 ids only",
        ),
        ({"new_data": predictions(15, rows=310)}, "the base's code on new data was measured on other rows"),
        (
            {"new_data": replace(predictions(15), output=Output(prediction=np.full(ROWS, np.nan)))},
            "the base's code on new data predicts what is no finite number",
        ),
    ],
    ids=["fewer-rows", "more-rows", "not-finite"],
)
def test_what_cannot_be_told_is_said(change: dict[str, Predictions], words: str) -> None:
    between = replace(Between(new_code=predictions(18), new_data=predictions(15)), **change)
    found = attribute(policy(), predictions(13), predictions(20), between)
    assert words in found.why_not
    assert found.splits == ()


def test_a_champion_of_other_rows_cannot_be_split_either() -> None:
    between = Between(new_code=predictions(18), new_data=predictions(15))
    found = attribute(policy(), predictions(13), predictions(20, rows=200), between)
    assert found.why_not.startswith("the champion was measured on other rows")


def test_a_handful_of_rows_has_parts_and_no_intervals() -> None:
    four = [predictions(off, rows=5) for off in (20, 18, 15, 13)]
    (found,) = attribute(policy(), four[3], four[0], Between(new_code=four[1], new_data=four[2])).splits
    assert found.code.interval is None
    assert found.code.value + found.data.value == pytest.approx(found.difference)


def test_the_block_names_the_predictions_that_it_rests_on() -> None:
    block = attribution_block(split(20, 18, 15, 13))["attribution"]
    assert block["changed"] == ["code", "data"]
    assert block["predictions"] == {"new_code": "sha256:18", "new_data": "sha256:15"}
    (metric,) = block["metrics"]
    assert set(metric) == {
        "name", "direction", "difference", "new_code", "new_data", "code", "data", "interaction"
    }  # fmt: skip
    low, high = metric["code"]["interval"]
    assert low < metric["code"]["value"] < high


@pytest.mark.parametrize(
    ("found", "kept"),
    [
        (None, False),
        (Attribution(changed=("code", "data"), why_not="not in the cache"), False),
        (split(4, 3, 2, 1), True),
    ],
    ids=["not-asked", "not-known", "known"],
)
def test_only_an_attribution_that_is_known_is_part_of_a_verdict(found: Attribution | None, kept: bool) -> None:
    """What a cache happens to hold must not change the bytes of a verdict."""
    document = {"rows": 3, **attribution_block(found)}
    assert ("attribution" in proven(document)) == kept
    assert proven(document)["rows"] == 3
