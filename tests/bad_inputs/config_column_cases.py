"""Contracts whose columns cannot be judged together, or do not give what a gate's metric is computed from."""

from __future__ import annotations

from bad_inputs.cases import CONTRACT, GATE, Case, contract, contract_with

_COLUMNS = "      target: rentals\n      prediction: predicted\n"
_LABELS = "      labels:\n        spam: {target: t1, prediction: p1}\n        rude: {target: t2, score: s2}\n"


def columns(name: str, title: str, new: str, *mentions: str, code: str = "E-CFG-027", gate: str = "") -> Case:
    """The good contract with other columns and, for a marked one, another gate."""
    text = CONTRACT.replace(_COLUMNS, new)
    text = text.replace(GATE, gate) if gate else text
    return Case(id=name, title=title, exit=2, code=code, mentions=mentions, **contract(text))


_QUANTILES = "      target: rentals\n      prediction: {p10: 0.1, p90: 0.9}\n"
CASES = (
    Case(
        id="C12-level",
        title="a quantile's level beyond 1",
        exit=2,
        code="E-CFG-025",
        mentions=("expected a quantile's level between 0 and 1",),
        **contract_with("prediction: predicted", "prediction: {p10: §10}"),
    ),
    Case(
        id="C12-level-text",
        title="a quantile's level in quotes",
        exit=2,
        code="E-CFG-012",
        **contract_with("prediction: predicted", "prediction: {p10: §'0.1'}"),
    ),
    Case(
        id="C14-interval",
        title="an interval that there is not",
        exit=2,
        code="E-CFG-014",
        mentions=('Did you mean "bca"?',),
        **contract_with("prediction: predicted", "prediction: predicted\n      interval: §bac"),
    ),
    columns(
        "C23-level-twice",
        "two columns of one level",
        "      target: rentals\n      prediction: {p10: 0.1, low: §0.10}\n",
        "are both the quantile of level 0.1",
    ),
    columns(
        "C23-median",
        "a gate on numbers, and no median among the quantiles",
        _QUANTILES,
        "the quantile of level 0.5, which no column has",
        gate="{metric: §rmse, no_worse_by: 1%}",
    ),
    columns(
        "C23-quantiles",
        "a gate on quantiles, and there are none",
        _COLUMNS,
        "is computed from quantiles",
        gate="{metric: §pinball, no_worse_by: 1%}",
    ),
    columns(
        "C23-threshold",
        "a threshold beside predictions",
        f"{_COLUMNS}      threshold: §0.5\n",
        "a threshold would decide nothing",
    ),
    columns(
        "C23-labels-target",
        "labels beside a target",
        f"      target: §rentals\n{_LABELS}",
        "labels have columns of their own",
    ),
    columns(
        "C23-label-comma",
        "a label with a comma",
        _LABELS.replace("        rude: ", '        "a, b": §'),
        "without commas",
    ),
    columns(
        "C23-label-unknown",
        "a gate on a label that is not declared",
        f"{_LABELS}      threshold: 0.5\n",
        'Did you mean "rude"?',
        gate="{metric: §f1:rud, at_least: 0.5}",
    ),
    columns(
        "C23-label-unsaid",
        "labels that are scored and no threshold",
        _LABELS,
        "predictions, which some label has not",
        gate="{metric: §f1_macro, at_least: 0.5}",
    ),
    columns(
        "C23-which-label",
        "a gate on one class where there are many labels",
        f"{_LABELS}      threshold: 0.5\n",
        "Ask it of a label, such as f1:spam",
        gate="{metric: §f1, at_least: 0.5}",
    ),
    columns(
        "C23-classes",
        "a metric of all classes' scores, and one column",
        "      target: rentals\n      score: s\n",
        "a score for each class",
        gate="{metric: §auc_ovr_macro, at_least: 0.5}",
    ),
    Case(
        id="C23-query",
        title="a ranking without queries",
        exit=2,
        code="E-CFG-027",
        mentions=("is computed query by query",),
        **contract(
            CONTRACT.replace("      cluster: date\n", "").replace(GATE, "{metric: §ndcg, at_least: 0.5}"),
        ),
    ),
    Case(
        id="C04-name",
        title="a metric whose number is none",
        exit=2,
        code="E-CFG-004",
        **contract_with("{metric: rmse, no_worse_by: 1%}", "{metric: §ndcg_at_0, no_worse_by: 1%}"),
    ),
)
