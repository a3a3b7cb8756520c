"""Choosing a model, and the rules that no single value of a contract shows."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tidegate.core.contract import Contract, CustomMetric, DataSource, Evaluation, Gate, Model, rules
from tidegate.core.contract.problem import Problem, shown, shown_path
from tidegate.errors import InputError


def gate(metric: str = "rmse", kind: Any = "no_worse_by", limit: str = "0.5", **more: Any) -> Gate:
    return Gate(**{"metric": metric, "kind": kind, "limit": Decimal(limit), "relative": False, "text": limit, **more})


def evaluation(**more: Any) -> Evaluation:
    return Evaluation(**{"predictions": "p.csv", "id": "id", "target": "y", "prediction": "p", **more})


def model(name: str) -> Model:
    source = DataSource(tracked="data.dvc", expectations="suites")
    return Model(name=name, path=name, data=source, evaluation=evaluation(), gates=(gate(),))


def contract(*names: str) -> Contract:
    return Contract(version=1, models={name: model(name) for name in names})


def found(*gates: Gate, columns: Evaluation | None = None, metrics: dict[str, CustomMetric] | None = None) -> list[str]:
    problems = rules.about_gates(dict(enumerate(gates)), columns or evaluation(), metrics or {})
    return [f"{problem.code} {shown_path(problem.path)}" for problem in problems]


def test_the_only_model_needs_no_name() -> None:
    assert contract("bike").model(None).name == "bike"
    assert contract("bike").model("").name == "bike"


def test_a_named_model_is_found() -> None:
    assert contract("bike", "taxi").model("taxi").name == "taxi"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (None, "several models: bike, taxi"),
        ("bikes", 'it has: bike, taxi. Did you mean "bike"?'),
        ("x", "it has: bike"),
    ],
    ids=["no-name", "near-miss", "far"],
)
def test_a_model_that_cannot_be_chosen_names_what_exists(name: str | None, message: str) -> None:
    with pytest.raises(InputError, match="E-CFG-026") as raised:
        contract("bike", "taxi").model(name)
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("one", "code"),
    [
        (gate("rmse", "at_least", "0.0"), "E-CFG-025 gates[0].at_least"),
        (gate("rmse", "at_least", "0.1"), None),
        (gate("rmse", "at_most", "-0.1"), "E-CFG-025 gates[0].at_most"),
        (gate("rmse", "at_most", "0"), None),
        (gate("r2", "at_least", "-5"), None),
        (gate("r2", "at_least", "1"), None),
        (gate("r2", "at_least", "1.01"), "E-CFG-025 gates[0].at_least"),
        (gate("r2", "at_most", "1"), "E-CFG-025 gates[0].at_most"),
        (gate("smape", "no_worse_by", "1.99"), None),
        (gate("smape", "no_worse_by", "2"), "E-CFG-025 gates[0].no_worse_by"),
        (gate("smape", "better_by", "2"), "E-CFG-025 gates[0].better_by"),
        (gate("rmse", "no_worse_by", "1000"), None),
        (gate("rmse", "no_worse_by", "2", relative=True), None),
        (gate("own", "at_least", "12"), "E-CFG-025 gates[0].at_least"),
        (gate("own", "no_worse_by", "1", relative=True), "E-CFG-025 gates[0].no_worse_by"),
        (gate("own", "no_worse_by", "0.99", relative=True), None),
    ],
    ids=lambda one: f"{one.metric}-{one.kind}-{one.text}" if isinstance(one, Gate) else "",
)
def test_a_limit_that_all_or_none_can_reach_is_a_problem(one: Gate, code: str | None) -> None:
    own = CustomMetric(direction="higher", minimum=0, maximum=10)
    assert found(one, metrics={"own": own}) == ([code] if code else [])


@pytest.mark.parametrize(
    ("gates", "code"),
    [
        ((gate("mae", "at_least", "9"), gate("mae", "at_most", "8")), "E-CFG-013 gates[1].at_most"),
        ((gate("mae", "at_most", "8"), gate("mae", "at_least", "9")), "E-CFG-013 gates[1].at_least"),
        ((gate("mae", "at_least", "8"), gate("mae", "at_most", "8")), None),
        ((gate("mae", "at_least", "9"), gate("rmse", "at_most", "8")), None),
        ((gate("mae", "at_least", "9", slices=("a",)), gate("mae", "at_most", "8", slices=("b",))), None),
        (
            (gate("mae", "at_least", "9", slices=("a",)), gate("mae", "at_most", "8", slices=("b", "a"))),
            "E-CFG-013 gates[1].at_most",
        ),
        ((gate("mae", "at_most", "8"), gate("mae", "at_most", "9")), "E-CFG-029 gates[1].at_most"),
        ((gate("mae", "at_most", "8"), gate("mae", "at_most", "9", slices=("a",))), None),
    ],
    ids=[
        "least-most",
        "most-least",
        "equal",
        "other-metric",
        "other-rows",
        "shared-rows",
        "same-rule",
        "rule-on-slices",
    ],
)
def test_gates_that_contradict_one_another(gates: tuple[Gate, ...], code: str | None) -> None:
    assert found(*gates, columns=evaluation(slices=("a", "b"))) == ([code] if code else [])


@pytest.mark.parametrize(
    ("metric", "columns", "code"),
    [
        ("rmse", evaluation(prediction=None, score="s"), "E-CFG-027 gates[0].metric"),
        ("auc", evaluation(), "E-CFG-027 gates[0].metric"),
        ("auc", evaluation(score="s"), None),
        ("f1", evaluation(prediction=None, score="s"), "E-CFG-027 gates[0].metric"),
        ("predict_p95_ms", evaluation(prediction=None), None),
    ],
)
def test_a_metric_needs_its_column(metric: str, columns: Evaluation, code: str | None) -> None:
    assert found(gate(metric, "at_least", "0.5"), columns=columns) == ([code] if code else [])


def test_slices_must_be_read_and_belong_to_rows() -> None:
    columns = evaluation(slices=("weather",))
    assert found(gate(slices=("weathr",)), columns=columns) == ["E-CFG-028 gates[0].slices[0]"]
    cost = gate("model_bytes", "at_most", "9", slices=("weather",))
    assert found(cost, columns=columns) == ["E-CFG-027 gates[0].slices"]


@pytest.mark.parametrize(
    ("kinds", "codes"),
    [
        (("metric",), ["E-CFG-021"]),
        ((), ["E-CFG-021"]),
        (("metric", "at_most", "severity"), []),
        (("at_least", "at_most"), ["E-CFG-024"]),
    ],
)
def test_a_gate_has_exactly_one_rule(kinds: tuple[str, ...], codes: list[str]) -> None:
    assert [problem.code for problem in rules.about_rules(kinds, ())] == codes


@pytest.mark.parametrize(
    ("columns", "codes"),
    [
        (evaluation(), []),
        (evaluation(prediction=None), ["E-CFG-027"]),
        (evaluation(prediction="y"), ["E-CFG-027"]),
        (evaluation(id="y"), ["E-CFG-027"]),
        (evaluation(slices=("a", "b", "a")), ["E-CFG-029"]),
    ],
    ids=["good", "nothing", "truth", "truth-as-id", "slice-twice"],
)
def test_columns_that_make_no_sense(columns: Evaluation, codes: list[str]) -> None:
    assert [problem.code for problem in rules.about_evaluation(columns)] == codes


@pytest.mark.parametrize(
    ("name", "metric", "codes"),
    [
        ("profit", CustomMetric(direction="higher", minimum=1, maximum=0), ["E-CFG-013"]),
        ("profit", CustomMetric(direction="higher", minimum=0, maximum=1), []),
        ("rmse", CustomMetric(direction="higher"), ["E-CFG-029"]),
    ],
    ids=["empty-range", "good", "known"],
)
def test_declared_metrics(name: str, metric: CustomMetric, codes: list[str]) -> None:
    assert [problem.code for problem in rules.about_metrics({name: metric})] == codes


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ((), ""),
        (("version",), "version"),
        (("models", "bike-demand", "gates", 0, "metric"), "models.bike-demand.gates[0].metric"),
        (("models", "a b", "path"), 'models["a b"].path'),
        (("a\n",), '["a\\n"]'),
    ],
)
def test_paths_read_like_json(path: tuple[str | int, ...], text: str) -> None:
    assert shown_path(path) == text


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("a", '"a"'),
        ("a\x1b[31m\u202e", '"a\\u001b[31m\\u202e"'),
        ("x" * 81, f'"{"x" * 80}…"'),
        ("x" * 80, f'"{"x" * 80}"'),
        ("https://me:s3cret@host", '"https://[redacted]@host"'),
        ("\ud800", '"\\ud800"'),
    ],
    ids=["plain", "control", "long", "just-fits", "secret", "surrogate"],
)
def test_foreign_text_is_cut_made_visible_and_redacted(text: str, seen: str) -> None:
    assert shown(text) == seen


def test_a_problem_is_told_with_its_path() -> None:
    assert Problem(code="E-CFG-005", path=("models",), message="no.").text == "models: no."
    assert Problem(code="E-CFG-005", path=(), message="no.").text == "no."
