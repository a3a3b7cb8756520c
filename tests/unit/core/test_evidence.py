"""Evidence is the same bytes whenever it says the same, and is refused whole when anything about it is off."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.answer import Verdict
from tidegate.core.evidence import Evidence, Subject, canonical_bytes, digest, parse, strict_json
from tidegate.errors import InputError, TidegateError

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def evidence(**result: object) -> Evidence:
    return Evidence(
        command="train-model", model="bike", outcome=Verdict.PASS, subject=Subject(commit="a" * 40), result=result
    )


@given(st.dictionaries(st.text(), values, max_size=4))
def test_what_was_written_is_read(result: dict[str, object]) -> None:
    written = evidence() if not result else Evidence(command="c", model="m", outcome=Verdict.FAIL, result=result)
    try:
        data = canonical_bytes(written.document())
        text = data.decode()
    except UnicodeEncodeError:
        return  # lone surrogates have no UTF-8 form and are refused when written
    assert parse(text, "x") == written
    assert canonical_bytes(parse(text, "x").document()) == data


@given(st.permutations(["b", "a", "d", "c"]))
def test_the_order_of_members_does_not_change_the_digest(names: list[str]) -> None:
    assert digest(canonical_bytes(dict.fromkeys(names, 1))) == digest(canonical_bytes(dict.fromkeys("abcd", 1)))


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_numbers_that_decide_nothing_are_not_written(number: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_bytes({"rmse": number})


GOOD = json.dumps(evidence(rows=1).document())


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param("", "E-EVD-001", id="empty"),
        pytest.param(GOOD[:-9], "E-EVD-001", id="truncated"),
        pytest.param("[" * 200_000, "E-EVD-001", id="nested too deeply"),
        pytest.param(GOOD.replace('"rows": 1', '"rows": NaN'), "E-EVD-002", id="NaN"),
        pytest.param(GOOD.replace('"rows": 1', '"rows": -Infinity'), "E-EVD-002", id="infinity"),
        pytest.param(GOOD.replace('"rows": 1', '"rows": 1e999'), "E-EVD-002", id="beyond a float"),
        pytest.param(GOOD.replace('"rows": 1', '"rows": ' + "9" * 5000), "E-EVD-002", id="number of 5,000 digits"),
        pytest.param(GOOD.replace('"rows": 1', '"rows": 1, "rows": 2'), "E-EVD-003", id="member twice"),
        pytest.param(GOOD.replace('"schema": 1', '"schema": 2'), "E-EVD-004", id="future schema"),
        pytest.param("[1]", "E-EVD-004", id="list"),
        pytest.param("3", "E-EVD-004", id="scalar"),
        pytest.param(GOOD.replace('"tool"', '"extra": 1, "tool"'), "E-EVD-005", id="unknown member"),
        pytest.param(GOOD.replace('"pass"', '"PASS"'), "E-EVD-006", id="unknown verdict"),
        pytest.param(GOOD.replace('"result": {"rows": 1}', '"result": [1]'), "E-EVD-006", id="result is a list"),
        pytest.param(GOOD.replace('"commit": "aaaa', '"commit": 3, "tree": "aaaa'), "E-EVD-003", id="subject twice"),
        pytest.param(GOOD.replace('"data": null', '"data": 3'), "E-EVD-006", id="subject is a number"),
        pytest.param(GOOD.replace('"model": "bike", ', ""), "E-EVD-006", id="member missing"),
    ],
)
def test_refused_with_a_reason(text: str, code: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(text, ".tidegate/train-model.json")
    assert caught.value.code == code
    assert caught.value.where.startswith(".tidegate/train-model.json")


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        strict_json(text, "x")
    except TidegateError as error:
        assert error.exit_code == 2  # noqa: PT017 - the type is the point here
