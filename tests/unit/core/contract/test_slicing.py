"""Slices and gaps in a contract: what they mean, what is wrong with them, and what an edit of them is called."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tidegate.adapters.contract import file as contract_file
from tidegate.core.contract import CustomMetric, Evaluation, Gate, Model, Waiver, pair_name, rules
from tidegate.core.contract.policy import policy_changes, policy_digest
from tidegate.core.contract.problem import shown_path
from tidegate.core.contract.waivers import about_waivers, may_be

TEXT = """\
version: 1
models:
  m:
    path: model
    data: {tracked: data.dvc, expectations: suites}
    evaluation: {predictions: p.csv, id: id, target: y, prediction: p, slices: §}
    gates:
      - {metric: rmse, no_worse_by: 1%}
      - {metric: rmse, no_worse_by: 5%, slices: [weather, temperature, {pair: [season, weather]}]}
      - {metric: rmse, at_most: 10, gap: [weather, {pair: [season, weather]}]}
      - {metric: rmse, at_most: 1.5, gap: [temperature], measure: ratio}
"""
SLICES = "[weather, season, {column: temperature, bins: 4}, {pair: [season, weather]}]"


def model(text: str = SLICES) -> Model:
    return contract_file.parse(TEXT.replace("§", text), "c.yaml").model(None)


def test_columns_numbers_and_pairs_are_told_apart() -> None:
    columns = model().evaluation
    assert columns.slices == ("weather", "season", "temperature", "season × weather")
    assert columns.value_columns == ("weather", "season")
    assert columns.bins == {"temperature": 4}
    assert columns.pairs == {"season × weather": ("season", "weather")}


def test_gates_name_them_as_they_are_declared() -> None:
    _, by_slice, gap, ratio = model().gates
    assert by_slice.slices == ("weather", "temperature", "season × weather")
    assert (gap.gap, gap.measure) == (("weather", "season × weather"), "difference")
    assert (ratio.gap, ratio.measure) == (("temperature",), "ratio")
    assert [gap.across("weather"), ratio.across("temperature")] == ["rmse gap[weather]", "rmse ratio[temperature]"]


def evaluation(**more: Any) -> Evaluation:
    given = {"predictions": "p", "id": "id", "target": "y", "prediction": "p", "slices": ("a", "b"), **more}
    return Evaluation(**given)


def gate(**more: Any) -> Gate:
    given = {"metric": "rmse", "kind": "at_most", "limit": Decimal(5), "relative": False, "text": "5", **more}
    return Gate(**given)  # type: ignore[arg-type]


def problems(*gates: Gate, metrics: dict[str, CustomMetric] | None = None) -> list[str]:
    found = rules.about_gates(dict(enumerate(gates)), evaluation(), metrics or {})
    return [f"{problem.code} {shown_path(problem.path)}" for problem in found]


@pytest.mark.parametrize(
    ("gates", "expected"),
    [
        ([gate(gap=("a",))], []),
        ([gate(gap=("a",)), gate(gap=("b",))], []),
        ([gate(gap=("a",)), gate(gap=("a",), measure="ratio", limit=Decimal(2))], []),
        ([gate(gap=("a",)), gate(gap=("a",), kind="no_worse_by")], []),
        ([gate(gap=("a",)), gate(slices=("a",))], []),
        ([gate(gap=("a",)), gate()], []),
        ([gate(gap=("a",), kind="better_by", limit=Decimal("0.5"), relative=True)], []),
        ([gate(gap=("a",)), gate(gap=("a",))], ["E-CFG-029 gates[1].at_most"]),
        ([gate(gap=("a", "a"))], ["E-CFG-029 gates[0].gap[1]"]),
        ([gate(gap=("c",))], ["E-CFG-028 gates[0].gap[0]"]),
        ([gate(gap=("a",), slices=("b",))], ["E-CFG-024 gates[0].slices"]),
        ([gate(measure="ratio")], ["E-CFG-024 gates[0].measure"]),
        ([gate(gap=("a",), kind="at_least")], ["E-CFG-025 gates[0].at_least"]),
        ([gate(gap=("a",), limit=Decimal(-1))], ["E-CFG-025 gates[0].at_most"]),
        ([gate(gap=("a",), measure="ratio", limit=Decimal("0.99"))], ["E-CFG-025 gates[0].at_most"]),
        ([gate(gap=("a",), measure="ratio", metric="r2")], ["E-CFG-025 gates[0].measure"]),
        ([gate(gap=("a",), metric="smape", limit=Decimal(2))], ["E-CFG-025 gates[0].at_most"]),
        ([gate(gap=("a",), metric="smape", kind="no_worse_by", limit=Decimal(2))], ["E-CFG-025 gates[0].no_worse_by"]),
        ([gate(gap=("a",), metric="smape", kind="better_by", limit=Decimal(2))], ["E-CFG-025 gates[0].better_by"]),
        ([gate(gap=("a",), kind="better_by", limit=Decimal("1.5"), relative=True)], ["E-CFG-025 gates[0].better_by"]),
        ([gate(gap=("a",), metric="model_bytes")], ["E-CFG-027 gates[0].gap"]),
    ],
)
def test_what_is_wrong_with_a_gap(gates: list[Gate], expected: list[str]) -> None:
    assert problems(*gates) == expected


@pytest.mark.parametrize(("minimum", "expected"), [(0.0, []), (None, ["E-CFG-025 gates[0].measure"])])
def test_a_ratio_of_a_declared_metric_needs_its_least_value(minimum: float | None, expected: list[str]) -> None:
    declared = {"revenue": CustomMetric(direction="higher", minimum=minimum)}
    assert problems(gate(gap=("a",), measure="ratio", metric="revenue"), metrics=declared) == expected


PAIR = pair_name("a", "b")


@pytest.mark.parametrize(
    ("slices", "pairs", "expected"),
    [
        (("a", "b", PAIR), {PAIR: ("a", "b")}, []),
        (("b", PAIR), {PAIR: ("a", "b")}, ["E-CFG-028 evaluation.slices[1].pair[0]"]),
        (("a", "b", PAIR, PAIR), {PAIR: ("a", "b")}, ["E-CFG-029 evaluation.slices[3]"]),
        (("a", "b", PAIR, "b × a"), {PAIR: ("a", "b"), "b × a": ("b", "a")}, ["E-CFG-029 evaluation.slices[3]"]),
        (("a", "a × a"), {"a × a": ("a", "a")}, ["E-CFG-028 evaluation.slices[1].pair"]),
    ],
)
def test_what_is_wrong_with_a_pair(slices: tuple[str, ...], pairs: dict[str, Any], expected: list[str]) -> None:
    found = rules.about_evaluation(evaluation(slices=slices, pairs=pairs))
    assert [f"{problem.code} {shown_path(problem.path)}" for problem in found] == expected


def test_other_slices_are_another_policy_and_say_so() -> None:
    before, after = model(), model(SLICES.replace("bins: 4", "bins: 5"))
    assert policy_digest(before) != policy_digest(after)
    assert policy_changes(before, after) == ["evaluation.bins was temperature 4, is now temperature 5"]
    dropped = replace(before, gates=before.gates[:2])
    assert policy_changes(before, dropped) == [
        "gate removed: rmse gap across weather, season × weather at_most 10 (block)",
        "gate removed: rmse ratio across temperature at_most 1.5 (block)",
    ]


def test_the_order_of_columns_is_no_policy() -> None:
    one, other = (replace(model(), gates=(gate(gap=order),)) for order in (("a", "b"), ("b", "a")))
    assert policy_digest(one) == policy_digest(other)
    assert policy_digest(one) != policy_digest(replace(one, gates=(gate(gap=("a", "b"), measure="ratio"),)))


def test_a_gap_can_be_waived_by_its_name() -> None:
    gates = model().gates
    waiver = Waiver(gate="rmse gap[weather] at_most 10", reason="r", owner="o", until=date(2026, 12, 31))
    assert not list(about_waivers({0: waiver}, gates))
    pair = replace(waiver, gate="rmse gap[season × weather] at_most 10")
    assert not list(about_waivers({0: pair}, gates))
    other = replace(waiver, gate="rmse gap[season] at_most 10")
    assert [problem.code for problem in about_waivers({0: other}, gates)] == ["E-CFG-031"]
    assert not may_be(gates[2], "rmse at_most 10")
