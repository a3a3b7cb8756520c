"""Rows are joined on their ids, and what keeps two files apart is named."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.comparison.samples.pairing import Unlike, not_finite, pair
from tidegate.core.comparison.samples.sample import Coded, Output, Predictions, Sample, coded
from tidegate.errors import InputError


def table(ids: Any, truth: Any = None, **more: Any) -> Predictions:
    texts = len(ids) > 0 and isinstance(ids[0], str)
    column = np.array(ids, dtype=np.dtypes.StringDType()) if texts else np.array(ids, dtype=np.int64)
    values = np.arange(len(ids), dtype=float) if truth is None else truth
    said = more.pop("said", np.arange(len(ids), dtype=float) * 10)
    return Predictions(ids=column, truth=values, output=Output(prediction=said), **more)


def reasons(one: Predictions, other: Predictions) -> tuple[str, ...]:
    found = pair(one, other)
    assert isinstance(found, Unlike)
    return found.reasons


def test_rows_meet_whatever_their_order() -> None:
    new = table([3, 1, 2], np.array([30.0, 10.0, 20.0]), said=np.array([3.0, 1.0, 2.0]))
    old = table([2, 3, 1], np.array([20.0, 30.0, 10.0]), said=np.array([-2.0, -3.0, -1.0]))
    found = pair(new, old)
    assert isinstance(found, Sample)
    assert found.ids.tolist() == [1, 2, 3]
    assert found.candidate.prediction.tolist() == [1, 2, 3]  # type: ignore[union-attr]
    assert found.champion.prediction.tolist() == [-1, -2, -3]  # type: ignore[union-attr]


@given(order=st.permutations(range(12)), texts=st.booleans())
def test_the_order_of_rows_is_irrelevant(order: list[int], texts: bool) -> None:
    ids = [f"row {number}" if texts else number * 7 - 30 for number in range(12)]
    rows = np.array(order)
    plain = table(ids, weight=np.arange(12.0) + 1, cluster=coded(["a", "b"] * 6))
    shuffled = table(
        [ids[row] for row in order],
        rows.astype(float),
        said=rows * 10.0,
        weight=rows + 1.0,
        cluster=coded([["a", "b"][row % 2] for row in order]),
    )
    one, other = pair(plain, plain), pair(shuffled, plain)
    assert isinstance(one, Sample)
    assert isinstance(other, Sample)
    assert one.ids.tolist() == other.ids.tolist()
    np.testing.assert_array_equal(one.truth, other.truth)  # type: ignore[arg-type]
    np.testing.assert_array_equal(one.candidate.prediction, other.candidate.prediction)  # type: ignore[arg-type]
    np.testing.assert_array_equal(one.weight, other.weight)  # type: ignore[arg-type]
    assert one.cluster.texts().tolist() == other.cluster.texts().tolist()  # type: ignore[union-attr]


CASES = {
    "missing": (table([1, 2, 3]), table([1, 2]), "1 id only in the candidate's file (3)"),
    "extra": (table([1]), table([1, 2, 3, 4, 5]), "4 ids only in the champion's file (2, 3, 4, …)"),
    "texts": (table(["a", "b"]), table(["a", "c"]), "1 id only in the candidate's file (b)"),
    "kinds": (table([1, 2]), table(["1", "2"]), "ids are numbers in one file and texts in the other"),
    "truth": (
        table([1, 2], np.array([5.0, 6.0])),
        table([1, 2], np.array([5.0, 7.0])),
        "truth changed for 1 of 2 rows (2: 7.0 → 6.0)",
    ),
    "classes": (
        table([1, 2], coded(["cat", "dog"])),
        table([1, 2], coded(["cat", "eel"])),
        "truth changed for 1 of 2 rows (2: eel → dog)",
    ),
    "class against number": (
        table([1], coded(["1"])),
        table([1], np.array([1.0])),
        "truth is a number in one file and a text in the other",
    ),
    "cluster": (
        table([1, 2], cluster=coded(["x", "y"])),
        table([1, 2], cluster=coded(["x", "x"])),
        "cluster changed for 1 of 2 rows (2: x → y)",
    ),
    "weight": (
        table([1, 2], weight=np.array([1.0, 2.0])),
        table([1, 2], weight=np.array([1.0, 1.0])),
        "weight changed for 1 of 2 rows (2: 1.0 → 2.0)",
    ),
}


@pytest.mark.parametrize(("new", "old", "reason"), CASES.values(), ids=CASES)
def test_what_differs_is_named(new: Predictions, old: Predictions, reason: str) -> None:
    assert reason in reasons(new, old)


def test_rows_missing_on_both_sides_are_both_named() -> None:
    assert reasons(table([1, 2]), table([2, 3])) == (
        "1 id only in the candidate's file (1)",
        "1 id only in the champion's file (3)",
    )


def test_a_cluster_that_only_one_file_has_keeps_nothing_apart() -> None:
    assert isinstance(pair(table([1, 2], cluster=coded(["x", "y"])), table([1, 2])), Sample)


def test_a_long_id_is_cut() -> None:
    assert "x" * 41 not in reasons(table(["x" * 70_000]), table(["y"]))[0]


def test_an_id_given_twice_names_the_file_and_the_id() -> None:
    with pytest.raises(InputError, match="gives 1 id more than once, first 7") as caught:
        pair(table([7, 8, 7], name="new.parquet"), None)
    assert (caught.value.code, caught.value.where) == ("E-MET-014", "new.parquet")
    with pytest.raises(InputError) as caught:
        pair(table([7, 8]), table([7, 7], name="old.parquet"))
    assert caught.value.where == "old.parquet"


def test_no_rows_are_an_error() -> None:
    with pytest.raises(InputError, match="has no rows") as caught:
        pair(table([]), None)
    assert caught.value.code == "E-MET-011"


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_none_are_found(bad: float) -> None:
    assert not_finite(Output(prediction=np.array([1.0, 2.0]), scores={"1": np.array([0.1, 0.2])})) is None
    found = not_finite(Output(prediction=np.array([1.0, bad])))
    assert found is not None
    assert found.tolist() == [False, True]
    found = not_finite(
        Output(prediction=Coded(codes=np.array([0, 0]), labels=("a",)), scores={"a": np.array([bad, 0])})
    )
    assert found is not None
    assert found.tolist() == [True, False]
