"""Questions with known answers: one wrong answer is enough."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.deployment.smoke import QUESTIONS, Questions, spread, wrong

ASKED = Questions(rows=({"x": 1}, {"x": 2}, {"x": 3}), answers=(1.0, -2.0, 3e9))


@given(st.integers(0, 100_000))
def test_questions_are_spread_over_all_rows(count: int) -> None:
    places = spread(count)
    assert places == sorted(set(places))
    assert len(places) == min(count, QUESTIONS)
    assert count == 0 or (places[0], places[-1]) == (0, count - 1)


def test_right_answers_are_right_to_a_processor_s_rounding() -> None:
    assert wrong(ASKED, [1.00001, -2.00001, 3.00001e9]) == ""


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ([1.0, -2.0], "3 questions got 2 answers"),
        ([1.0, -2.0, 3.1e9], "question 3 of 3 must be answered 3e+09 and was answered 3.1e+09"),
        ([1.0, 2.0, 3e9], "question 2"),
        ([math.nan, -2.0, 3e9], "question 1"),
        ([math.inf, -2.0, 3e9], "question 1"),
        ([0.0, 0.0, 0.0], "question 1"),
    ],
)
def test_one_wrong_answer_is_enough(answers: list[float], why: str) -> None:
    assert why in wrong(ASKED, answers)


def test_no_question_is_no_proof() -> None:
    assert wrong(Questions(rows=(), answers=()), []) == "there is no row to which the answer is known"
