"""What a failed expectation says to a person."""

from __future__ import annotations

from typing import Any

import pytest

from tidegate.core.data.findings import Finding, Sample, expected, listed, observed, samples, shown
from tidegate.core.data.suites import Expectation


def expectation(kind: str, **kwargs: Any) -> Expectation:
    return Expectation(type=f"expect_{kind}", kwargs=kwargs)


@pytest.mark.parametrize(
    ("kind", "kwargs", "words"),
    [
        ("column_values_to_be_between", {"min_value": 0, "max_value": 1}, "from 0 to 1"),
        ("column_values_to_be_between", {"min_value": 0}, "at least 0"),
        ("column_values_to_be_between", {"max_value": 2.5}, "at most 2.5"),
        ("column_values_to_be_between", {"min_value": 0, "strict_min": True}, "above 0"),
        (
            "column_values_to_be_between",
            {"min_value": "2011-01-01T00:00:00", "max_value": "2011-02-01T00:00:00", "strict_max": True},
            "at least 2011-01-01 and below 2011-02-01",
        ),
        ("column_values_to_be_between", {"min_value": 3, "max_value": 3}, "3 only"),
        ("column_mean_to_be_between", {"max_value": 9}, "mean at most 9"),
        ("table_row_count_to_be_between", {"min_value": 640, "max_value": 744}, "table row count from 640 to 744"),
        ("column_values_to_be_in_set", {"value_set": ["a", "b"]}, "one of a, b"),
        ("column_most_common_value_to_be_in_set", {"value_set": ["a"]}, "most common value one of a"),
        ("column_values_to_not_be_null", {}, "no missing values"),
        ("column_values_to_be_unique", {"mostly": 0.995}, "every value once in at least 99.5% of the rows"),
        ("column_values_to_be_unique", {"mostly": 0.9}, "every value once in at least 90% of the rows"),
        ("column_values_to_be_null", {"row_condition": "a > 1"}, "missing values only where a > 1"),
        ("column_values_to_be_of_type", {"type_": "int64"}, "type int64"),
        ("column_values_to_be_in_type_list", {"type_list": ["int64", "int32"]}, "type int64, int32"),
        ("table_columns_to_match_set", {"column_set": ["a", "b"]}, "columns a, b"),
        ("column_values_to_match_regex", {"column": "a", "regex": "^x"}, "column values to match regex (regex ^x)"),
    ],
)
def test_what_was_expected(kind: str, kwargs: dict[str, Any], words: str) -> None:
    assert expected(expectation(kind, **kwargs), kwargs) == words


def test_the_author_s_words_come_first() -> None:
    one = Expectation(type="expect_x", kwargs={}, description="rentals = casual + registered")
    assert expected(one, {}) == "rentals = casual + registered"


@pytest.mark.parametrize(
    ("kind", "kwargs", "result", "words"),
    [
        ("column_values_to_be_unique", {}, {"unexpected_count": 2, "element_count": 8645}, "2 of 8,645 rows (0.02%)"),
        (
            "column_values_to_be_null",
            {"row_condition": "a > 1"},
            {"unexpected_count": 7, "element_count": 7},
            "7 rows",
        ),
        ("table_row_count_to_be_between", {}, {"observed_value": 12}, "12 rows"),
        ("table_column_count_to_equal", {}, {"observed_value": 12}, "12 columns"),
        ("column_mean_to_be_between", {}, {"observed_value": 0.1 + 0.2}, "0.3"),
        ("column_max_to_be_between", {}, {"observed_value": "2011-12-31T23:00:00"}, "2011-12-31T23:00:00"),
        ("column_values_to_be_of_type", {}, {"observed_value": "str"}, "type str"),
        ("column_distinct_values_to_be_in_set", {}, {"partial_unexpected_list": ["x"]}, "x"),
        ("column_values_to_be_unique", {}, {}, "something else"),
        ("column_to_exist", {"column": "a"}, {}, "no such column"),
        (
            "table_columns_to_match_set",
            {"column_set": ["id", "feels_like"]},
            {"observed_value": ["id", "feel_like", "more"]},
            "without feels_like and with feel_like, more; feels_like may now be feel_like",
        ),
        (
            "table_columns_to_match_ordered_list",
            {"column_list": ["a", "b"]},
            {"observed_value": ["b", "a"]},
            "the order b, a",
        ),
    ],
)
def test_what_was_observed(kind: str, kwargs: dict[str, Any], result: dict[str, Any], words: str) -> None:
    assert observed(expectation(kind, **kwargs), result) == words


def test_a_sample_is_a_row_s_id_and_its_value() -> None:
    result = {"partial_unexpected_index_list": [{"temperature": 1.7, "id": 3}, {"temperature": None, "id": 4}]}
    assert samples(result, "id") == (Sample(row="3", value="1.7"), Sample(row="4", value="missing"))


def test_a_sample_of_several_columns_names_them_and_of_the_id_is_the_id() -> None:
    result = {"partial_unexpected_index_list": [{"a": 1, "b": "x", "id": 3}, {"id": 4}]}
    assert samples(result, "id") == (Sample(row="3", value="a=1, b=x"), Sample(row="4", value="4"))


def test_rows_without_ids_are_told_by_their_place_and_at_most_five_are() -> None:
    found = samples({"partial_unexpected_index_list": list(range(9))}, "id")
    assert [sample.row for sample in found] == ["row 0", "row 1", "row 2", "row 3", "row 4"]


@pytest.mark.parametrize(
    ("value", "text"),
    [(True, "true"), (3, "3"), (0.5, "0.5"), (1e300, "1e+300"), (None, "missing"), ([1, 2], "[1, 2]"), ("x", "x")],
)
def test_a_value_is_shown_as_in_a_table(value: object, text: str) -> None:
    assert shown(value) == text


def test_what_is_long_is_cut() -> None:
    assert len(shown("x" * 5000)) == 80
    assert listed(list(range(40))).endswith("11 and 28 more")


@pytest.mark.parametrize(
    ("finding", "sentence"),
    [
        ({"column": "a", "count": 3, "observed": "3 of 9 rows"}, "a: expected no zeros; not so in 3 of 9 rows"),
        ({"column": None, "observed": "12 rows"}, "expected no zeros; found 12 rows"),
    ],
)
def test_a_finding_in_one_sentence(finding: dict[str, Any], sentence: str) -> None:
    one = Finding(suite="s", expectation="e", expected="no zeros", severity="block", **finding)
    assert one.sentence == sentence


def test_evidence_has_no_place_of_the_suite_s_file() -> None:
    one = Finding(
        suite="s", expectation="e", column=None, observed="o", expected="x", severity="warn", path="p", line=1
    )
    assert set(one.document()) == {
        *("suite", "expectation", "column", "observed", "expected", "count", "samples", "severity")
    }
