"""Predictions held against what the packaged model answers: what differs, and what that means."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.answer import Verdict
from tidegate.core.comparison.change.confirmation import (
    Answers,
    Confirmation,
    HoldOut,
    Standing,
    altered,
    compared,
    confirmation_block,
    unanswered,
)
from tidegate.core.comparison.comparison import Comparison
from tidegate.core.comparison.samples.rescored import rescored
from tidegate.core.comparison.samples.sample import Output, Predictions, coded
from tidegate.core.contract import DataSource, Evaluation, Gate, Model

EDITED = ("model/train.py",)


def numbers(values: Any, ids: Any = None) -> Predictions:
    values = np.asarray(values, dtype=float)
    return Predictions(
        ids=np.arange(len(values)) if ids is None else np.asarray(ids),
        truth=np.zeros(len(values)),
        output=Output(prediction=values),
    )


def classes(said: list[str], score: list[float]) -> Predictions:
    output = Output(prediction=coded(said), scores={"yes": np.array(score)})
    return Predictions(ids=np.arange(len(said)), truth=coded(["yes"] * len(said)), output=output)


@pytest.mark.parametrize(
    ("claimed", "answered", "differ"),
    [
        (numbers([1, 2, 3]), numbers([1, 2, 3]), 0),
        (numbers([1, 2, 3]), numbers([3, 2, 1], ids=[2, 1, 0]), 0),
        (numbers([1, 2, 3]), numbers([1, 2, 3 * (1 + 1e-6)]), 0),
        (numbers([1, 2, 3]), numbers([1, 2, 3.001]), 1),
        (numbers([1, np.nan, 3]), numbers([1, np.nan, 3]), 0),
        (numbers([1, np.nan, 3]), numbers([1, 2, 3]), 1),
        (numbers([0, 0, 0]), numbers([0, 1e-9, 0]), 0),
        (classes(["yes", "no"], [0.9, 0.1]), classes(["yes", "no"], [0.9, 0.1]), 0),
        (classes(["yes", "yes"], [0.9, 0.1]), classes(["yes", "no"], [0.9, 0.1]), 1),
        (classes(["yes", "no"], [0.9, 0.4]), classes(["yes", "no"], [0.9, 0.1]), 1),
    ],
    ids=["same", "order", "last digits", "one row", "both silent", "one silent", "zero", "classes", "class", "score"],
)
def test_rows_that_differ_are_counted(claimed: Predictions, answered: Predictions, differ: int) -> None:
    found = compared(claimed, answered, ())
    assert found.differ == differ
    assert found.standing is (Standing.DENIED if differ else Standing.CONFIRMED)


def test_other_answers_are_a_claim_where_the_change_edits_code() -> None:
    assert compared(numbers([1, 2]), numbers([1, 3]), EDITED).standing is Standing.CLAIMED
    assert compared(numbers([1, 2]), numbers([1, 2]), EDITED).standing is Standing.CONFIRMED
    assert unanswered("it failed", EDITED).standing is Standing.CLAIMED
    assert unanswered("it failed", ()).standing is Standing.DENIED


def test_other_rows_are_no_answer() -> None:
    assert compared(numbers([1, 2]), numbers([1, 2], ids=[0, 7]), ()).standing is Standing.DENIED
    assert compared(numbers([1, 2]), numbers([1, 2, 3]), ()).standing is Standing.DENIED


def test_a_number_is_never_a_class() -> None:
    found = compared(numbers([1, 2]), replace(classes(["1", "2"], [0, 1]), ids=np.arange(2)), ())
    assert found.differ == 2


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=20), st.integers(0, 19), st.floats(0.01, 10))
def test_one_forged_row_is_always_found(values: list[float], place: int, by: float) -> None:
    forged = list(values)
    forged[place % len(values)] += by * (1 + abs(forged[place % len(values)]))
    assert compared(numbers(forged), numbers(values), ()).differ == 1


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (numbers([1, 2, 3]), None),
        (numbers([9, 9, 9]), None),
        (numbers([1, 2]), (0, 1, 0)),
        (numbers([1, 2, 3, 4]), (1, 0, 0)),
        (replace(numbers([1, 2, 3]), truth=np.array([0, 0, 5.0])), (0, 0, 1)),
    ],
    ids=["same", "other predictions", "a row gone", "a new row", "another truth"],
)
def test_what_counts_as_another_hold_out(now: Predictions, expected: tuple[int, int, int] | None) -> None:
    before = numbers([1, 2, 3])
    found = altered(now, before, rescored(now, before))
    assert (found if found is None else (found.new, found.gone, found.changed)) == expected


def sliced(weather: list[str], **beside: Any) -> Predictions:
    return replace(numbers([1, 2, 3], ids=[3, 1, 2]), slices={"weather": coded(weather)}, **beside)


@pytest.mark.parametrize(
    ("now", "same"),
    [
        (sliced(["rain", "clear", "clear"]), True),
        (replace(sliced(["clear", "clear", "rain"]), ids=np.array([1, 2, 3])), True),
        (sliced(["clear", "clear", "clear"]), False),
        (sliced(["rain", "clear", "clear"], cluster=coded(["a", "b", "b"])), False),
        (sliced(["rain", "clear", "clear"], weight=np.array([1.0, 2, 3])), False),
        (sliced(["rain", "clear", "clear"], numbers={"wind": np.array([np.nan, 1, 5])}), False),
        (numbers([1, 2, 3], ids=[3, 1, 2]), True),
    ],
    ids=["same", "order", "another slice", "other clusters", "other weights", "other numbers", "no longer a slice"],
)
def test_rows_that_are_sliced_drawn_or_weighed_otherwise_are_another_hold_out(now: Predictions, same: bool) -> None:
    beside = {
        "cluster": coded(["a", "a", "b"]),
        "weight": np.ones(3),
        "numbers": {"wind": np.array([np.nan, 1, 2])},
    }
    before = sliced(["rain", "clear", "clear"], **beside)
    assert (altered(now, before, rescored(now, before)) is None) is same


def found(standing: Standing, hold_out: HoldOut | None = None) -> Confirmation:
    return Confirmation(hold_out=hold_out or HoldOut(), answers=Answers(standing=standing, why="why"))


@pytest.mark.parametrize("standing", list(Standing))
@pytest.mark.parametrize("verdict", [Verdict.PASS, Verdict.FAIL])
def test_only_a_denial_stops_and_nothing_is_let_through(standing: Standing, verdict: Verdict) -> None:
    policy = Model(
        name="m",
        path="model",
        data=DataSource(tracked="d.dvc", expectations="s"),
        evaluation=Evaluation(predictions="p", id="id", target="y", prediction="p"),
        gates=(Gate(metric="rmse", kind="at_most", limit=1, relative=False, text="1"),),  # type: ignore[arg-type]
    )
    reached = Comparison(verdict=verdict, sentence="as it was")
    held = found(standing).hold(policy, reached)
    assert held.verdict is (Verdict.INCOMPARABLE if standing is Standing.DENIED else verdict)
    assert held.sentence == ("incomparable: why" if standing is Standing.DENIED else "as it was")


def test_there_is_no_block_where_there_is_nothing_to_say() -> None:
    assert confirmation_block(None) == {}
    assert confirmation_block(found(Standing.UNASKED)) == {}
    assert (
        confirmation_block(found(Standing.UNASKED, HoldOut(file=True)))["confirmation"]["hold_out"]["altered"] is True
    )
    assert confirmation_block(found(Standing.CONFIRMED))["confirmation"]["answers"]["standing"] == "confirmed"
