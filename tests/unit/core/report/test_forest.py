"""The forest plot: what it shows of gates and slices, where everything stands, and what it says in words."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from fixtures.evidence import changed, comparison_result, evidence_set, gate, part
from fixtures.evidence_of_classifier import classifier_result
from fixtures.rendering import context
from tidegate.core.report import build
from tidegate.core.report.blocks import Forest
from tidegate.core.report.comparison import Comparison, read
from tidegate.core.report.forest import MOST_SLICES, forest
from tidegate.core.report.gate_table import ranked
from tidegate.core.report.html_forest import forest as drawn
from tidegate.core.report.svg import Axis, tick_text


def chart(result: dict[str, Any]) -> Forest:
    comparison = read(result)
    found = forest(comparison, ranked(comparison.gates), 0)
    assert found is not None
    return found


def of(*gates: dict[str, Any], slices: tuple[dict[str, Any], ...] = ()) -> Forest:
    return chart(comparison_result() | {"gates": list(gates), "slices": list(slices)})


def test_a_change_stands_in_per_cent_of_the_champion_right_is_worse() -> None:
    (placed,) = of(gate("rmse", "no_worse_by", "1%", "fail", 110.0, 100.0, [5.0, 15.0])).gates
    assert (placed.low, placed.middle, placed.high, placed.limit) == pytest.approx((5.0, 10.0, 15.0, 1.0))
    assert (placed.rule, placed.numbers) == ("at most 1% worse", "+10% (+5% to +15%)")


def test_where_more_is_better_the_axis_is_turned() -> None:
    (placed,) = of(gate("r2", "no_worse_by", "0.1", "pass", 0.9, 0.8, [0.04, 0.16])).gates
    assert (placed.low, placed.middle, placed.high) == pytest.approx((-20.0, -12.5, -5.0))
    assert placed.limit == pytest.approx(12.5)


def test_a_needed_gain_has_its_limit_on_the_better_side() -> None:
    (placed,) = of(gate("rmse", "better_by", "5%", "pass", 90.0, 100.0, [-12.0, -8.0])).gates
    assert placed.limit == pytest.approx(-5.0)


def test_limits_on_values_and_gaps_stand_apart() -> None:
    found = chart(classifier_result())
    assert [placed.label for placed in found.gates] == ["log_loss"]
    assert [(bar.label, bar.numbers) for bar in found.scaled] == [("recall gap, language", "0.131 (0.071 to 0.193)")]


def test_slices_without_a_gate_follow_worst_first_and_none_twice() -> None:
    found = chart(comparison_result())
    on_gates = {placed.place for placed in found.gates if placed.place}
    assert ("weather", "mist") in on_gates
    assert [placed.place for placed in found.slices] == [
        ("workingday", "false"),
        ("season", "fall"),
        ("workingday", "true"),
        ("season", "winter"),
        ("season", "spring"),
    ]
    assert not on_gates & {placed.place for placed in found.slices}
    assert max(placed.weight for placed in found.slices) == pytest.approx(2_966 / 4_358)


def test_other_metrics_slices_small_ones_and_empty_ones_are_left_to_the_table() -> None:
    rule = gate("rmse", "no_worse_by", "1%", "pass", 99.0, 100.0, [-2.0, 0.0])
    slices = (
        part("a", "x", 400, 99.0, 100.0, [-2.0, 0.0]),
        part("a", "x", 400, 9.0, 10.0, [-2.0, 0.0], metric="mae"),
        part("a", "y", 20, 99.0, 100.0, None, judged=False),
        part("a", "z", 0, None, None, None, judged=False),
    )
    assert [placed.place for placed in of(rule, slices=slices).slices] == [("a", "x")]


def test_many_slices_are_cut_and_counted() -> None:
    rule = gate("rmse", "no_worse_by", "1%", "pass", 99.0, 100.0, [-2.0, 0.0])
    slices = tuple(part("a", str(place), 400, 99.0, 100.0, [-2.0, 0.0]) for place in range(60))
    found = of(rule, slices=slices)
    assert len(found.slices) == MOST_SLICES
    assert found.left_out == 60 - MOST_SLICES
    assert f"…and {60 - MOST_SLICES} more intervals" in drawn(found)


@pytest.mark.parametrize("before", [0.0, None])
def test_what_has_no_champion_to_be_a_share_of_is_drawn_below(before: float | None) -> None:
    found = of(gate("rmse", "at_most", "2", "pass", 1.0, before, [0.5, 1.5], of="value"))
    assert found.gates == ()
    assert len(found.scaled) == 1
    assert "Limits on a value" in drawn(found)


def percents(html: str) -> list[float]:
    return [float(found) for found in re.findall(r'(?:x|x1|x2|width)="(-?[0-9.]+)%"', html)]


@pytest.mark.parametrize(
    "ends",
    [[0.0, 0.0], [-1e9, 1e9], [1e-12, 2e-12], [-50.0, 5_000.0], [99.0, 101.0]],
    ids=["nothing", "all", "tiny", "one end far", "far"],
)
def test_everything_stays_within_the_picture(ends: list[float]) -> None:
    middle = 100.0 + sum(ends) / 2
    html = drawn(of(gate("rmse", "no_worse_by", "1%", "fail", middle, 100.0, ends)))
    assert all(0 <= place <= 100 for place in percents(html))
    assert "nan" not in html.lower()


def test_an_interval_that_goes_on_ends_in_an_arrow() -> None:
    html = drawn(of(gate("rmse", "no_worse_by", "1%", "undecided", 101.0, 100.0, [-400.0, 402.0])))
    assert html.count("arrow") == 2


def test_every_row_says_in_words_what_it_shows() -> None:
    html = drawn(chart(comparison_result()))
    labels = re.findall(r'role="img" aria-label="([^"]*)"', html)
    assert "rmse, weather = mist, at most 5% worse, −1.0% (−3.1% to +1.0%), pass" in labels
    assert "rmse, season = winter, −2.5% (−4.5% to −0.5%)" in labels
    assert len(labels) == html.count('<svg class="plot"')


def test_the_comment_has_the_gates_in_text_and_nothing_more() -> None:
    found = build(evidence_set("pass"), context())
    assert "beyond it" not in found.markdown()
    assert "║ the gate's limit" in found.markdown()
    assert found.html().count('class="intervals forest"') == 1


def test_a_first_model_keeps_the_chart_of_limits() -> None:
    html = build(evidence_set("first_model"), context()).html()
    assert "intervals forest" not in html
    assert "Where each interval lies" in html


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.0, 10.0, ["0", "2", "4", "6", "8", "10"]),
        (-3.0, 12.0, ["0", "5", "10"]),
        (0.0, 0.7, ["0.0", "0.2", "0.4", "0.6"]),
        (-0.05, 0.2, ["−0.05", "0.00", "0.05", "0.10", "0.15", "0.20"]),
        (0.0, 3e6, ["0", "500,000", "1,000,000", "1,500,000", "2,000,000", "2,500,000", "3,000,000"]),
        (5.0, 5.0, []),
    ],
)
def test_ticks_are_round_numbers(low: float, high: float, expected: list[str]) -> None:
    ticks = Axis(low, high, 0, 100).ticks(6)
    step = ticks[1] - ticks[0] if len(ticks) > 1 else 1.0
    assert [tick_text(value, step) for value in ticks] == expected


def test_names_are_isolated_from_one_another() -> None:
    found = changed(evidence_set("pass"), "compare-models", "slices", 1, "value", value="עברית")
    assert "<bdi>workingday</bdi> = <bdi>עברית</bdi>" in build(found, context()).html()


def test_a_comparison_without_gates_has_no_plot() -> None:
    nothing: Comparison = replace(read(comparison_result()), gates=())
    assert forest(nothing, (), 0) is None
