"""Verdicts at, inside and outside their limits; numbers compare to the last digit that means anything."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.answer import Verdict
from tidegate.core.comparison.gates.findings import Finding, judge
from tidegate.core.comparison.gates.gate_case import holm
from tidegate.core.comparison.gates.questions import Question
from tidegate.core.comparison.inference.estimation import Estimate
from tidegate.core.comparison.inference.intervals import Interval, detectable, percentile, rows_needed, widened
from tidegate.core.comparison.samples.slices import Slice
from tidegate.core.contract import Gate

PASS, FAIL, UNDECIDED, SKIPPED = Verdict.PASS, Verdict.FAIL, Verdict.UNDECIDED, Verdict.SKIPPED
CLUSTERS = 10**6


def gate(kind: str, text: str, **more: Any) -> Gate:
    relative = text.endswith("%")
    limit = Decimal(text.removesuffix("%")) / (100 if relative else 1)
    return Gate(metric=more.pop("metric", "rmse"), kind=kind, limit=limit, relative=relative, text=text, **more)  # type: ignore[arg-type]


def normal(center: float, spread: float) -> Any:
    """Draws of an exact normal shape: quantiles, not luck."""
    from scipy.special import ndtri

    return center + spread * ndtri((np.arange(2000) + 0.5) / 2000)


def estimate(
    candidate: float, champion: float | None, spread: float = 0.0, units: int = CLUSTERS, **more: Any
) -> Estimate:
    difference = None if champion is None else candidate - champion
    return Estimate(
        metric=more.pop("metric", "rmse"),
        rows=1000,
        units=units,
        candidate=candidate,
        champion=champion,
        candidate_draws=normal(candidate, spread),
        difference_draws=None if difference is None else normal(difference, spread),
        **more,
    )


def question(rule: Gate, found: Estimate | None, direction: Any = "lower", **more: Any) -> Question:
    return Question(gate=rule, direction=direction, part=None, rows=1000, estimate=found, **more)


def finding(rule: Gate, found: Estimate | None, direction: Any = "lower", **more: Any) -> Finding:
    return judge([question(rule, found, direction, **more)], 0.05)[0][0]


LIMITS = [
    # kind, limit, direction, candidate, champion, standard error, verdict
    ("no_worse_by", "1", "lower", 70.0, 70.0, 0.1, PASS),
    ("no_worse_by", "1", "lower", 72.0, 70.0, 0.1, FAIL),
    ("no_worse_by", "1", "lower", 71.0, 70.0, 0.1, UNDECIDED),
    ("no_worse_by", "1", "higher", 69.0, 70.0, 0.1, UNDECIDED),
    ("no_worse_by", "1", "higher", 68.0, 70.0, 0.1, FAIL),
    ("no_worse_by", "1", "higher", 75.0, 70.0, 0.1, PASS),
    ("no_worse_by", "10%", "lower", 76.0, 70.0, 0.1, PASS),
    ("no_worse_by", "10%", "lower", 78.0, 70.0, 0.1, FAIL),
    ("better_by", "1", "lower", 68.0, 70.0, 0.1, PASS),
    ("better_by", "1", "lower", 69.5, 70.0, 0.1, FAIL),
    ("better_by", "1", "lower", 69.0, 70.0, 0.1, UNDECIDED),
    ("better_by", "0", "lower", 69.0, 70.0, 0.1, PASS),
    ("at_most", "70", "lower", 69.0, None, 0.1, PASS),
    ("at_most", "70", "lower", 71.0, None, 0.1, FAIL),
    ("at_most", "70", "lower", 70.1, None, 0.1, UNDECIDED),
    ("at_least", "0.9", "higher", 0.95, None, 0.01, PASS),
    ("at_least", "0.9", "higher", 0.85, None, 0.01, FAIL),
    ("at_least", "0.9", "higher", 0.91, None, 0.01, UNDECIDED),
]


@pytest.mark.parametrize(("kind", "limit", "direction", "candidate", "champion", "spread", "verdict"), LIMITS)
def test_the_whole_interval_decides(
    kind: str, limit: str, direction: str, candidate: float, champion: float | None, spread: float, verdict: Verdict
) -> None:
    assert finding(gate(kind, limit), estimate(candidate, champion, spread), direction).verdict is verdict


EXACT = [
    ("no_worse_by", "0.01", 0.91, 0.90, "lower", PASS),
    ("no_worse_by", "0.01", 0.90, 0.91, "higher", PASS),
    ("no_worse_by", "0.0099999", 0.90, 0.91, "higher", FAIL),
    ("no_worse_by", "0", 0.3, 0.1 + 0.2, "higher", PASS),
    ("no_worse_by", "1%", 0.693, 0.70, "higher", PASS),
    ("no_worse_by", "0", 5.0, 5.0, "lower", PASS),
    ("better_by", "0.01", 0.91, 0.90, "higher", PASS),
    ("better_by", "0", 5.0, 5.0, "lower", FAIL),
    ("better_by", "0", 4.999, 5.0, "lower", PASS),
    ("at_least", "0.3", 0.1 + 0.2, None, "higher", PASS),
    ("at_least", "0.3", 0.2999999, None, "higher", FAIL),
    ("at_most", "0.3", 0.1 + 0.2, None, "lower", PASS),
    ("at_most", "1e-320", 1e-320, None, "lower", PASS),
    ("at_most", "1e308", 1e308, None, "lower", PASS),
    ("at_most", "9007199254740993", 2.0**53, None, "lower", PASS),
    ("at_least", "0", -0.0, None, "higher", PASS),
    ("no_worse_by", "0.01", 1e9 + 0.01, 1e9, "lower", PASS),
]


@pytest.mark.parametrize(("kind", "limit", "candidate", "champion", "direction", "verdict"), EXACT)
def test_a_value_at_its_limit_is_at_its_limit(
    kind: str, limit: str, candidate: float, champion: float | None, direction: str, verdict: Verdict
) -> None:
    """0.91 → 0.90 against 0.01 passes, though 0.91 − 0.90 is not 0.01 in binary."""
    found = estimate(candidate, champion)
    assert finding(gate(kind, limit), found, direction).verdict is verdict


TOTALS = [
    ("no_worse_by", "0.01", 0.90, 0.91, "higher", PASS),
    ("no_worse_by", "0.01", 0.8999999999999999, 0.91, "higher", FAIL),
    ("no_worse_by", "1%", 0.693, 0.70, "higher", PASS),
    ("better_by", "0", 5.0, 5.0, "lower", FAIL),
    ("better_by", "0.01", 0.91, 0.90, "higher", PASS),
    ("at_most", "0.3", 0.30000000000000004, None, "lower", FAIL),
    ("at_most", "9007199254740992", 2**53 + 1, None, "lower", FAIL),
    ("at_most", "9007199254740993", 2**53 + 1, None, "lower", PASS),
]


@pytest.mark.parametrize(("kind", "limit", "candidate", "champion", "direction", "verdict"), TOTALS)
def test_a_total_counts_in_the_digits_it_was_written_in(
    kind: str, limit: str, candidate: float, champion: float | None, direction: str, verdict: Verdict
) -> None:
    total = estimate(candidate, champion, sampled=False, units=0)
    assert finding(gate(kind, limit), total, direction).verdict is verdict


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("kind", ["no_worse_by", "better_by", "at_least", "at_most"])
@pytest.mark.parametrize("direction", ["lower", "higher"])
def test_what_is_no_finite_number_never_passes(kind: str, direction: str, bad: float) -> None:
    values = estimate(bad, 1.0), estimate(1.0, bad)
    for found in values[: 1 if kind.startswith("at_") else 2]:
        one = finding(gate(kind, "1000"), found, direction)
        assert one.verdict is UNDECIDED
        assert "undefined" in one.sentence


@pytest.mark.parametrize("kind", ["no_worse_by", "better_by", "at_least", "at_most"])
def test_draws_without_a_value_never_help(kind: str) -> None:
    """More undefined draws than a tail holds: the interval has no end on either side, whatever the others say."""
    for good in (-100.0, 100.0):
        draws = np.full(2000, good)
        draws[::20] = np.nan
        found = Estimate(
            metric="rmse",
            rows=1000,
            units=1000,
            candidate=good,
            champion=0.0,
            candidate_draws=draws,
            difference_draws=draws,
        )
        assert finding(gate(kind, "0"), found).verdict is UNDECIDED


@pytest.mark.parametrize("units", [1, 2, 9])
def test_too_few_units_never_pass(units: int) -> None:
    one = finding(gate("at_most", "1000"), estimate(1.0, None, units=units))
    assert one.verdict is UNDECIDED
    assert f"{units} independent unit" in one.sentence
    assert "cannot say how much chance there is; 10 are the least" in one.sentence


def test_a_sample_without_a_single_error_is_as_uncertain_as_its_size() -> None:
    """20 of 20 right is no proof of 90 %: unseen errors of up to 17 % would look the same (rule of three)."""
    found = estimate(1.0, None, units=20, metric="accuracy", unseen=lambda tail: (1 - (1 - tail ** (1 / 20)), 1.0))
    one = finding(gate("at_least", "0.9", metric="accuracy"), found, "higher")
    assert one.verdict is UNDECIDED
    assert one.interval is not None
    assert one.interval.low == pytest.approx(0.8316, abs=1e-4)
    assert finding(gate("at_least", "0.8", metric="accuracy"), found, "higher").verdict is PASS


def test_the_interval_is_of_the_difference_whichever_way_is_better() -> None:
    for direction in ("lower", "higher"):
        one = finding(gate("no_worse_by", "1"), estimate(72.0, 70.0, 0.1), direction)
        assert one.interval is not None
        assert one.interval.low < 2.0 < one.interval.high
        assert one.interval_of == "difference"
    one = finding(gate("at_most", "70"), estimate(69.0, 70.0, 0.1))
    assert one.interval is not None
    assert one.interval.low < 69.0 < one.interval.high
    assert one.interval_of == "value"


def test_a_total_has_no_interval_and_says_so() -> None:
    one = finding(gate("no_worse_by", "1"), estimate(72.0, 70.0, sampled=False, units=0))
    assert (one.verdict, one.interval, one.detectable) == (FAIL, None, None)
    assert one.sentence == "rmse is worse by 2.0, limit 1.0 (one number without rows: no interval)"


SENTENCES = [
    (gate("no_worse_by", "1%"), estimate(73.1, 70.0, 0.1), "rmse is worse by 3.1, limit 1% (0.7)"),
    (gate("no_worse_by", "0.010"), estimate(0.521, 0.500, 0.001), "rmse is worse by 0.021, limit 0.010"),
    (gate("no_worse_by", "1%"), estimate(68.1, 70.0, 0.1), "rmse is better by 1.9, limit 1% (0.7)"),
    (gate("no_worse_by", "1%"), estimate(70.0, 70.0, 0.1), "rmse is unchanged, limit 1% (0.70)"),
    (gate("better_by", "1%"), estimate(69.9, 70.0, 0.1), "rmse is better by 0.10, needed 1% (0.70)"),
    (gate("at_most", "60"), estimate(61.2, None, 0.1), "rmse is 61, limit at most 60"),
    (gate("at_most", "60"), estimate(60.04, None, 0.001), "rmse is 60.04, limit at most 60"),
    (
        gate("no_worse_by", "1%"),
        estimate(70.3, 70.0, 0.4),
        "rmse is worse by 0.3 and could be worse by 1.1, limit 1% (0.7); about 6,900 more rows would settle it",
    ),
    (
        gate("at_least", "0.9"),
        estimate(0.9, None, 0.01),
        "rmse is 0.90 and could be from 0.88 to 0.92, limit at least 0.9; "
        "it lies on the limit, more rows would hardly settle it",
    ),
]


@pytest.mark.parametrize(("rule", "found", "sentence"), SENTENCES, ids=[text for _, _, text in SENTENCES])
def test_sentences(rule: Gate, found: Estimate, sentence: str) -> None:
    direction = "higher" if rule.kind == "at_least" else "lower"
    assert finding(rule, found, direction).sentence == sentence


def test_a_slice_is_named_in_the_sentence_and_a_long_name_is_cut() -> None:
    rule = gate("no_worse_by", "1")
    asked = Question(
        gate=rule, direction="lower", part=Slice("weather", "x" * 500), rows=9, estimate=estimate(72.0, 70.0, 0.1)
    )
    sentence = judge([asked], 0.05)[0][0].sentence
    assert sentence.startswith("rmse where weather is xxx")
    assert len(sentence) < 200


def family_levels(*doubts: float) -> list[float]:
    """Levels of gates whose limit lies so many standard errors away."""
    cases = [question(gate("no_worse_by", "0"), estimate(70 - away, 70.0, 1.0)).case for away in doubts]
    return holm([case for case in cases if case is not None], 0.05)


def test_the_surest_gate_has_the_strictest_level() -> None:
    assert family_levels(5.0, 9.0, 7.0) == pytest.approx([0.05 / 1, 0.05 / 3, 0.05 / 2])


def test_after_the_first_undecided_gate_all_have_its_level() -> None:
    assert family_levels(1.0, 9.0, 1.5, 2.0) == pytest.approx([0.05 / 3, 0.05 / 4, 0.05 / 3, 0.05 / 3])


def test_a_single_gate_has_the_whole_level() -> None:
    assert family_levels(3.0) == [0.05]
    assert holm([], 0.05) == []


@given(aways=st.lists(st.floats(-6, 6), min_size=1, max_size=8))
def test_every_printed_interval_gives_its_own_verdict(aways: list[float]) -> None:
    asked = [question(gate("no_worse_by", "0"), estimate(70 - away, 70.0, 1.0)) for away in aways]
    for one in judge(asked, 0.05)[0]:
        assert one.interval is not None
        expected = PASS if one.interval.high <= 0 else FAIL if one.interval.low > 0 else UNDECIDED
        assert one.verdict is expected


def test_only_gates_that_can_block_and_can_be_asked_are_a_family() -> None:
    asked = [
        question(gate("no_worse_by", "1"), estimate(70.0, 70.0, 0.1)),
        question(gate("no_worse_by", "1", severity="warn"), estimate(70.0, 70.0, 0.1)),
        question(gate("at_most", "1"), None, why_not="no value of rmse was measured"),
        question(gate("at_most", "99"), estimate(70.0, 70.0, sampled=False, units=0)),
    ]
    findings, family = judge(asked, 0.05)
    assert family == ("rmse no_worse_by 1",)
    assert [one.level for one in findings] == [0.95] * 4
    assert [one.verdict for one in findings] == [PASS, PASS, UNDECIDED, PASS]


def test_an_excused_question_is_skipped() -> None:
    one = finding(gate("no_worse_by", "1"), None, why_not="there is no champion", excused=True)
    assert one.verdict is SKIPPED
    assert one.sentence == "rmse was not judged: there is no champion"


def test_a_percentile_interval_is_widened_for_few_units_as_students() -> None:
    draws = normal(0.0, 1.0)
    assert percentile(draws, 0.05, CLUSTERS).high == pytest.approx(1.96, abs=0.01)
    assert percentile(draws, 0.05, 10).high == pytest.approx(2.262 * math.sqrt(10 / 9), abs=0.05)
    assert widened(0.025, 10) < widened(0.025, 100) < 0.025


def test_an_interval_of_draws_without_any_value_has_no_ends() -> None:
    interval = percentile(np.full(100, np.nan), 0.05, 100)
    assert interval == Interval(-math.inf, math.inf)
    assert not interval.bounded


def test_rows_needed_follow_the_square_of_the_distance() -> None:
    spread = 1.0
    reach = detectable(spread, 0.05)
    assert reach == pytest.approx(1.96 + 0.8416, abs=1e-3)
    assert rows_needed(reach / 2, spread, 0.05, 1000) == 3000
    assert rows_needed(reach * 2, spread, 0.05, 1000) is None
    assert rows_needed(0.0, spread, 0.05, 1000) is None
    assert rows_needed(reach / 100, spread, 0.05, 1000) is None
