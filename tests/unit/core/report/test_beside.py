"""Costs and behavioural tests in the report: what stands there, in which words, and what makes a pass incredible."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import pytest

from fixtures.evidence import comparison_result, evidence, evidence_set
from fixtures.hostile import HOSTILE
from fixtures.rendering import context, github_html, outside_code, outside_words
from tidegate.core.answer import Verdict
from tidegate.core.report import build

COST: dict[str, Any] = {
    "evidence": "sha256:" + "1" * 64,
    "way": "onnx",
    "runtime": "onnxruntime 1.32.0, CPython 3.11.7",
    "rows": 1_460,
    "rounds": 12,
    "level": 0.95,
    "why_not": "",
    "ratios": [
        {
            "name": "predict_p50_ms",
            "direction": "lower",
            "candidate": 0.0424,
            "champion": 0.0211,
            "ratio": 2.01,
            "interval": [1.92, 2.1],
            "rounds": 12,
            "spread": 0.02,
        },
        {
            "name": "predict_rows_per_second",
            "direction": "higher",
            "candidate": 379_746.0,
            "champion": 379_295.0,
            "ratio": 1.001,
            "interval": [0.96, 1.03],
            "rounds": 12,
            "spread": 0.02,
        },
        {
            "name": "model_bytes",
            "direction": "lower",
            "candidate": 74_297.0,
            "champion": 80_000.0,
            "ratio": 0.93,
            "interval": None,
            "rounds": 0,
            "spread": None,
        },
        {
            "name": "train_seconds",
            "direction": "lower",
            "candidate": 18.3,
            "champion": None,
            "ratio": None,
            "interval": None,
            "rounds": 0,
            "spread": None,
        },
    ],
    "bill": {"price": 0.0018, "currency": "EUR", "watt_hours": None, "lines": ["18.3 s × 0.35 EUR an hour ÷ 3600 = 0"]},
}
HOLDS: dict[str, Any] = {
    "name": "test_hours.py::test_nights_are_quiet",
    "kind": "minimum_functionality",
    "severity": "block",
    "source": "base",
    "cases": 57,
    "failed": 0,
    "verdict": "pass",
    "before": "pass",
    "message": "",
    "examples": [],
}
FAILS = HOLDS | {
    "name": "test_weather.py::test_rain",
    "kind": "directional",
    "cases": 1_460,
    "failed": 12,
    "verdict": "fail",
    "examples": [{"case": "13021", "observed": "210 rentals", "expected": "at most 180"}],
}


def behaviour(*findings: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "verdict": "pass",
        "folder": "model/behaviour",
        "tests": {},
        "edited": [],
        "troubles": [],
        "champion_trouble": "",
        "findings": list(findings),
        **more,
    }


def report(outcome: Verdict = Verdict.PASS, **blocks: Any) -> Any:
    result = {**comparison_result(), **copy.deepcopy(blocks)}
    return build({**evidence_set("pass"), "compare-models": evidence("compare-models", outcome, result)}, context())


def test_the_cost_table_has_both_models_the_ratio_and_how_sure_it_is() -> None:
    text = report(cost=COST).markdown()
    row = next(line for line in text.splitlines() if "one row, median" in line)
    assert "0.0211" in row
    assert "0.0424" in row
    assert "2.01 ×" in row
    assert "1.92 to 2.10" in row.replace("\u00a0", " ")
    assert row.endswith("worse |")
    assert "Timed in 12 rounds in which both are started anew and take turns (A B B A)" in text
    assert "Training: `18.3 s × 0.35 EUR an hour ÷ 3600 = 0`." in text
    assert "an answer takes 2.01 × the champion's time" in text


@pytest.mark.parametrize(
    ("name", "word"),
    [("rows a second", "unclear |"), ("size of the model", "better |"), ("| training", "not compared |")],
)
def test_what_a_cost_means_is_said_in_a_word(name: str, word: str) -> None:
    rows = [line for line in report(cost=COST).markdown().splitlines() if name in line or f"<br>{name[2:]}" in line]
    assert rows
    assert rows[0].endswith(word)


def test_what_was_not_timed_is_said_with_its_reason() -> None:
    text = report(cost={**COST, "way": "none", "ratios": [], "bill": None, "why_not": "no rows"}).markdown()
    assert "Nothing was timed: `no rows`." in text


def test_tests_that_hold_are_counted_and_listed() -> None:
    found = report(behaviour=behaviour(HOLDS))
    assert "Behavioural tests" in found.markdown()
    assert "1 test, all hold" in found.markdown()


def test_a_failing_test_makes_the_sentence_and_shows_what_was_seen() -> None:
    found = report(Verdict.FAIL, behaviour=behaviour(HOLDS, FAILS))
    assert "the behavioural test" in found.sentence
    assert "fails in 12 of 1,460 cases (newly failing)" in found.sentence
    text = found.markdown()
    assert "2 tests: 1 hold, 1 fail (1 of them newly)" in text
    assert "`210 rentals`, expected `at most 180`" in text


@pytest.mark.parametrize(
    "block",
    [
        behaviour(HOLDS, FAILS),
        behaviour(HOLDS | {"verdict": "undecided"}),
        behaviour(HOLDS, troubles=["the run ended"]),
        behaviour(),
    ],
    ids=["a failure", "a skipped test", "a run cut short", "no test"],
)
def test_a_pass_that_the_tests_contradict_is_not_believed(block: dict[str, Any]) -> None:
    found = report(behaviour=block)
    assert "says pass although the behavioural tests do not" in found.sentence


def test_a_warning_does_not_contradict_a_pass() -> None:
    found = report(behaviour=behaviour(HOLDS, FAILS | {"severity": "warn"}))
    assert "although" not in found.sentence


def test_tests_that_could_not_be_asked_make_the_sentence() -> None:
    found = report(Verdict.UNDECIDED, behaviour=behaviour(HOLDS, troubles=["they were stopped after 600 s"]))
    assert "the behavioural tests could not all be asked" in found.sentence


def test_edited_tests_are_told() -> None:
    text = report(behaviour=behaviour(HOLDS, edited=["test_hours.py"])).markdown()
    assert "This change edits the tests; the base's were asked, and this change's as well: `test_hours.py`." in text


def shown(words: str) -> tuple[str, str]:
    """What of the comment and of the page is not words of others, with hostile or harmless words in every place."""
    seen = {"case": words, "observed": words, "expected": words}
    blocks = {
        "behaviour": behaviour(
            FAILS | {"name": words, "examples": [seen]}, edited=[words], champion_trouble=words, troubles=[words]
        ),
        "cost": {
            **COST,
            "runtime": words,
            "why_not": words,
            "ratios": [{**COST["ratios"][0], "name": words}],
            "bill": {**COST["bill"], "lines": [words]},
        },
    }
    found = report(Verdict.FAIL, **blocks)
    return outside_code(github_html(found.markdown())), outside_words(found.html())


@pytest.mark.parametrize("name", [name for name in HOSTILE if HOSTILE[name]])
def test_words_of_tests_and_runtimes_are_inert(name: str) -> None:
    assert shown(HOSTILE[name]) == shown("plainword")


@pytest.mark.parametrize(
    ("member", "value"),
    [("cost", []), ("cost", {**COST, "rounds": -1}), ("behaviour", {}), ("behaviour", behaviour({"name": "x"}))],
)
def test_blocks_of_another_form_are_an_error_and_no_pass(member: str, value: Any) -> None:
    found = report(**{member: value})
    assert "does not have the agreed form" in found.sentence
