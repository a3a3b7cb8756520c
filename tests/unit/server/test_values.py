"""What fits a column is decided the same way for JSON and for bytes, and a misfit says where and what."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.server.refusal import Refusal
from tidegate.server.release.datatypes import BY_NAME
from tidegate.server.release.signature import Column
from tidegate.server.requests.values import ColumnCheck


def column(datatype: str, **rules: Any) -> Column:
    return Column(name="c", datatype=BY_NAME[datatype], **rules)


FITS = [
    ("FP64", {}, [0.5, 1, -0.0, 5e-324, 1.7e308, 2**60]),
    ("FP64", {"nullable": True}, [None, 1.0]),
    ("FP64", {"minimum": 0.0, "maximum": 1.0}, [0, 1, 0.5]),
    ("FP32", {}, [3.4e38, -3.4e38]),
    ("FP16", {}, [65504]),
    ("INT64", {}, [2**63 - 1, -(2**63)]),
    ("INT8", {}, [127, -128]),
    ("UINT8", {}, [0, 255]),
    ("UINT64", {}, [2**64 - 1]),
    ("BOOL", {}, [True, False]),
    ("BYTES", {}, ["", "a\0b", "é", "\U0001f600"]),
    ("BYTES", {"values": ("a", "b")}, ["a", "b"]),
]


@pytest.mark.parametrize(("datatype", "rules", "values"), FITS, ids=str)
def test_fits(datatype: str, rules: dict[str, Any], values: list[Any]) -> None:
    assert ColumnCheck(column(datatype, **rules)).fit(values)


MISFITS = [
    ("FP64", {}, True, "true (boolean)", "a finite number (FP64)"),
    ("FP64", {}, "1", '"1" (text)', "a finite number (FP64)"),
    ("FP64", {}, None, "null", "a finite number (FP64)"),
    ("FP64", {}, math.nan, "NaN", "a finite number (FP64)"),
    ("FP64", {}, math.inf, "an infinite number", "a finite number (FP64)"),
    ("FP64", {"nullable": True}, -math.inf, "an infinite number", "a finite number (FP64) or null"),
    ("FP64", {"nullable": True}, math.nan, "NaN", "or null"),
    ("FP64", {}, [1], "[1] (list)", "a finite number (FP64)"),
    ("FP64", {}, {}, "{} (object)", "a finite number (FP64)"),
    ("FP64", {"minimum": 0.0}, -1e-300, "-1e-300", "at least 0"),
    ("FP64", {"minimum": 0.0, "maximum": 1.0}, 2, "2", "at least 0 and at most 1"),
    ("FP32", {}, 3.5e38, "3.5e+38", "FP32"),
    ("FP16", {}, 65505, "65505", "FP16"),
    ("INT64", {}, 1.0, "1.0", "a whole number (INT64)"),
    ("INT64", {}, True, "true (boolean)", "a whole number (INT64)"),
    ("INT64", {}, 2**63, str(2**63), f"from {-(2**63)} to {2**63 - 1}"),
    ("UINT8", {}, -1, "-1", "from 0 to 255"),
    ("INT8", {"maximum": 5}, 6, "6", "at most 5"),
    ("BOOL", {}, 1, "1", "true or false (BOOL)"),
    ("BOOL", {}, "true", '"true" (text)', "true or false (BOOL)"),
    ("BYTES", {}, 1, "1", "a text (BYTES)"),
    ("BYTES", {"values": ("a", "b")}, "c", '"c" (text)', 'one of "a", "b"'),
    ("BYTES", {"values": ("a", "b")}, "a\n\x1b[31m", r'"a\n\u001b[31m" (text)', 'one of "a", "b"'),
    ("BYTES", {"values": ("a",)}, "x" * 200, f'"{"x" * 79}… (text)', 'one of "a"'),
]


@pytest.mark.parametrize(("datatype", "rules", "value", "got", "expected"), MISFITS, ids=str)
def test_misfit_names_row_column_value_and_expectation(
    datatype: str, rules: dict[str, Any], value: Any, got: str, expected: str
) -> None:
    check = ColumnCheck(column(datatype, **rules))
    good = {"floating": 0.5, "integer": 1, "float": 0.5, "boolean": True, "text": "a"}[BY_NAME[datatype].family]
    values = [good, good, value]
    assert not check.fit(values)
    message = check.first_misfit(values).message
    assert message.startswith(f'row 2, column "c": got {got}, expected ')
    assert expected in message


NUMBERS = st.one_of(st.floats(width=32), st.just(math.nan), st.integers(-300, 300).map(float))


@given(st.lists(NUMBERS, min_size=1), st.booleans(), st.sampled_from([None, -2.0]), st.sampled_from([None, 7.5]))
def test_floats_as_bytes_are_judged_as_in_json(
    values: list[float], nullable: bool, minimum: float | None, maximum: float | None
) -> None:
    check = ColumnCheck(column("FP32", nullable=nullable, minimum=minimum, maximum=maximum))
    as_json = [None if nullable and math.isnan(value) else value for value in values]
    assert _said_of_bytes(check, np.array(values, dtype=np.float32)) == _said_of_json(check, as_json)


@given(st.lists(st.integers(-128, 127), min_size=1), st.integers(-200, 200), st.integers(-200, 200))
def test_integers_as_bytes_are_judged_as_in_json(values: list[int], minimum: int, maximum: int) -> None:
    check = ColumnCheck(column("INT8", minimum=minimum, maximum=maximum))
    assert _said_of_bytes(check, np.array(values, dtype=np.int8)) == _said_of_json(check, values)


def _said_of_bytes(check: ColumnCheck, values: Any) -> str | None:
    try:
        check.check_array(values)
    except Refusal as refusal:
        return refusal.message
    return None


def _said_of_json(check: ColumnCheck, values: list[Any]) -> str | None:
    return None if check.fit(values) else check.first_misfit(values).message
