"""Code or data, and seeds, in the report: sentences that add up, tables, and evidence by strangers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.evidence import changed, evidence_set
from fixtures.rendering import context, github_html, outside_code
from tidegate.core.evidence import Evidence
from tidegate.core.report import build
from tidegate.core.report.attribution_part import adding_up

COMPARE = "compare-models"


def part(value: float | None, interval: list[float] | None = None) -> dict[str, Any]:
    return {"value": value, "interval": interval}


def split(code: float, data: float, interaction: float = 0.0, name: str = "rmse", **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "direction": "lower",
        "difference": code + data,
        "new_code": 70.0,
        "new_data": 68.0,
        "code": part(code, [code - 0.5, code + 0.5]),
        "data": part(data, [data - 0.5, data + 0.5]),
        "interaction": part(interaction, [interaction - 1, interaction + 1]),
        **more,
    }


def attribution(*metrics: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {"changed": ["code", "data"], "level": 0.95, "predictions": {}, "metrics": list(metrics), **more}


def seeds(values: tuple[float, ...] = (71.3, 71.0, 71.9), **more: Any) -> dict[str, Any]:
    side = {"seed": 7, "repeats": [{"seed": 1007, "predictions": "a"}, {"seed": 2007, "predictions": "b"}]}
    metric = {
        "name": "rmse",
        "candidate": {"values": [69.9, 70.4, 69.5], "deviation": 0.4},
        "champion": {"values": list(values), "deviation": 0.4},
        "rows": 0.31,
        "seeds": 0.58,
    }
    usual = {"parameter": "train.seed", "same_recipe": False, "candidate": side, "champion": side}
    return {**usual, "metrics": [metric], **more}


def evidence(kind: str = "pass", **blocks: Any) -> Mapping[str, Evidence | None]:
    found: Mapping[str, Evidence | None] = evidence_set(kind)
    for name, block in blocks.items():
        found = changed(found, COMPARE, name, value=block)
    return found


def text(**blocks: Any) -> str:
    """The report's Markdown, with plain spaces."""
    return build(evidence(**blocks), context()).markdown().replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("code", "data", "sentence"),
    [
        (-0.7, -2.4, "Of the 3.1 lower `rmse`, 2.4 come from the data and 0.7 from the code."),
        (0.7, 2.4, "Of the 3.1 higher `rmse`, 2.4 come from the data and 0.7 from the code."),
        (0.9, -4.0, "`rmse` is 3.1 lower: the data lowers it by 4.0, the code raises it by 0.9."),
        (-4.0, 0.9, "`rmse` is 3.1 lower: the data raises it by 0.9, the code lowers it by 4.0."),
        (-2.5, 2.5, "Code and data move `rmse` by −2.5 and +2.5."),
        (-3.1, 0.0, "Of the 3.1 lower `rmse`, 0.0 come from the data and 3.1 from the code."),
    ],
    ids=["both-lower", "both-raise", "data-more", "code-more", "undone", "code-alone"],
)
def test_one_sentence_tells_the_parts(code: float, data: float, sentence: str) -> None:
    assert sentence in text(attribution=attribution(split(code, data)))


@given(data=st.floats(-1e9, 1e9), code=st.floats(-1e9, 1e9), decimals=st.integers(0, 6))
def test_printed_parts_add_up(data: float, code: float, decimals: int) -> None:
    whole, of_data, of_code = (round(value * 10**decimals) for value in adding_up(data, code, decimals))
    assert of_data + of_code == whole
    assert abs(of_data - data * 10**decimals) <= 1.001
    assert abs(of_code - code * 10**decimals) <= 1.001
    assert abs(whole - (data + code) * 10**decimals) <= 0.501


def test_what_rounding_leaves_over_goes_to_the_nearer_part() -> None:
    """−1.515 and −1.341 are −2.856: the second is nearer to −1.4 than the first to −1.6."""
    assert adding_up(-1.515, -1.341, 1) == (-2.9, -1.5, -1.4)


def test_the_table_has_every_metric_with_its_intervals() -> None:
    found = text(attribution=attribution(split(-0.7, -2.4, 0.4), split(-0.3, -1.0, name="mae")))
    assert "<b>Code or data</b> · 2 metrics" in found
    assert "| `rmse` ↓ | −3.10 | −2.40<br>−2.90 to −1.90 | −0.70<br>−1.20 to −0.20 | +0.40<br>−0.60 to +1.40 |" in found
    assert "Each interval at 95%, for the rows alone." in found


def test_why_it_is_not_known_is_said_in_small() -> None:
    why = "new code on the base's data is not in DVC's cache; `tidegate compare-models --attribute` trains it"
    found = text(attribution={"changed": ["code", "data"], "why_not": why})
    assert "Data's and code's part of the difference: ``new code on the base's data is not in DVC's cache" in found
    assert "Code or data</b>" not in found


def test_seeds_have_a_table_and_say_what_they_do() -> None:
    found = text(seed_noise=seeds())
    assert "<b>Seeds</b> · 2 more trainings of each model; the first metric's difference moves by about 0.58" in found
    assert "| `rmse` | 71.00 to 71.90 (71.30) | 69.50 to 70.40 (69.90) | 0.31 | 0.58 |" in found
    assert "with other values of `train.seed`" in found


def test_a_change_of_nothing_but_the_seed_is_said() -> None:
    said = "Nothing else changed: the true difference is none, and every interval holds 0."
    assert said in text(seed_noise=seeds(same_recipe=True))
    assert said not in text(seed_noise=seeds())


def test_an_undecided_gate_says_when_seeds_are_in_its_way() -> None:
    known = evidence_set("undecided")[COMPARE]
    assert known is not None
    gates = [{**gate, "rows_needed": None, "seeds": 0.58} for gate in known.result["gates"]]
    found = build(evidence("undecided", gates=gates), context()).markdown()
    assert "; another seed alone moves it by about 0.58" in found
    assert "more rows would" not in found


def test_without_either_the_report_says_nothing_of_them() -> None:
    found = text()
    assert "Seeds</b>" not in found
    assert "Code or data" not in found


@pytest.mark.parametrize(
    "blocks",
    [
        {"attribution": attribution(split(float(2**60), 1e300, name="<img src=x> @org `x` | #1"))},
        {"attribution": attribution(split(1e308, 1e308, difference=None))},
        {"attribution": attribution({**split(1, 1), "difference": None, "code": part(None), "data": part(None)})},
        {"attribution": {"changed": ["x" * 10_000] * 100, "why_not": "@everyone <b>" * 1000}},
        {"attribution": attribution()},
        {"seed_noise": seeds((), parameter="`; <script>")},
        {"seed_noise": {**seeds(), "metrics": []}},
    ],
    ids=["hostile-name", "beyond-floats", "unknown", "long", "empty", "no-values", "no-metrics"],
)
def test_what_a_stranger_wrote_is_inert(blocks: dict[str, Any]) -> None:
    shown = outside_code(github_html(text(**blocks)))
    assert "<img" not in shown
    assert "<script" not in shown
    assert "@org" not in shown
    assert "@everyone" not in shown
    assert "the evidence is not whole" not in shown


@pytest.mark.parametrize(
    ("blocks", "pointer"),
    [
        ({"attribution": attribution({**split(1, 1), "code": 3})}, "/attribution/metrics/0/code"),
        ({"attribution": attribution({**split(1, 1), "name": None})}, "/attribution/metrics/0/name"),
        (
            {"attribution": attribution({**split(1, 1), "data": part(1.0, [3, 2])})},
            "/attribution/metrics/0/data/interval",
        ),
        ({"attribution": []}, "/attribution"),
        (
            {"seed_noise": {**seeds(), "metrics": [{"name": "rmse", "candidate": {}}]}},
            "/seed_noise/metrics/0/candidate",
        ),
        ({"seed_noise": seeds((float("nan"),))}, "/seed_noise/metrics/0/champion/values/0"),
        ({"seed_noise": {**seeds(), "parameter": 3}}, "/seed_noise/parameter"),
        ({"seed_noise": seeds(same_recipe="yes")}, "/seed_noise/same_recipe"),
    ],
    ids=["part", "name", "interval", "block", "values", "nan", "parameter", "recipe"],
)
def test_evidence_of_another_form_is_no_pass(blocks: dict[str, Any], pointer: str) -> None:
    found = text(**blocks)
    assert pointer in found
    assert "left evidence that does not have the agreed form" in found
