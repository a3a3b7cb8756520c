"""Suites as files: what they say, and every way in which one would check nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tidegate.core.data.suites import Suite, parse, read
from tidegate.errors import InputError, Problems

PATH = "model/expectations/rows.json"
UNIQUE = {"type": "expect_column_values_to_be_unique", "kwargs": {"column": "id"}}


def text(*expectations: object, **members: object) -> str:
    return json.dumps({"name": "rows", "expectations": list(expectations), **members}, indent=1)


def between(**kwargs: object) -> dict[str, Any]:
    return {"type": "expect_column_values_to_be_between", "kwargs": {"column": "a", **kwargs}}


def refused(source: str) -> list[str]:
    with pytest.raises(Problems) as caught:
        read({PATH: source}, "model/expectations")
    assert {problem.code for problem in caught.value.problems} == {"E-DAT-020"}
    assert caught.value.worst == 2
    return [f"{problem.where} {problem.message} {problem.fix}" for problem in caught.value.problems]


def test_a_suite_says_what_it_checks_on_which_rows_and_how_much_it_matters() -> None:
    warning = {**between(min_value=0), "severity": "warning", "description": "never below zero"}
    suite = parse(text(UNIQUE, warning, meta={"tidegate": {"rows": "each-file"}}), PATH)
    assert (suite.name, suite.rows, suite.title) == ("rows", "each-file", "rows")
    assert [(one.type, one.severity, one.description) for one in suite.expectations] == [
        ("expect_column_values_to_be_unique", "block", None),
        ("expect_column_values_to_be_between", "warn", "never below zero"),
    ]


def test_without_name_and_meta_it_is_called_as_its_file_and_runs_on_all_rows() -> None:
    suite = parse(json.dumps({"expectations": [UNIQUE]}), PATH)
    assert (suite.name, suite.rows) == ("rows", "all")


def test_each_expectation_knows_the_line_it_begins_on() -> None:
    source = '{"expectations": [\n {"type": "a_x", "kwargs": {}},\n {"type": "b_x"},\n\n {"type" : "a_x"}\n]}'
    assert [one.line for one in parse(source, PATH).expectations] == [2, 3, 5]


@pytest.mark.parametrize(
    ("source", "told"),
    [
        pytest.param("", "is not JSON", id="empty"),
        pytest.param('{"expectations": [', f"{PATH}:1:", id="truncated"),
        pytest.param("[]", "is a list; a suite is a JSON object", id="a-list"),
        pytest.param('{"a": 1, "a": 2}', "'a' twice", id="a-member-twice"),
        pytest.param('{"expectations": [NaN]}', "NaN", id="not-a-number"),
        pytest.param("{}", "has no expectations: nothing was checked", id="no-expectations"),
        pytest.param(text(), "has no expectations: nothing was checked", id="zero-expectations"),
        pytest.param(text(UNIQUE, name=""), "/name is ''", id="no-name"),
        pytest.param(text(UNIQUE, name=3), "/name is 3", id="name-is-a-number"),
        pytest.param(text(UNIQUE, name="values (base)"), "/name ends in ' (base)'", id="name-of-a-base-s-suite"),
        pytest.param(text(UNIQUE, meta=3), "/meta is 3", id="meta-is-a-number"),
        pytest.param(text(UNIQUE, meta={"tidegate": []}), "/meta is", id="our-meta-is-a-list"),
        pytest.param(text(UNIQUE, meta={"tidegate": {"row": "all"}}), 'Did you mean "rows"?', id="misspelt-key"),
        pytest.param(
            text(UNIQUE, meta={"tidegate": {"rows": "each-fil"}}), 'Did you mean "each-file"?', id="misspelt-rows"
        ),
        pytest.param(text(UNIQUE, meta={"tidegate": {"rows": ["all"]}}), "is ['all']", id="rows-is-a-list"),
        pytest.param(text(3), f"{PATH} /expectations/0 is no expectation", id="expectation-is-a-number"),
        pytest.param(text({"kwargs": {}}), "is no expectation: it has no type", id="no-type"),
        pytest.param(text({"expectation_type": "x"}), 'rename "expectation_type" to "type"', id="old-form"),
        pytest.param(text({**UNIQUE, "severty": "warning"}), 'Did you mean "severity"?', id="misspelt-severity"),
        pytest.param(text({**UNIQUE, "severity": "fatal"}), "severity is 'fatal'; one of", id="unknown-severity"),
        pytest.param(text({**UNIQUE, "severity": []}), "severity is []; one of", id="severity-is-a-list"),
        pytest.param(text({**UNIQUE, "kwargs": []}), "kwargs is []", id="kwargs-is-a-list"),
        pytest.param(text(between()), "neither min_value nor max_value: nothing was checked", id="no-limit"),
        pytest.param(text(between(min_value=None)), "nothing was checked", id="limit-is-null"),
        pytest.param(text(between(min_value=0, mostly=0)), "no row has to comply", id="mostly-zero"),
        pytest.param(text(between(min_value=0, mostly=False)), "no row has to comply", id="mostly-false"),
        pytest.param(
            text({"type": "expect_column_values_to_be_in_set", "kwargs": {"column": "a", "value_set": []}}),
            "value_set is empty: nothing was checked",
            id="empty-set",
        ),
        pytest.param(text(between(min_value={"$PARAMETER": "now()"})), "reads the clock", id="the-clock"),
        pytest.param(
            text(between(min_value={"$PARAMETER": "file_ende - timedelta(days=1)"})),
            'known: file_start, file_end, data_start, data_end, files. Did you mean "file_end"?',
            id="unknown-parameter",
        ),
    ],
)
def test_a_suite_that_would_not_check_what_it_says_is_refused(source: str, told: str) -> None:
    assert told in " | ".join(refused(source))


def test_everything_that_is_wrong_is_told_at_once_with_its_line() -> None:
    told = refused(text(between(), {**UNIQUE, "severity": "x"}, {"kwargs": {}}))
    assert len(told) == 3
    assert told[0].startswith(f"{PATH}:5 ")


@pytest.mark.parametrize(
    "expression", ["file_end - timedelta(days=2)", "data_start", "files * 1e3", "datetime(2011, 1, 1)"]
)
def test_expressions_over_known_parameters_are_accepted(expression: str) -> None:
    assert parse(text(between(min_value={"$PARAMETER": expression})), PATH)


def test_a_folder_without_suites_checks_nothing() -> None:
    with pytest.raises(InputError) as caught:
        read({}, "model/expectations")
    assert str(caught.value).startswith("E-DAT-020 model/expectations has no expectation suites")


def test_two_suites_of_one_name_are_refused() -> None:
    with pytest.raises(Problems) as caught:
        read({"e/a.json": text(UNIQUE), "e/b.json": text(UNIQUE)}, "e")
    assert "e/b.json has the name 'rows', as e/a.json has" in str(caught.value)


def test_suites_are_read_in_order_of_their_paths() -> None:
    found = read({"e/b.json": text(UNIQUE, name="b"), "e/a.json": text(UNIQUE, name="a")}, "e")
    assert [suite.name for suite in found] == ["a", "b"]


@pytest.mark.parametrize(
    ("expectations", "needs"),
    [
        ([UNIQUE, between(min_value=0)], {"id", "a"}),
        ([{"type": "expect_compound_columns_to_be_unique", "kwargs": {"column_list": ["a", "b"]}}], {"a", "b"}),
        ([{"type": "expect_column_pair_values_to_be_equal", "kwargs": {"column_A": "a", "column_B": "b"}}], {"a", "b"}),
        ([UNIQUE, {"type": "expect_table_row_count_to_equal", "kwargs": {"value": 3}}], None),
        ([{"type": "expect_table_columns_to_match_set", "kwargs": {"column_set": ["a"]}}], None),
        ([between(min_value=0, row_condition="b > 1")], None),
    ],
    ids=["columns", "compound", "pair", "whole-table", "columns-declared", "condition-on-another"],
)
def test_a_suite_sees_the_whole_table_only_where_it_must(expectations: list[object], needs: set[str] | None) -> None:
    suite: Suite = parse(text(*expectations), PATH)
    assert suite.needs == needs
