"""The verdict over all evidence: what is missing, broken, foreign or unsure is never a pass (T30, M02, M04)."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.evidence import BASE, KINDS, changed, evidence, evidence_set, gate
from fixtures.rendering import context
from tidegate.core.answer import Verdict
from tidegate.core.evidence import Evidence
from tidegate.core.report import Report, build

V = Verdict
STEPS = ("validate-data", "train-model", "compare-models")
COMPARE = "compare-models"
ENDS = {
    "pass": V.PASS,
    "fail": V.FAIL,
    "undecided": V.UNDECIDED,
    "incomparable": V.INCOMPARABLE,
    "error": V.ERROR,
    "first_model": V.PASS,
    "bad_data": V.FAIL,
    "policy_changed": V.PASS,
    "missing": V.ERROR,
    "skipped": V.SKIPPED,
    "classifier": V.FAIL,
}


def report(found: dict[str, Evidence | None], **changes: object) -> Report:
    return build(found, context(**changes))


@pytest.mark.parametrize("kind", KINDS)
def test_every_end_has_its_verdict(kind: str) -> None:
    assert report(evidence_set(kind)).verdict is ENDS[kind]


@pytest.mark.parametrize("absent", [(name,) for name in STEPS] + [STEPS[:2], STEPS[1:], STEPS], ids="+".join)
def test_what_left_no_evidence_is_an_error_not_a_pass(absent: tuple[str, ...]) -> None:
    found = report({**evidence_set("pass"), **dict.fromkeys(absent)})
    assert found.verdict is V.ERROR
    assert found.sentence == f"error: {absent[0]} left no evidence"
    assert report({name: one for name, one in evidence_set("pass").items() if name not in absent}).verdict is V.ERROR


@pytest.mark.parametrize("later", STEPS[1:])
def test_what_never_ran_after_a_refusal_is_not_held_against_it(later: str) -> None:
    found = report(evidence_set("bad_data"))
    assert found.verdict is V.FAIL
    assert f"{later} left no evidence" not in found.markdown()


def test_why_there_is_none_at_all_is_said_where_it_is_known() -> None:
    found = report(evidence_set("pass"), no_evidence="left no evidence: it was cancelled")
    assert found.verdict is V.ERROR
    assert found.sentence == "error: the run left no evidence: it was cancelled"
    assert "The run left no evidence: it was cancelled." in found.markdown()
    assert [mark.level for mark in found.annotations] == ["error"]


def test_evidence_of_other_commands_is_not_looked_at() -> None:
    other = evidence("detect-drift", V.FAIL, {})
    assert report({**evidence_set("pass"), "detect-drift": other}).verdict is V.PASS


OUTCOMES = [None, *Verdict]


@pytest.mark.parametrize("compared", OUTCOMES, ids=str)
@pytest.mark.parametrize("trained", OUTCOMES, ids=str)
@pytest.mark.parametrize("validated", OUTCOMES, ids=str)
def test_only_a_whole_chain_passes(validated: V | None, trained: V | None, compared: V | None) -> None:
    """All 343 combinations of outcomes: a pass needs a comparison that passed and nothing before it that did not."""
    outcomes = dict(zip(STEPS, (validated, trained, compared), strict=True))
    found = evidence_set("pass")
    for name, outcome in outcomes.items():
        one = found[name]
        assert one is not None
        found[name] = None if outcome is None else replace(one, outcome=outcome)
    verdict = report(found).verdict
    may_pass = compared is V.PASS and {validated, trained} <= {V.PASS, V.SKIPPED}
    assert (verdict is V.PASS) == may_pass
    stops = [outcome for outcome in outcomes.values() if outcome not in (V.PASS, V.SKIPPED, None)]
    if stops:
        assert verdict is stops[0]
    elif None in outcomes.values():
        assert verdict is V.ERROR


def _without_gates(result: dict[str, Any]) -> None:
    result["gates"] = []


def _gate_fails(result: dict[str, Any]) -> None:
    result["gates"][0]["verdict"] = "fail"


def _gate_undecided(result: dict[str, Any]) -> None:
    result["gates"][0]["verdict"] = "undecided"


def _all_skipped(result: dict[str, Any]) -> None:
    for one in result["gates"]:
        one["verdict"] = "skipped"


def _blocking_skipped(result: dict[str, Any]) -> None:
    for one in result["gates"]:
        one["verdict"] = "skipped" if one["severity"] == "block" else "pass"


def _no_rows(result: dict[str, Any]) -> None:
    result["rows"] = 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_without_gates, "no gate was judged"),
        (_gate_fails, "a gate that blocks does not"),
        (_gate_undecided, "a gate that blocks does not"),
        (_all_skipped, "no gate was judged"),
        (_blocking_skipped, "no gate was judged"),
        (_no_rows, "no rows"),
    ],
)
def test_a_pass_that_its_own_findings_deny_is_not_believed(change: Any, words: str) -> None:
    found = evidence_set("pass")
    one = found[COMPARE]
    assert one is not None
    change(one.result)
    assert report(found).verdict is V.ERROR
    assert words in report(found).sentence


def test_warnings_do_not_stop_anything_and_are_counted() -> None:
    warned = gate("mae", "at_most", "40", "fail", 44.31, 45.02, [42.18, 46.52], of="value", severity="warn")
    found = report(changed(evidence_set("pass"), COMPARE, "gates", 1, value=warned))
    assert found.verdict is V.PASS
    assert found.sentence.startswith("ready to promote: all 5 gates hold; 1 warning; ")


def test_checks_that_checked_nothing_are_no_pass() -> None:
    found = changed(evidence_set("pass"), "validate-data", "suites", value=[])
    assert report(found).sentence == "error: validate-data says pass although nothing was checked"


def test_a_data_pass_with_findings_that_block_is_not_believed() -> None:
    bad = evidence_set("bad_data")["validate-data"]
    assert bad is not None
    found = evidence_set("pass") | {"validate-data": replace(bad, outcome=V.PASS)}
    assert report(found).sentence == "error: validate-data says pass although expectations failed that block"


@pytest.mark.parametrize("name", STEPS)
def test_evidence_about_something_else_is_an_error(name: str) -> None:
    found = evidence_set("pass")
    one = found[name]
    assert one is not None
    strangers = {
        "another model": replace(one, model="other"),
        "another command's evidence": replace(one, command="deploy-model"),
        "does not say which commit": replace(one, subject=replace(one.subject, commit=None)),
    }
    for words, stranger in strangers.items():
        result = report({**found, name: stranger})
        assert result.verdict is V.ERROR
        assert words in result.sentence


@pytest.mark.parametrize("member", ["commit", "data", "params"])
@pytest.mark.parametrize("name", STEPS)
def test_steps_on_different_inputs_are_an_error(name: str, member: str) -> None:
    found = evidence_set("pass")
    one = found[name]
    assert one is not None
    result = report({**found, name: replace(one, subject=replace(one.subject, **{member: "c" * 40}))})
    assert result.verdict is V.ERROR
    assert "did not run on the same" in result.sentence


def test_a_digest_that_only_one_step_knows_is_no_contradiction() -> None:
    found = evidence_set("pass")
    for name in STEPS[:2]:
        one = found[name]
        assert one is not None
        found[name] = replace(one, subject=replace(one.subject, data=None, params=None, policy=None))
    assert report(found).verdict is V.PASS


def test_where_the_measured_commit_is_known_no_other_counts() -> None:
    assert report(evidence_set("pass"), measured=BASE).verdict is V.PASS, "the head itself may have been measured"
    assert report(evidence_set("pass"), head=BASE, measured=BASE).verdict is V.ERROR


def test_outside_a_pull_request_a_commit_is_not_needed() -> None:
    found = {
        name: replace(one, subject=replace(one.subject, commit=None)) if one else None
        for name, one in evidence_set("pass").items()
    }
    assert report(found, pull_request=None, head=None).verdict is V.PASS


POINTERS = [
    (COMPARE, "gates", 0, "verdict"),
    (COMPARE, "gates", 0, "kind"),
    (COMPARE, "gates", 0, "limit"),
    (COMPARE, "gates", 0, "severity"),
    (COMPARE, "gates", 0, "rows"),
    (COMPARE, "gates", 0, "interval"),
    (COMPARE, "gates", 0, "level"),
    (COMPARE, "gates", 0),
    (COMPARE, "gates"),
    (COMPARE, "champion"),
    (COMPARE, "champion", "kind"),
    (COMPARE, "policy"),
    (COMPARE, "policy", "changed"),
    (COMPARE, "rows"),
    (COMPARE, "draws"),
    (COMPARE, "alpha"),
    (COMPARE, "metrics", 0, "candidate"),
    (COMPARE, "slices", 0, "rows"),
    (COMPARE, "slices", 0, "judged"),
    (COMPARE, "regressions", 0, "before"),
    ("train-model", "seconds"),
    ("train-model", "stages"),
    ("train-model", "stages", 0, "why"),
    ("train-model", "artifacts", 0, "bytes"),
    ("train-model", "metrics", "rmse"),
    ("validate-data", "rows"),
    ("validate-data", "suites", 0, "checks"),
    ("validate-data", "diff", "rows"),
    ("validate-data", "diff", "shifts", 0, "value"),
]
BROKEN = [[], "", "NaN", True, -1, {"a": 1}, [3, 2], [1, "2"], [1, 2, 3], 10**400, float("nan"), float("inf")]
MAY_BE_NULL = {"interval", "gates", "stages", "why", "candidate"}


@pytest.mark.parametrize("pointer", POINTERS, ids=lambda pointer: "/".join(map(str, pointer)))
def test_evidence_of_another_form_is_named_and_never_a_pass(pointer: tuple[Any, ...]) -> None:
    refused = 0
    for value in [*BROKEN, *([] if pointer[-1] in MAY_BE_NULL else [None])]:
        found = report(changed(evidence_set("pass"), *pointer, value=value))
        found.html()
        if found.verdict is V.ERROR:
            refused += 1
            assert "/".join(map(str, pointer[1:])) in found.markdown() or "pass although" in found.sentence
    assert refused >= 5


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=200)
@given(st.sampled_from(POINTERS), json_values)
def test_no_evidence_makes_the_report_raise(pointer: tuple[Any, ...], value: object) -> None:
    found = report(changed(evidence_set("pass"), *pointer, value=value))
    assert found.markdown().startswith(found.marker)
    assert found.html().endswith("</html>\n")
    assert found.verdict in (V.PASS, V.ERROR)


numbers = st.floats(min_value=-1e300, max_value=1e300)


@settings(max_examples=200)
@given(numbers, numbers, numbers, numbers, st.sampled_from(["1%", "0", "0.01", "1e400", "60"]), st.data())
def test_any_finite_numbers_can_be_shown(
    now: float, before: float, one: float, other: float, limit: str, data: st.DataObject
) -> None:
    kind, of = data.draw(
        st.sampled_from([("no_worse_by", "difference"), ("better_by", "difference"), ("at_least", "value")])
    )
    verdict = data.draw(st.sampled_from(["pass", "fail", "undecided"]))
    shown = gate("rmse", kind, limit, verdict, now, before, sorted([one, other]), of=of, rows_needed=7)
    found = changed(evidence_set("pass"), COMPARE, "gates", 0, value=shown)
    for place, member in (("slices", "candidate"), ("slices", "champion"), ("metrics", "difference")):
        found = changed(found, COMPARE, place, 0, member, value=now)
    result = report(found)
    text = result.markdown() + result.html() + result.sentence + result.title
    assert not re.search(r"\b(nan|inf)\b", text)
