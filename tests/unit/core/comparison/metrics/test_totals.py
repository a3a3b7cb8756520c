"""Numbers that come without rows: compared to the last digit, and silent about chance."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from hold_outs import RMSE, gate, model, numbers
from tidegate.core.answer import Verdict
from tidegate.core.comparison.comparison import Comparison, compare, compare_totals
from tidegate.core.comparison.metrics.totals import Totals
from tidegate.core.contract import CustomMetric
from tidegate.errors import InputError

PASS, FAIL, UNDECIDED = Verdict.PASS, Verdict.FAIL, Verdict.UNDECIDED


CUSTOM = {"revenue": CustomMetric(direction="higher", minimum=0, maximum=100)}


def totals(candidate: Mapping[str, float], champion: Mapping[str, float] | None) -> Comparison:
    policy = model(gate("revenue", "no_worse_by", "0.01"), metrics=CUSTOM)
    return compare_totals(policy, Totals(candidate=candidate, champion=champion))


def test_totals_are_compared_to_the_last_digit() -> None:
    assert totals({"revenue": 0.90}, {"revenue": 0.91}).verdict is PASS
    found = totals({"revenue": 0.899}, {"revenue": 0.91})
    assert (found.verdict, found.draws, found.family) == (FAIL, 0, ())
    assert found.sentence == (
        "not promotable: revenue is worse by 0.011, limit 0.010 (one number without rows: no interval)"
    )


def test_a_total_that_is_absent_is_an_error_that_lists_what_is_there() -> None:
    with pytest.raises(
        InputError, match=r"gate needs 'revenue'; present: revenu, x\. Did you mean \"revenu\""
    ) as caught:
        totals({"revenu": 1.0, "x": 2.0}, {"revenue": 1.0})
    assert caught.value.code == "E-MET-006"


def test_a_total_that_the_champion_lacks_is_undecided() -> None:
    found = totals({"revenue": 1.0}, {})
    assert found.verdict is UNDECIDED
    assert "the champion has no value of revenue" in found.sentence


def test_a_total_outside_its_range_is_an_error() -> None:
    with pytest.raises(InputError, match=r"is 101.0, outside the declared range \[0, 100\]") as caught:
        totals({"revenue": 101.0}, {"revenue": 1.0})
    assert caught.value.code == "E-MET-009"


def test_a_gate_on_slices_of_a_total_is_undecided() -> None:
    rule = gate("revenue", "at_least", "0", slices=("weather",))
    found = compare_totals(model(rule, metrics=CUSTOM), Totals(candidate={"revenue": 1.0}, champion={}))
    assert found.verdict is UNDECIDED
    assert "there are no rows with weather" in found.sentence


def test_rows_and_totals_are_judged_together() -> None:
    policy = model(RMSE, gate("revenue", "at_least", "2"), metrics=CUSTOM)
    found = compare(policy, numbers(0.9), numbers(), Totals(candidate={"revenue": 3.0}, champion={"revenue": 2.0}))
    assert found.verdict is PASS
    assert [metric.name for metric in found.metrics] == ["rmse", "mae", "r2", "revenue"]
    low = compare(policy, numbers(0.9), numbers(), Totals(candidate={"revenue": 1.0}, champion={"revenue": 2.0}))
    assert low.verdict is FAIL
