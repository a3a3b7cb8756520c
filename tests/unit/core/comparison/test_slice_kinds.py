"""Slices at quantiles and pairs of columns: which rows they hold, what they are called, and that none is just lost."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hold_outs import RMSE, ROWS, gate, model, numbers, parts
from tidegate.core.answer import Verdict
from tidegate.core.comparison.comparison import compare
from tidegate.core.comparison.samples.sample import Coded, Output, Predictions, Sample, coded
from tidegate.core.comparison.samples.slices import MOST_VALUES, Slice, Slices, slices_of
from tidegate.core.contract import Evaluation, pair_name
from tidegate.errors import InputError

PAIR = pair_name("weather", "season")
RANDOM = np.random.default_rng(4)
TEMPERATURE = np.round(RANDOM.uniform(0.02, 0.98, ROWS), 2)
SEASON = coded(RANDOM.choice(["fall", "winter"], ROWS).tolist())
DECLARED = {"slices": ("weather", "season", "temperature", PAIR), "bins": {"temperature": 4},
            "pairs": {PAIR: ("weather", "season")}}  # fmt: skip


def table(scale: float = 1.0, **more: object) -> Predictions:
    columns = {"slices": {**parts("clear", "mist"), "season": SEASON}, "numbers": {"temperature": TEMPERATURE}}
    return numbers(scale, **{**columns, **more})


def evaluation(**more: object) -> Evaluation:
    return Evaluation(**{"predictions": "p", "id": "id", "target": "y", "prediction": "p", **more})  # type: ignore[arg-type]


def sliced(columns: dict[str, Coded], least: int = 30, rows: int = ROWS, **declared: object) -> Slices:
    nothing = Output(prediction=np.zeros(rows))
    sample = Sample(ids=np.arange(rows), truth=np.zeros(rows), candidate=nothing, champion=None, slices=columns)
    return slices_of(sample, evaluation(minimum_rows=least, **declared))


def test_every_kind_of_slice_is_judged_where_a_gate_names_it() -> None:
    rule = gate("rmse", "no_worse_by", "5%", slices=("temperature", PAIR))
    found = compare(model(RMSE, rule, **DECLARED), table(0.9), table())
    assert found.verdict is Verdict.PASS
    assert [finding.label for finding in found.gates] == [
        "rmse no_worse_by 1%",
        *(f"rmse[temperature={part}] no_worse_by 5%" for part in
          ("up to 0.26", "0.26 to 0.5", "0.5 to 0.74", "above 0.74")),
        *(f"rmse[{PAIR}={part}] no_worse_by 5%" for part in
          ("clear × fall", "clear × winter", "mist × fall", "mist × winter")),
    ]  # fmt: skip


def test_the_slices_of_every_name_hold_every_row_once() -> None:
    temperature = np.where(np.arange(ROWS) % 7 == 0, np.nan, TEMPERATURE)
    sample = Sample(
        ids=np.arange(ROWS),
        truth=np.zeros(ROWS),
        candidate=Output(prediction=np.zeros(ROWS)),
        champion=None,
        slices={**parts("clear", "mist"), "season": SEASON},
        numbers={"temperature": temperature},
    )
    found = slices_of(sample, evaluation(**DECLARED))
    for name in DECLARED["slices"]:
        rows = np.concatenate([rows for part, rows in found.rows.items() if part.column == name])
        assert sorted(rows) == list(range(ROWS)), name
    assert np.isnan(temperature[found[Slice("temperature", "")]]).all()
    assert all(np.array_equal(np.flatnonzero(found[part]), rows) for part, rows in found.rows.items())


def test_a_bad_corner_of_two_columns_is_found_that_neither_shows() -> None:
    corner = (table().slices["weather"].texts() == "mist") & (SEASON.texts() == "winter")
    new = table(0.97)
    predicted = np.where(corner, table(1.2).output.prediction, new.output.prediction)  # type: ignore[arg-type]
    rule = gate("rmse", "no_worse_by", "8%", slices=("weather", "season", PAIR))
    found = compare(model(RMSE, rule, **DECLARED), replace(new, output=Output(prediction=predicted)), table())
    failed = [finding.label for finding in found.gates if finding.verdict is Verdict.FAIL]
    assert f"rmse[{PAIR}=mist × winter] no_worse_by 8%" in failed
    assert found.slices[0].part == Slice(PAIR, "mist × winter")


def test_rows_without_a_number_are_a_slice_of_their_own_and_judged_as_one() -> None:
    temperature = np.where(np.arange(ROWS) < 100, np.nan, TEMPERATURE)
    rule = gate("rmse", "no_worse_by", "5%", slices=("temperature",))
    found = compare(model(rule, **DECLARED), table(1.2, numbers={"temperature": temperature}), table())
    assert any(finding.sentence.startswith("rmse where temperature is missing is worse") for finding in found.gates)


def test_too_many_ties_are_said() -> None:
    few = np.repeat([0.0, 1.0, 2.0], [900, 200, 100])
    found = compare(model(RMSE, **DECLARED), table(0.9, numbers={"temperature": few}), table())
    assert found.slice_notes == ("temperature has 2 of 4 slices: too many rows share a value",)


def test_a_pair_takes_columns_of_numbers_too() -> None:
    name = pair_name("temperature", "season")
    declared = {**DECLARED, "slices": ("season", "temperature", name), "pairs": {name: ("temperature", "season")}}
    found = compare(model(RMSE, **declared), table(0.9), table())
    assert Slice(name, "up to 0.26 × winter") in {one.part for one in found.slices}


NAMES = st.one_of(st.text(max_size=4), st.sampled_from(["", "missing", '"', " × ", "a × b", '"missing"', "b", "a"]))


@given(st.sets(NAMES, min_size=1, max_size=5), st.sets(NAMES, min_size=1, max_size=5))
def test_pairs_of_different_values_have_different_names(one: set[str], other: set[str]) -> None:
    rows = [(first, second) for first in sorted(one) for second in sorted(other)]
    columns = {"a": coded([first for first, _ in rows]), "b": coded([second for _, second in rows])}
    found = sliced(columns, rows=len(rows), slices=("a", "b", "a × b"), pairs={"a × b": ("a", "b")})
    assert sum(part.column == "a × b" for part in found) == len(rows)


def test_small_pairs_are_left_out_when_they_are_many_and_that_is_said() -> None:
    one = coded([f"u{row % 60}" for row in range(ROWS)])
    other = coded([f"v{row // 60}" for row in range(ROWS)])
    found = sliced({"a": one, "b": other}, slices=("a", "b", "a × b"), pairs={"a × b": ("a", "b")})
    assert sum(part.column == "a × b" for part in found) == MOST_VALUES
    assert found.notes == ("1,000 of 1,200 slices by a × b, with fewer than 30 rows each, are left out",)


def test_a_pair_that_can_be_judged_is_never_left_out() -> None:
    one = coded([f"u{row % 20}" for row in range(6_000)])
    other = coded([f"v{row // 20 % 15}" for row in range(6_000)])
    declared = {"slices": ("a", "b", "a × b"), "pairs": {"a × b": ("a", "b")}}
    with pytest.raises(InputError, match="has 300 slices of 20 rows or more; at most 200") as caught:
        sliced({"a": one, "b": other}, least=20, rows=6_000, **declared)
    assert caught.value.code == "E-MET-018"


def test_the_number_of_all_slices_is_bounded() -> None:
    columns = {f"c{number}": coded([f"v{row % 200}" for row in range(ROWS)]) for number in range(11)}
    with pytest.raises(InputError, match="make 2,200 slices; at most 2,000"):
        sliced(columns, slices=tuple(columns))


def test_values_of_any_length_are_told_apart_and_cut() -> None:
    long = ["x" * 10_000 + end for end in "ab"]
    found = sliced({"a": coded(long * (ROWS // 2))}, slices=("a",))
    values = [part.value for part in found]
    assert len(set(values)) == 2
    assert max(map(len, values)) <= 200


def test_seeds_of_slices_do_not_depend_on_other_kinds() -> None:
    one = compare(model(RMSE, slices=("weather",)), table(0.9), table())
    all_of_them = compare(model(RMSE, **DECLARED), table(0.9), table())
    kept = [part for part in all_of_them.slices if part.part and part.part.column == "weather"]
    assert kept == list(one.slices)
