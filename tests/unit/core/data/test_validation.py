"""From outcomes to findings and a verdict: nothing that was not checked may pass."""

from __future__ import annotations

from typing import Any

import pytest

from tidegate.core.answer import Verdict
from tidegate.core.data.findings import Finding, Sample
from tidegate.core.data.periods import ALL
from tidegate.core.data.suite_problems import Severity
from tidegate.core.data.suites import Expectation, Suite
from tidegate.core.data.validation import Checked, Outcome, Validation, judge
from tidegate.errors import Problems


def about(
    column: str, kind: str = "column_values_to_be_unique", severity: Severity = "block", **kwargs: Any
) -> Expectation:
    return Expectation(type=f"expect_{kind}", kwargs={"column": column, **kwargs}, severity=severity, line=4)


TYPED = about("a", "column_values_to_be_of_type", type_="int64")


def suite(*expectations: Expectation, at_base: bool = False) -> Suite:
    return Suite(name="rows", path="e/rows.json", rows="all", expectations=expectations, document={}, at_base=at_base)


def outcome(index: int = 0, *, success: bool = True, frame: str = ALL, suite: str = "rows", **other: Any) -> Outcome:
    return Outcome(suite=suite, index=index, frame=frame, success=success, **{"result": {}, "kwargs": {}, **other})


def judged(one: Suite, *outcomes: Outcome, present: tuple[str, ...] = ("a", "id")) -> tuple[Finding, ...]:
    return judge([one], outcomes, id_column="id", present=present, misfits=lambda *_: (0, ()))[1]


def refused(one: Suite, *outcomes: Outcome) -> str:
    with pytest.raises(Problems) as caught:
        judged(one, *outcomes)
    return str(caught.value)


def test_what_passed_is_counted_and_leaves_no_finding() -> None:
    checked, findings = judge(
        [suite(about("a"), about("b"))],
        [outcome(0), outcome(1)],
        id_column="id",
        present=["a", "b"],
        misfits=lambda *_: (0, ()),
    )
    assert checked == (Checked(name="rows", checks=2, failed=0),)
    assert findings == ()


def test_a_failure_says_where_what_and_which_rows() -> None:
    rows = [{"a": number, "id": number} for number in range(9)]
    result = {"unexpected_count": 12, "element_count": 100, "partial_unexpected_index_list": rows}
    (finding,) = judged(suite(about("a", severity="warn")), outcome(success=False, result=result))
    assert (finding.suite, finding.column, finding.count, finding.severity) == ("rows", "a", 12, "warn")
    assert (finding.path, finding.line) == ("e/rows.json", 4)
    assert [sample.row for sample in finding.samples] == ["0", "1", "2", "3", "4"]
    assert finding.observed == "12 of 100 rows (12.00%)"


def test_files_that_fail_are_told_together() -> None:
    result = {"unexpected_count": 2, "element_count": 10}
    names = [f"2011-0{number}.csv" for number in range(1, 7)]
    outcomes = [outcome(frame=name, success=name == names[0], result=result) for name in names]
    (finding,) = judged(suite(about("a")), *outcomes)
    assert finding.count == 10
    assert finding.observed == (
        "2 of 10 rows (20.00%) in 2011-02.csv; 2 of 10 rows (20.00%) in 2011-03.csv; "
        "2 of 10 rows (20.00%) in 2011-04.csv; and 2 more (5 of 6 files)"
    )


def test_the_newest_file_alone_is_named() -> None:
    failed = outcome(frame="2011-12.csv", success=False, result={"observed_value": "2011-12-05T00:00:00"})
    (finding,) = judged(suite(about("a", "column_max_to_be_between")), failed)
    assert finding.observed == "2011-12-05 in 2011-12.csv"


def test_an_expectation_that_was_left_out_is_no_pass() -> None:
    assert "E-DAT-022 e/rows.json:4 expect_column_values_to_be_unique" in refused(suite(about("a")))


def test_one_that_was_left_out_on_one_file_is_no_pass_either() -> None:
    one = suite(about("a"), about("id"))
    outcomes = [outcome(0, frame="a"), outcome(0, frame="b"), outcome(1, frame="a")]
    assert "E-DAT-022 e/rows.json:4 expect_column_values_to_be_unique" in refused(one, *outcomes)


def test_one_that_could_not_be_evaluated_is_neither_pass_nor_finding() -> None:
    told = refused(suite(about("a")), outcome(success=False, error="name 'x' is not defined"))
    assert told.startswith("E-DAT-021 e/rows.json:4 expect_column_values_to_be_unique could not be evaluated")


def test_unless_the_column_is_of_another_type_which_is_the_data_s_fault() -> None:
    findings = judged(
        suite(TYPED, about("a", "column_mean_to_be_between")),
        outcome(0, success=False, result={"observed_value": "str"}),
        outcome(1, success=False, error="cannot add texts"),
    )
    assert [finding.observed for finding in findings] == ["type str", "not evaluated (cannot add texts)"]


def test_or_is_not_there_at_all() -> None:
    (finding,) = judged(suite(about("a")), outcome(success=False, error='no column "a"'), present=("id",))
    assert finding.observed == 'not evaluated (no column "a")'


def test_the_base_s_suite_fails_where_it_cannot_be_evaluated_and_is_dropped_where_it_never_could() -> None:
    base = suite(about("a"), about("b"), at_base=True)
    (finding,) = judged(base, outcome(success=False, error="boom", suite="rows (base)"))
    assert (finding.suite, finding.observed) == ("rows (base)", "not evaluated (boom)")


def test_a_type_finding_names_the_values_that_spoil_the_type() -> None:
    asked: list[tuple[str, str]] = []

    def misfits(column: str, kind: str) -> tuple[int, list[Sample]]:
        asked.append((column, kind))
        return 7, [Sample(row=str(number), value="12a") for number in range(7)]

    _, (finding,) = judge(
        [suite(TYPED)],
        [outcome(success=False, result={"observed_value": "str"})],
        id_column="id",
        present=["a"],
        misfits=misfits,
    )
    assert asked == [("a", "int64")]
    assert (finding.count, len(finding.samples)) == (7, 5)


def validation(*severities: Severity, checks: int = 5, unchecked: tuple[str, ...] = ()) -> Validation:
    findings = tuple(
        Finding(suite="rows", expectation="e", column=f"c{number}", observed="x", expected="y", severity=severity)
        for number, severity in enumerate(severities)
    )
    suites = (Checked(name="rows", checks=checks, failed=len(findings)),)
    return Validation(rows=8645, files=12, suites=suites, findings=findings, unchecked=unchecked)


@pytest.mark.parametrize(
    ("found", "verdict", "sentence"),
    [
        (validation(), Verdict.PASS, "data: 5 of 5 checks passed on 8,645 rows"),
        (
            validation("block"),
            Verdict.FAIL,
            "data: 1 of 5 checks failed on 8,645 rows: c0: expected y; found x",
        ),
        (
            validation("warn"),
            Verdict.PASS,
            "data: 1 of 5 checks failed (none of them blocks) on 8,645 rows: c0: expected y; found x",
        ),
        (
            validation("warn", "block", "block", "block"),
            Verdict.FAIL,
            "data: 4 of 5 checks failed on 8,645 rows: c1: expected y; found x; c2: expected y; found x; "
            "c3: expected y; found x; and 1 more",
        ),
        (
            validation("block", unchecked=("schema", "values")),
            Verdict.FAIL,
            "data: 1 of 5 checks failed on 8,645 rows: c0: expected y; found x; not run: schema, values",
        ),
        (validation(checks=0), Verdict.FAIL, "data: 0 of 0 checks passed on 8,645 rows"),
    ],
    ids=["pass", "fail", "warn", "blocking-first", "not-run", "nothing-checked"],
)
def test_the_verdict_and_its_sentence(found: Validation, verdict: Verdict, sentence: str) -> None:
    assert found.verdict is verdict
    assert found.sentence == sentence
