"""From profiles to an answer: what counts as drift, what does not, and what is not known."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from fixtures import drift
from tidegate.core.drift.finding import Found, State
from tidegate.core.drift.performance import Performance
from tidegate.core.drift.profile import Profile
from tidegate.core.drift.verdict import Rules, judge, of_one
from tidegate.core.drift.window import Sighting, Window

RANDOM = np.random.default_rng(11)
ROLES = {"answer": "prediction", "truth": "label"}
CITIES = ["Oslo", "Rome", "Turin"]


def rows(number: int = 2_000, shift: float = 0.0) -> dict[str, Any]:
    """Three features, the model's answers, the truth."""
    random = np.random.default_rng(number)
    return {
        "size": random.normal(shift, 1, number),
        "age": random.gamma(2, 3, number),
        "city": [CITIES[place] for place in random.integers(0, 3, number)],
        "answer": random.normal(size=number),
        "truth": random.normal(size=number),
    }


REFERENCE: Profile = drift.profile(rows(8_000), ROLES)


def window(number: int = 0, *, without: tuple[str, ...] = (), seen: Any = None, **columns: Any) -> Window:
    values = {name: column for name, column in {**rows(), **columns}.items() if name not in without}
    return drift.window(REFERENCE, values, number, **(seen or {}))


def measured(seen: Window, *performances: Performance) -> Window:
    """The window with performance on its labelled rows."""
    return replace(seen, measured=performances)


SHIFTED = RANDOM.normal(1.0, 1, 2_000)
CASES: dict[str, tuple[Window, Found, tuple[str, ...]]] = {
    "nothing changed": (window(), Found.CALM, ()),
    "one of three features": (window(size=SHIFTED), Found.DRIFTED, ("size",)),
    "the model's answers": (window(answer=SHIFTED), Found.DRIFTED, ("answer",)),
    "the truth": (window(truth=SHIFTED), Found.DRIFTED, ("truth",)),
    "another mix of categories": (window(city=["Oslo"] * 1_500 + ["Rome"] * 500), Found.DRIFTED, ("city",)),
    "a category never seen": (window(city=["Bergen"] * 200 + rows()["city"][200:]), Found.DRIFTED, ("city",)),
    "all values missing": (window(size=np.full(2_000, np.nan)), Found.DRIFTED, ("size",)),
    "a feature is gone": (window(without=("age",)), Found.DRIFTED, ("age",)),
    "a feature is text now": (
        window(without=("age",), seen={"age": Sighting(misfits={"string": 2_000})}),
        Found.DRIFTED,
        ("age",),
    ),
    "a feature is gone from some files": (
        window(seen={"age": Sighting(types={"double": 1_500}, absent=500)}),
        Found.DRIFTED,
        ("age",),
    ),
    "labels have not come yet": (window(without=("truth",)), Found.CALM, ()),
    "half of the labels have not come yet": (
        window(truth=np.where(np.arange(2_000) % 2, np.nan, rows()["truth"])),
        Found.CALM,
        (),
    ),
    "no label has a value yet": (window(truth=np.full(2_000, np.nan)), Found.CALM, ()),
    "a column more": (window(seen={"weight": Sighting(types={"double": 2_000})}), Found.CALM, ()),
}


@pytest.mark.parametrize(("seen", "found", "columns"), CASES.values(), ids=CASES.keys())
def test_one_window(seen: Window, found: Found, columns: tuple[str, ...]) -> None:
    answer = of_one(REFERENCE, seen, drift.RULES)
    assert (answer.found, answer.drifted) == (found, columns), answer.sentence
    assert answer.sentence
    assert all(item.sentence for item in answer.findings)


def test_what_does_not_count_is_told() -> None:
    notes = of_one(REFERENCE, CASES["a column more"][0], drift.RULES).notes
    assert any('"weight"' in note for note in notes)
    notes = of_one(REFERENCE, CASES["labels have not come yet"][0], drift.RULES).notes
    assert any('label "truth"' in note for note in notes)


@pytest.mark.parametrize("number", [0, 1, 3, 5])
def test_too_few_rows_are_unknown_and_never_calm(number: int) -> None:
    few = {name: values[:number] for name, values in rows().items()}
    answer = judge(REFERENCE, [drift.window(REFERENCE, few)], drift.RULES)
    assert answer.state is State.UNKNOWN
    assert "nknown" in answer.sentence


def test_no_window_is_unknown() -> None:
    assert judge(REFERENCE, [], drift.RULES).state is State.UNKNOWN


def test_a_reference_without_values_is_unknown() -> None:
    empty = drift.profile({"size": np.array([np.nan] * 50)})
    assert judge(empty, [drift.window(empty, {"size": np.full(50, np.nan)})], drift.RULES).state is State.UNKNOWN


def test_a_constant_column_that_stays_so_is_calm_and_one_that_moves_is_not() -> None:
    constant = drift.profile({"size": np.full(500, 3.0)})
    calm, moved = (
        of_one(constant, drift.window(constant, {"size": np.full(200, value)}), drift.RULES) for value in (3.0, 4.0)
    )
    assert (calm.found, moved.found) == (Found.CALM, Found.DRIFTED)


def test_the_reference_itself_twice_over_has_no_effect() -> None:
    values = rows(8_000)
    double = {name: column * 2 if isinstance(column, list) else np.tile(column, 2) for name, column in values.items()}
    answer = of_one(REFERENCE, drift.window(REFERENCE, double), drift.RULES)
    assert {item.effect for item in answer.findings} == {0.0}
    assert answer.found is Found.CALM


def test_a_larger_shift_has_a_larger_effect() -> None:
    effects = []
    for shift in (0.0, 0.2, 0.5, 1.0, 2.0, 5.0):
        findings = of_one(REFERENCE, window(size=rows()["size"] + shift), drift.RULES).findings
        effects.append(
            next(item.effect for item in findings if (item.column, item.subject) == ("size", "distribution"))
        )
    assert effects == sorted(effects)
    assert len(set(effects)) == len(effects)


def test_importance_decides_how_much_a_column_counts() -> None:
    minor = replace(drift.RULES, importance={"size": 0.1})
    seen = CASES["one of three features"][0]
    assert of_one(REFERENCE, seen, drift.RULES).share == pytest.approx(1 / 3)
    assert of_one(REFERENCE, seen, minor).share == pytest.approx(0.1 / 2.1)
    assert of_one(REFERENCE, seen, minor).found is Found.CALM


def test_two_of_three_windows_and_the_latest() -> None:
    """calm, drifted, calm, drifted, drifted: watch, calm, drift, drift, calm."""
    rules, records, states = drift.RULES, (), []
    for number, shifted in enumerate([False, True, False, True, True, False]):
        one = window(number, size=SHIFTED) if shifted else window(number)
        answer = judge(REFERENCE, [one], rules, earlier=records)
        records = answer.records
        states.append(answer.state)
    assert states == [State.CALM, State.WATCH, State.CALM, State.DRIFT, State.DRIFT, State.CALM]


def test_windows_that_were_missed_are_judged_together_as_one_by_one() -> None:
    windows = [window(0), window(1, size=SHIFTED), window(2, size=SHIFTED)]
    together = judge(REFERENCE, reversed(windows), drift.RULES)  # type: ignore[arg-type]
    records = ()
    for one in windows:
        last = judge(REFERENCE, [one], drift.RULES, earlier=records)
        records = last.records
    assert (together.state, together.records) == (last.state, last.records)
    assert together.state is State.DRIFT


def test_a_repeated_check_changes_nothing() -> None:
    first = judge(REFERENCE, [window(0, size=SHIFTED)], drift.RULES)
    again = judge(REFERENCE, [window(0, size=SHIFTED)], drift.RULES, earlier=first.records)
    assert again == first
    assert again.state is State.WATCH


def test_a_late_check_of_an_old_window_does_not_overrule_the_latest() -> None:
    newer = judge(REFERENCE, [window(5)], drift.RULES)
    late = judge(REFERENCE, [window(4, size=SHIFTED)], drift.RULES, earlier=newer.records)
    assert late.state is State.CALM
    assert [record.start for record in late.records] == [drift.START + drift.WEEK * number for number in (4, 5)]


def test_a_changed_schema_does_not_wait_for_a_second_window() -> None:
    assert judge(REFERENCE, [window(without=("age",))], drift.RULES).state is State.DRIFT


def test_worse_performance_is_drift_though_no_column_moved() -> None:
    answer = judge(REFERENCE, [measured(window(), drift.rmse(50, 60))], Rules(**{**vars(drift.RULES), "windows": 1}))
    assert (answer.state, answer.performance[0].found) == (State.DRIFT, Found.DRIFTED)


def test_answers_that_moved_while_the_model_is_as_good_are_no_drift() -> None:
    moved = window(answer=SHIFTED)
    assert judge(REFERENCE, [moved], drift.RULES).windows[0].found is Found.DRIFTED
    assert judge(REFERENCE, [measured(moved, drift.rmse(50, 50))], drift.RULES).windows[0].found is Found.CALM


def test_performance_that_could_not_be_measured_excuses_nothing() -> None:
    unmeasured = replace(drift.rmse(50, 50), live=None)
    answer = judge(REFERENCE, [measured(window(answer=SHIFTED), unmeasured)], drift.RULES)
    assert answer.windows[0].found is Found.DRIFTED


def test_a_slice_that_is_as_good_excuses_nothing() -> None:
    one_slice = replace(drift.rmse(50, 50), slice="city=Oslo")
    answer = judge(REFERENCE, [measured(window(answer=SHIFTED), one_slice)], drift.RULES)
    assert answer.windows[0].found is Found.DRIFTED


def test_a_slice_that_is_worse_is_drift() -> None:
    worse = replace(drift.rmse(50, 60), slice="city=Oslo")
    answer = judge(REFERENCE, [measured(window(), drift.rmse(50, 50), worse)], drift.RULES)
    assert answer.windows[0].found is Found.DRIFTED


def test_names_from_the_data_are_inert_in_sentences() -> None:
    hostile = drift.profile({"a\n::error::b": RANDOM.normal(size=500)})
    findings = of_one(hostile, drift.window(hostile, {"a\n::error::b": RANDOM.normal(9, 1, 500)}), drift.RULES).findings
    assert all("\n" not in item.sentence for item in findings)
