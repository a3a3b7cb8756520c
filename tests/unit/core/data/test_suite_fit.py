"""Whether suites and data belong together."""

from __future__ import annotations

from typing import Any

import pytest

from tidegate.core.data.periods import frames
from tidegate.core.data.suite_fit import only_changed, require_parameters, unknown_columns
from tidegate.core.data.suite_problems import Rows
from tidegate.core.data.suites import Expectation, Suite
from tidegate.errors import InputError


def suite(*expectations: Expectation, rows: Rows = "all", path: str = "e/rows.json", **document: Any) -> Suite:
    return Suite(name="rows", path=path, rows=rows, expectations=expectations, document=document)


def about(column: str, kind: str = "expect_column_values_to_be_unique", **kwargs: object) -> Expectation:
    return Expectation(type=kind, kwargs={"column": column, **kwargs}, line=7)


DECLARED = Expectation(type="expect_table_columns_to_match_set", kwargs={"column_set": ["id", "price"]})


def test_a_column_that_nobody_knows_is_the_suite_s_mistake() -> None:
    (problem,) = unknown_columns([suite(about("prise"))], ["id", "price"])
    assert problem.where == "e/rows.json:7"
    assert problem.message.endswith("there is no column 'prise'. Did you mean \"price\"?")
    assert problem.fix == "The data has id, price."


@pytest.mark.parametrize(
    ("suites", "present"),
    [
        ([suite(about("price"))], ["id", "price"]),
        ([suite(about("price"), DECLARED)], ["id"]),
        ([suite(about("price")), suite(DECLARED)], ["id"]),
    ],
    ids=["there", "declared-in-the-suite", "declared-in-another"],
)
def test_a_column_that_is_there_or_declared_is_not(suites: list[Suite], present: list[str]) -> None:
    assert unknown_columns(suites, present) == []


LIMIT = about("t", "expect_column_max_to_be_between", min_value={"$PARAMETER": "file_end - timedelta(days=2)"})


@pytest.mark.parametrize(
    ("rows", "names", "lacking"),
    [
        ("each-file", ["2011-01.csv", "rest.csv"], "rest.csv"),
        ("newest-file", ["a.csv", "b.csv"], "b.csv"),
        ("all", ["2011-01.csv"], "all files"),
    ],
)
def test_a_limit_that_a_file_s_name_does_not_give_is_refused(rows: Rows, names: list[str], lacking: str) -> None:
    with pytest.raises(InputError) as caught:
        require_parameters(suite(LIMIT, rows=rows), frames(rows, names))
    assert f"there is no file_end for {lacking}, run on {rows}" in str(caught.value)


def test_a_limit_that_the_names_give_is_accepted() -> None:
    require_parameters(suite(LIMIT, rows="each-file"), frames("each-file", ["2011-01.csv", "2011-02.csv"]))


def test_the_base_s_suites_count_where_the_change_edits_or_removes_them() -> None:
    same, edited, removed = (suite(about("id"), path=f"e/{name}.json", name=name, n=1) for name in "abc")
    here = [same, suite(about("id"), path="e/b.json", name="b", n=2)]
    kept = only_changed([same, edited, removed], here)
    assert [(one.path, one.at_base, one.title) for one in kept] == [
        ("e/b.json", True, "rows (base)"),
        ("e/c.json", True, "rows (base)"),
    ]
