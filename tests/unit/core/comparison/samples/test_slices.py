"""Slices in the whole decision: a worse corner behind a better average, too few rows, no rows, too many values."""

from __future__ import annotations

import numpy as np
import pytest

from hold_outs import RMSE, ROWS, classes, gate, model, numbers, parts
from tidegate.core.answer import Verdict
from tidegate.core.comparison.comparison import compare
from tidegate.core.comparison.samples.sample import Output, Predictions, coded
from tidegate.core.comparison.samples.slices import Slice
from tidegate.errors import InputError

PASS, FAIL, UNDECIDED = Verdict.PASS, Verdict.FAIL, Verdict.UNDECIDED


def test_flips_are_counted_in_each_slice() -> None:
    found = compare(
        model(gate("accuracy", "no_worse_by", "0.5"), slices=("weather",)),
        classes(0.8, seed=2, slices=parts("clear", "mist")),
        classes(0.9),
    )
    assert found.flips is not None
    assert sum(flips.became_wrong for flips in found.slice_flips.values()) == found.flips.became_wrong


def test_a_slice_that_got_worse_is_seen_behind_a_better_average() -> None:
    weather = parts("clear", "clear", "mist")
    new = numbers(0.8)
    in_mist = weather["weather"].texts() == "mist"
    predicted = np.where(in_mist, numbers(1.3).output.prediction, new.output.prediction)  # type: ignore[arg-type]
    table = Predictions(ids=new.ids, truth=new.truth, output=Output(prediction=predicted), slices=weather)
    rules = (RMSE, gate("rmse", "no_worse_by", "5%", slices=("weather",)))
    found = compare(model(*rules, slices=("weather",)), table, numbers())
    assert found.verdict is FAIL
    assert found.sentence.startswith("not promotable: rmse where weather is mist is worse by")
    assert found.slices[0].part == Slice("weather", "mist")
    assert found.family == (
        "rmse no_worse_by 1%",
        "rmse[weather=clear] no_worse_by 5%",
        "rmse[weather=mist] no_worse_by 5%",
    )


def test_a_slice_below_its_least_number_of_rows_is_shown_and_not_judged() -> None:
    few = ["rain" if row < 20 else "clear" for row in range(ROWS)]
    rule = gate("rmse", "no_worse_by", "5%", slices=("weather",))
    found = compare(model(RMSE, rule, slices=("weather",)), numbers(0.9, slices={"weather": coded(few)}), numbers())
    assert found.verdict is PASS
    small = found.slices[-1]
    assert (small.part, small.rows, small.interval) == (Slice("weather", "rain"), 20, None)
    assert small.candidate is not None
    assert [finding.verdict for finding in found.gates] == [PASS, PASS, Verdict.SKIPPED]


def test_a_gate_none_of_whose_slices_is_large_enough_is_undecided() -> None:
    rule = gate("rmse", "no_worse_by", "5%", slices=("weather",))
    found = compare(
        model(RMSE, rule, slices=("weather",), minimum_rows=5000), numbers(0.9, slices=parts("a", "b")), numbers()
    )
    assert found.verdict is UNDECIDED
    assert "600 rows of the 5000 that a slice needs" in found.sentence


def test_a_declared_slice_without_rows_fails_closed() -> None:
    rule = gate("rmse", "no_worse_by", "5%", slices=("weather",))
    table = numbers(0.9, slices=parts("clear", labels=("snow",)))
    found = compare(model(RMSE, rule, slices=("weather",)), table, numbers())
    assert found.verdict is UNDECIDED
    assert found.sentence.startswith("undecided: rmse where weather is snow was not judged: the slice has no rows")
    assert found.slices[-1].rows == 0


def test_too_many_slice_values_are_refused() -> None:
    column = coded([str(row) for row in range(ROWS)])
    with pytest.raises(InputError, match="'weather' has 1,200 values; at most 200 can be judged") as caught:
        compare(model(RMSE, slices=("weather",)), numbers(slices={"weather": column}), numbers())
    assert caught.value.code == "E-MET-018"


def test_many_questions_get_more_draws_so_that_their_tails_hold_some() -> None:
    rule = gate("rmse", "no_worse_by", "50%", slices=("weather",))
    values = [f"w{number}" for number in range(12)]
    found = compare(model(RMSE, rule, slices=("weather",)), numbers(slices=parts(*values)), numbers())
    assert found.draws == 13 * 400


def test_equal_seeds_do_not_depend_on_other_slices() -> None:
    one = compare(model(RMSE, slices=("weather",)), numbers(0.9, slices=parts("a", "b")), numbers())
    both = {**parts("a", "b"), "season": coded(["x"] * ROWS)}
    other = compare(model(RMSE, slices=("weather", "season")), numbers(0.9, slices=both), numbers())
    assert [part for part in other.slices if part.part and part.part.column == "weather"] == list(one.slices)
