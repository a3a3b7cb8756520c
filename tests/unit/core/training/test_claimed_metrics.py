"""Rows M01 to M13 of the bad inputs: what a pipeline claims is read strictly."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.training.claimed_metrics import numbers, parse_json
from tidegate.errors import InputError, Problems, exit_code_of

WHERE = "reports/metrics.json"


def read(text: str) -> dict[str, float]:
    return numbers(parse_json(text, WHERE), WHERE)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"rmse": 1.5, "mae": 1}', {"rmse": 1.5, "mae": 1}),
        ('{"test": {"rmse": 1.5, "by day": {"mae": 2}}}', {"test.rmse": 1.5, "test.by day.mae": 2}),
        (
            '{"a": -0.0, "b": 1e-320, "c": 1e308, "d": 9007199254740993}',
            {"a": -0.0, "b": 1e-320, "c": 1e308, "d": 2**53 + 1},
        ),
        ('{"a|b": 1, "<img>": 2, "@org/team": 3, "": 4}', {"a|b": 1, "<img>": 2, "@org/team": 3, "": 4}),
    ],
    ids=["flat", "nested", "extreme", "odd names"],
)
def test_numbers_are_kept_exactly(text: str, expected: dict[str, float]) -> None:
    found = read(text)
    assert found == expected
    assert [math.copysign(1, value) for value in found.values()] == [
        math.copysign(1, value) for value in expected.values()
    ]


def test_a_name_that_is_no_text_is_written_out() -> None:
    (name,) = read('{"a\\ud800": 1}')
    assert name == "a\\ud800"
    name.encode()


@pytest.mark.parametrize(
    ("text", "code", "where", "exit_code"),
    [
        ("{}", "E-MET-002", WHERE, 2),
        ('{"acc": 0.9', "E-MET-003", f"{WHERE}:1:12", 2),
        ('{"acc":\n x}', "E-MET-003", f"{WHERE}:2:2", 2),
        ("[" * 100_000, "E-MET-003", WHERE, 2),
        ('{"acc": ' + "9" * 5000 + "}", "E-MET-003", WHERE, 2),
        ('{"acc": NaN}', "E-MET-004", f"{WHERE} /acc", 1),
        ('{"acc": Infinity}', "E-MET-004", f"{WHERE} /acc", 1),
        ('{"test": {"acc": -Infinity}}', "E-MET-004", f"{WHERE} /test/acc", 1),
        ('{"acc": 1e999}', "E-MET-004", f"{WHERE} /acc", 1),
        ('{"acc": 1.7976931348623157e308}', "E-MET-004", f"{WHERE} /acc", 1),
        ('{"acc": ' + "9" * 400 + "}", "E-MET-004", f"{WHERE} /acc", 1),
        ('{"acc": null}', "E-MET-005", f"{WHERE} /acc", 2),
        ('{"acc": ""}', "E-MET-005", f"{WHERE} /acc", 2),
        ('{"acc": "0.9"}', "E-MET-005", f"{WHERE} /acc", 2),
        ('{"acc": true}', "E-MET-005", f"{WHERE} /acc", 2),
        ('{"acc": [0.9]}', "E-MET-005", f"{WHERE} /acc", 2),
        ("[0.9]", "E-MET-005", WHERE, 2),
        ("0.9", "E-MET-005", WHERE, 2),
        ('{"F1": 0.1, "f1": 0.9}', "E-MET-007", WHERE, 2),
        ('{"acc": 0.9, "acc": 0.1}', "E-MET-008", WHERE, 2),
        ('{"test": {"acc": 0.9, "acc": 0.1}}', "E-MET-008", WHERE, 2),
    ],
    ids=lambda value: str(value)[:30],
)
def test_anything_else_is_an_error_that_says_where(text: str, code: str, where: str, exit_code: int) -> None:
    with pytest.raises(InputError) as error:
        read(text)
    assert (error.value.code, error.value.where, exit_code_of(error.value)) == (code, where, exit_code)


def test_all_problems_are_told_and_the_worst_decides() -> None:
    with pytest.raises(Problems) as error:
        read('{"a": NaN, "b": "x", "c": 1}')
    assert [problem.where for problem in error.value.problems] == [f"{WHERE} /a", f"{WHERE} /b"]
    assert exit_code_of(error.value) == 2


def test_an_empty_mapping_inside_is_no_number_and_no_error() -> None:
    assert read('{"a": {}, "b": 1}') == {"b": 1}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_whatever_is_accepted_is_finite(document: Any) -> None:
    try:
        found = read(json.dumps(document))
    except InputError:
        return
    assert found
    assert all(math.isfinite(value) for value in found.values())
