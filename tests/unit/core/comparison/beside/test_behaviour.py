"""What behavioural tests told, read strictly, and what it does to a verdict: nothing but a whole run is ever a pass."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tidegate.core.answer import Verdict
from tidegate.core.comparison.beside.behaviour import Behaviour, Behaviours, Case, Example, Run, findings
from tidegate.core.comparison.beside.behaviour_reading import read
from tidegate.core.comparison.beside.behaviour_verdict import behaviour_block, with_behaviours
from tidegate.core.comparison.comparison import Comparison
from tidegate.core.evidence import canonical_bytes

TEST = {"event": "test", "id": "t/test_a.py::test_x", "kinds": ["invariance"], "warns": False}
RESULT = {
    "event": "result",
    "id": "t/test_a.py::test_x",
    "outcome": "passed",
    "message": "",
    "observed": "",
    "expected": "",
    "cases": None,
    "failed": None,
    "examples": [],
}
START, END = {"event": "start", "pytest": "9"}, {"event": "end", "exit": 0}


def told(*events: dict[str, Any]) -> Run:
    return read("\n".join(json.dumps(event) for event in events))


def whole(*results: dict[str, Any], **test: Any) -> Run:
    tests = [{**TEST, "id": result["id"], **test} for result in results]
    return told(START, *tests, {"event": "collected", "count": len(tests)}, *results, END)


def test_a_whole_run_has_no_trouble() -> None:
    run = whole(RESULT)
    assert run == Run(
        cases=(Case(name="test_a.py::test_x", label="", kind="invariance", warns=False, outcome="passed"),)
    )


COLLECTED = {"event": "collected", "count": 1}


@pytest.mark.parametrize(
    ("events", "trouble"),
    [
        ([], "the run ended before its end"),
        ([START], "the run ended before its end"),
        ([START, {"event": "collected", "count": 0}, END], "there is no test in it"),
        ([START, TEST, COLLECTED], "the run ended in t/test_a.py::test_x"),
        ([START, TEST, COLLECTED, RESULT], "the run ended before its end"),
        ([START, TEST, COLLECTED, END], "1 of 1 tests were never finished, first t/test_a.py::test_x"),
        ([START, TEST, RESULT, END], "the run ended before its end"),
        ([START, TEST, {"event": "collected", "count": 2}, RESULT, END], "the run ended before its end"),
        ([START, TEST, COLLECTED, RESULT, {**END, "exit": 2}], "the run was interrupted"),
        ([START, TEST, COLLECTED, RESULT, {**END, "exit": 3}], "the run met an error inside pytest"),
        ([START, TEST, COLLECTED, RESULT, {**END, "exit": "x"}], "the run ended in no known way"),
        (
            [START, {"event": "broken", "where": "t/test_b.py", "message": "no such module"}, END],
            "t/test_b.py cannot be collected: no such module",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_run_that_is_not_whole_says_why(events: list[dict[str, Any]], trouble: str) -> None:
    assert told(*events).trouble == trouble


@pytest.mark.parametrize(
    "lines",
    [
        "{",
        "[]",
        "1",
        '{"no": "event"}',
        json.dumps({**RESULT}),
        json.dumps(TEST) + "\n" + json.dumps({**RESULT, "outcome": "great"}),
        json.dumps(TEST) + "\n" + json.dumps({**RESULT, "cases": -1}),
        json.dumps(TEST) + "\n" + json.dumps({**RESULT, "cases": True}),
        json.dumps(TEST) + "\n" + json.dumps({**RESULT, "examples": None}).replace("passed", "failed"),
        json.dumps({**TEST, "kinds": None}) + "\n" + json.dumps(RESULT),
    ],
)
def test_lines_that_our_plugin_does_not_write_are_no_run(lines: str) -> None:
    assert read(lines).trouble == "what the tests told is not what our plugin writes"


def test_what_differs_from_run_to_run_is_left_out() -> None:
    run = whole({**RESULT, "outcome": "failed", "message": "<object at 0x7f3a5c0d1e20>\nis odd"})
    assert run.cases[0].message == "<object at 0x…> is odd"


def test_parameters_of_a_test_are_its_cases() -> None:
    run = whole(
        {**RESULT, "id": "t/test_a.py::test_x[1]"},
        {**RESULT, "id": "t/test_a.py::test_x[2]", "outcome": "failed", "observed": "4", "expected": "== 2"},
    )
    (found,) = findings(run, None, "base")
    assert (found.cases, found.failed, found.verdict, found.before) == (2, 1, Verdict.FAIL, None)
    assert found.examples == (Example(case="2", observed="4", expected="== 2"),)


def test_a_test_may_count_its_own_cases_and_show_at_most_three() -> None:
    examples = [{"case": f"row {number}", "observed": "1", "expected": "2"} for number in range(5)]
    run = whole({**RESULT, "outcome": "failed", "cases": 1_460, "failed": 12, "examples": examples})
    (found,) = findings(run, None, "base")
    assert (found.cases, found.failed, len(found.examples)) == (1_460, 12, 3)


@pytest.mark.parametrize(
    ("outcome", "warns", "verdict", "severity"),
    [
        ("passed", False, Verdict.PASS, "block"),
        ("xpassed", False, Verdict.PASS, "block"),
        ("failed", False, Verdict.FAIL, "block"),
        ("failed", True, Verdict.FAIL, "warn"),
        ("xfailed", False, Verdict.FAIL, "warn"),
        ("skipped", False, Verdict.UNDECIDED, "block"),
        ("skipped", True, Verdict.UNDECIDED, "warn"),
    ],
)
def test_outcomes(outcome: str, warns: bool, verdict: Verdict, severity: str) -> None:
    (found,) = findings(whole({**RESULT, "outcome": outcome}, warns=warns), None, "base")
    assert (found.verdict, found.severity) == (verdict, severity)


@pytest.mark.parametrize(
    ("before", "standing"), [("passed", "newly failing"), ("failed", "was failing before"), ("skipped", "")]
)
def test_a_failure_is_held_against_the_champions(before: str, standing: str) -> None:
    (found,) = findings(whole({**RESULT, "outcome": "failed"}), whole({**RESULT, "outcome": before}), "base")
    assert found.standing == standing


# ---- in a verdict ----------------------------------------------------------------------------------------------------


def finding(verdict: Verdict = Verdict.PASS, **more: Any) -> Behaviour:
    given: dict[str, Any] = {
        "name": "test_a.py::test_x",
        "kind": "invariance",
        "severity": "block",
        "source": "base",
        "cases": 1,
        "failed": int(verdict is Verdict.FAIL),
        "verdict": verdict,
        "before": Verdict.PASS,
        "message": "",
    }
    return Behaviour(**{**given, **more})


def judged(verdict: Verdict, *found: Behaviour, troubles: tuple[str, ...] = ()) -> Comparison:
    before = Comparison(verdict=verdict, sentence={Verdict.PASS: "ready to promote"}.get(verdict, f"{verdict}: why"))
    return with_behaviours(before, Behaviours(folder="t", findings=found, troubles=troubles))


BAD, UNASKED = finding(Verdict.FAIL), finding(Verdict.UNDECIDED, message="no data")


@pytest.mark.parametrize(
    ("before", "found", "troubles", "after", "sentence"),
    [
        (Verdict.PASS, [finding()], (), Verdict.PASS, "ready to promote"),
        (
            Verdict.PASS,
            [finding(), BAD],
            (),
            Verdict.FAIL,
            "not promotable: the behavioural test test_a.py::test_x fails (newly failing)",
        ),
        (
            Verdict.UNDECIDED,
            [BAD],
            (),
            Verdict.FAIL,
            "not promotable: the behavioural test test_a.py::test_x fails (newly failing); also undecided: why",
        ),
        (
            Verdict.INCOMPARABLE,
            [BAD],
            (),
            Verdict.FAIL,
            "not promotable: the behavioural test test_a.py::test_x fails (newly failing); also incomparable: why",
        ),
        (
            Verdict.FAIL,
            [BAD],
            (),
            Verdict.FAIL,
            "fail: why; the behavioural test test_a.py::test_x fails (newly failing)",
        ),
        (
            Verdict.PASS,
            [UNASKED],
            (),
            Verdict.UNDECIDED,
            "undecided: the behavioural test test_a.py::test_x was skipped (no data)",
        ),
        (Verdict.PASS, [], (), Verdict.UNDECIDED, "undecided: no behavioural test was asked"),
        (
            Verdict.PASS,
            [finding()],
            ("the run ended",),
            Verdict.UNDECIDED,
            "undecided: the behavioural tests could not all be asked: the run ended",
        ),
        (
            Verdict.INCOMPARABLE,
            [],
            ("x",),
            Verdict.INCOMPARABLE,
            "incomparable: why; the behavioural tests could not all be asked: x",
        ),
        (
            Verdict.PASS,
            [finding(Verdict.FAIL, severity="warn")],
            (),
            Verdict.PASS,
            "ready to promote; 1 warning by behavioural tests",
        ),
    ],
)
def test_tests_hold_back_and_never_let_through(
    before: Verdict, found: list[Behaviour], troubles: tuple[str, ...], after: Verdict, sentence: str
) -> None:
    comparison = judged(before, *found, troubles=troubles)
    assert (comparison.verdict, comparison.sentence) == (after, sentence)


def test_many_cases_and_more_tests_are_counted() -> None:
    comparison = judged(Verdict.PASS, finding(Verdict.FAIL, cases=1_460, failed=12), finding(Verdict.FAIL, before=None))
    assert "fails in 12 of 1,460 cases (newly failing); and 1 more behavioural test" in comparison.sentence


def test_nothing_is_said_where_no_test_is_named() -> None:
    comparison = Comparison(verdict=Verdict.PASS, sentence="ready to promote")
    assert with_behaviours(comparison, None) is comparison
    assert behaviour_block(None) == {}


def test_the_block_is_what_canonical_json_can_hold() -> None:
    example = Example(case="1", observed="2", expected="3")
    found = Behaviours(folder="t", findings=(finding(Verdict.FAIL, examples=(example,)),), tests={"base": "sha256:1"})
    block = json.loads(canonical_bytes(behaviour_block(found)))["behaviour"]
    assert block["verdict"] == "fail"
    assert block["findings"][0]["examples"] == [{"case": "1", "observed": "2", "expected": "3"}]
