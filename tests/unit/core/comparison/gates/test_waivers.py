"""A waiver excuses one measured shortfall until its last day, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.answer import Verdict
from tidegate.core.comparison.comparison import Comparison, compare, compare_totals
from tidegate.core.comparison.gates.waivers import LONGEST, Standing, day_of, standing
from tidegate.core.comparison.metrics.totals import Totals
from tidegate.core.comparison.samples.sample import Output, Predictions, coded
from tidegate.core.comparison.verdict import Policy, Side, result
from tidegate.core.contract import CustomMetric, DataSource, Evaluation, Gate, Model, Waiver

TODAY = date(2026, 11, 23)
RMSE = Gate(metric="rmse", kind="no_worse_by", limit=Decimal("0.01"), relative=True, text="1%")
MAE = Gate(metric="mae", kind="at_most", limit=Decimal(60), relative=False, text="60")
WEATHER = Gate(metric="rmse", kind="no_worse_by", limit=Decimal("0.05"), relative=True, text="5%", slices=("weather",))
LABEL = "rmse no_worse_by 1%"


def waiver(gate: str = LABEL, until: date = TODAY, **more: str) -> Waiver:
    return Waiver(**{"gate": gate, "reason": "new sensors", "owner": "@forecast", "until": until, **more})  # type: ignore[arg-type]


def model(*gates: Gate, waivers: tuple[Waiver, ...] = (), **more: Any) -> Model:
    return Model(
        name="bike",
        path="model",
        data=DataSource(tracked="data.dvc", expectations="suites"),
        evaluation=Evaluation(predictions="p", id="id", target="y", prediction="p", slices=("weather",)),
        gates=gates or (RMSE, MAE),
        waivers=waivers,
        **more,
    )


def predictions(scale: float, *, rows: int = 600, only_mist: float = 1.0, noise: float = 0.0) -> Predictions:
    random = np.random.default_rng(0)
    truth, error = random.normal(200, 50, 600)[:rows], random.normal(0, 30, 600)[:rows]
    weather = np.array(["clear", "mist"])[np.arange(rows) % 2]
    off = np.where(weather == "mist", only_mist, 1.0) * scale * error
    off += noise * np.random.default_rng(1).normal(0, 1, 600)[:rows]
    return Predictions(
        ids=np.arange(rows), truth=truth, output=Output(prediction=truth + off), slices={"weather": coded(weather)}
    )


def worse(*waivers: Waiver, day: date | None = TODAY, gates: tuple[Gate, ...] = ()) -> Comparison:
    return compare(model(*gates, waivers=waivers), predictions(1.2), predictions(1.0), day=day)


def test_a_waived_gate_fails_visibly_and_does_not_block() -> None:
    found = worse(waiver())
    assert found.verdict is Verdict.PASS
    assert found.gates[0].verdict is Verdict.FAIL
    assert (found.gates[0].excused, found.gates[0].blocks) == (True, False)
    assert found.sentence == (
        "ready to promote; rmse is worse by 5.8, limit 1% (0.3) (waived until 2026-11-23 by @forecast: new sensors)"
    )


@pytest.mark.parametrize(
    ("until", "day", "expected"),
    [
        (TODAY, TODAY, Standing.ACTIVE),
        (TODAY, TODAY + timedelta(days=1), Standing.EXPIRED),
        (TODAY + LONGEST, TODAY, Standing.ACTIVE),
        (TODAY + LONGEST + timedelta(days=1), TODAY, Standing.TOO_LONG),
        (date.max, date.min, Standing.TOO_LONG),
        (TODAY, None, Standing.UNDATED),
    ],
    ids=["last day", "day after", "farthest", "too far", "ends of the calendar", "no day"],
)
def test_the_last_day_still_counts_and_no_waiver_reaches_far(until: date, day: date | None, expected: Standing) -> None:
    assert standing(waiver(until=until), day) is expected


@pytest.mark.parametrize(
    ("until", "day", "words"),
    [
        (TODAY - timedelta(days=1), TODAY, "its waiver expired on 2026-11-22"),
        (TODAY + timedelta(days=91), TODAY, "reaches more than 90 days ahead"),
        (TODAY, None, "does not count: nothing says which day this is"),
    ],
    ids=["expired", "too long", "undated"],
)
def test_a_waiver_that_does_not_count_blocks_and_says_why(until: date, day: date | None, words: str) -> None:
    found = worse(waiver(until=until), day=day)
    assert found.verdict is Verdict.FAIL
    assert found.sentence.startswith("not promotable: rmse is worse by 5.8")
    assert words in found.sentence


def test_an_undecided_gate_is_excused_where_it_was_measured() -> None:
    found = compare(model(waivers=(waiver(),)), predictions(1.3, only_mist=0.55), predictions(1.0), day=TODAY)
    assert found.gates[0].verdict is Verdict.UNDECIDED
    assert found.verdict is Verdict.PASS


def test_a_gate_that_could_not_be_asked_is_not_excused() -> None:
    """Missing evidence is never a pass, whoever signs for it."""
    policy = model(
        replace(RMSE, metric="revenue"),
        MAE,
        waivers=(waiver("revenue no_worse_by 1%"),),
        metrics={"revenue": CustomMetric(direction="higher")},
    )
    totals = Totals(candidate={"revenue": 1.0}, champion={})
    found = compare(policy, predictions(1.0), predictions(1.0), totals, TODAY)
    assert found.gates[0].verdict is Verdict.UNDECIDED
    assert found.gates[0].waived is None
    assert found.verdict is Verdict.UNDECIDED


def test_models_that_cannot_be_compared_are_not_excused() -> None:
    found = compare(model(waivers=(waiver(),)), predictions(1.0), predictions(1.0, rows=500), day=TODAY)
    assert found.verdict is Verdict.INCOMPARABLE


def test_predictions_that_are_no_numbers_are_not_excused() -> None:
    bad = replace(predictions(1.0), output=Output(prediction=np.full(600, np.nan)))
    assert compare(model(waivers=(waiver(),)), bad, predictions(1.0), day=TODAY).verdict is Verdict.FAIL


def test_one_slice_is_excused_and_the_others_are_not() -> None:
    policy = model(WEATHER, waivers=(waiver("rmse[weather=mist] no_worse_by 5%"),))
    only_mist = compare(policy, predictions(1.0, only_mist=1.4), predictions(1.0), day=TODAY)
    assert only_mist.verdict is Verdict.PASS
    assert [gate.excused for gate in only_mist.gates] == [False, True]
    both = compare(policy, predictions(1.4), predictions(1.0), day=TODAY)
    assert both.verdict is Verdict.FAIL
    assert both.sentence.startswith("not promotable: rmse where weather is clear is worse")


def test_a_waived_gate_stays_in_the_family_so_no_other_verdict_moves() -> None:
    with_it, without = worse(waiver()), worse()
    assert with_it.family == without.family == (LABEL, "mae at_most 60")
    assert [gate.interval for gate in with_it.gates] == [gate.interval for gate in without.gates]
    assert with_it.gates[1] == without.gates[1]


def test_a_number_without_rows_can_be_waived_too() -> None:
    found = compare_totals(model(RMSE, waivers=(waiver(),)), Totals(candidate={"rmse": 2}, champion={"rmse": 1}), TODAY)
    assert (found.verdict, found.gates[0].verdict) == (Verdict.PASS, Verdict.FAIL)


def test_a_waiver_that_nothing_needs_is_listed() -> None:
    found = compare(model(waivers=(waiver(),)), predictions(0.9), predictions(1.0), day=TODAY)
    document = result(found, Side(kind="candidate"), Side(kind="base"), Policy(source="base", digest="", changed=False))
    assert document["waivers"] == {"day": "2026-11-23", "unused": [LABEL]}
    assert all("waiver" not in gate for gate in document["gates"])


def test_the_verdict_carries_the_waiver() -> None:
    document = result(
        worse(waiver()), Side(kind="candidate"), Side(kind="base"), Policy(source="base", digest="", changed=False)
    )
    assert document["gates"][0]["verdict"] == "fail"
    assert document["gates"][0]["waiver"] == {
        "standing": "active",
        "reason": "new sensors",
        "owner": "@forecast",
        "until": "2026-11-23",
    }


def test_without_waivers_the_verdict_is_as_it_was() -> None:
    document = result(
        worse(), Side(kind="candidate"), Side(kind="base"), Policy(source="base", digest="", changed=False)
    )
    assert "waivers" not in document
    assert all("waiver" not in gate for gate in document["gates"])


def _seconds(*when: int) -> int:
    return int(datetime(*when, tzinfo=UTC).timestamp())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("commits", "expected"),
    [
        ((_seconds(2026, 11, 23, 23, 59, 59),), TODAY),
        ((_seconds(2026, 11, 24),), TODAY + timedelta(days=1)),
        ((_seconds(2001, 1, 1), _seconds(2026, 11, 23)), TODAY),
        ((_seconds(2026, 11, 23), None), TODAY),
        ((None, None), None),
        ((10**15, 0), date.max),
    ],
    ids=["last second in UTC", "midnight", "back-dated", "one unknown", "none known", "on no calendar"],
)
def test_the_day_is_that_of_the_later_commit(commits: tuple[int | None, ...], expected: date | None) -> None:
    assert day_of(*commits) == expected


@given(until=st.dates(), day=st.dates())
def test_an_active_waiver_has_neither_ended_nor_more_than_ninety_days_left(until: date, day: date) -> None:
    left = (until - day).days
    assert (standing(waiver(until=until), day) is Standing.ACTIVE) == (0 <= left <= 90)


@given(st.dates(), st.sampled_from([0.8, 1.0, 1.01, 1.2, 2.0]))
def test_a_waiver_never_makes_anything_worse_and_never_hides_a_verdict(day: date, scale: float) -> None:
    with_it = compare(model(waivers=(waiver(),)), predictions(scale), predictions(1.0), day=day)
    without = compare(model(), predictions(scale), predictions(1.0), day=day)
    assert [gate.verdict for gate in with_it.gates] == [gate.verdict for gate in without.gates]
    assert with_it.verdict in (without.verdict, Verdict.PASS)
