"""A contract whose columns cannot be judged together, or do not give what a gate needs, is told so at the gate."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tidegate.core.comparison.metric_table import KNOWN
from tidegate.core.contract import DataSource, Evaluation, Gate, Label, Model
from tidegate.core.contract.columns import about_columns, about_needs
from tidegate.core.contract.policy import policy_digest

SPAM = Label(target="t1", prediction="p1", score="s1")
RUDE = Label(target="t2", score="s2")
LABELS = {"spam": SPAM, "rude": Label(target="t2", prediction="p2")}
QUANTILES = {"p10": "0.1", "p90": "0.9"}


def evaluation(**given: Any) -> Evaluation:
    return Evaluation(**{"predictions": "p.parquet", "id": "id", "target": "y", **given})


GOOD: dict[str, dict[str, Any]] = {
    "number": {"prediction": "p"},
    "quantiles": {"quantiles": QUANTILES},
    "threshold": {"score": "s", "threshold": 0.3},
    "labels": {"target": "", "labels": LABELS},
    "labels by threshold": {"target": "", "labels": {"spam": SPAM, "rude": RUDE}, "threshold": 0.5},
}


@pytest.mark.parametrize("given", GOOD.values(), ids=GOOD)
def test_what_can_be_judged(given: dict[str, Any]) -> None:
    assert list(about_columns(evaluation(**given))) == []


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no target": ({"target": "", "prediction": "p"}, 'key "target" is missing'),
    "nothing said": ({}, "there is nothing to judge"),
    "truth as quantile": ({"quantiles": {"y": "0.1", "p90": "0.9"}}, "is the target, too"),
    "a level twice": ({"quantiles": {"a": "0.1", "b": "0.1"}}, "are both the quantile of level 0.1"),
    "quantiles and scores": ({"quantiles": QUANTILES, "score": "s"}, "score is about classes"),
    "quantiles and threshold": ({"quantiles": QUANTILES, "threshold": 0.5}, "threshold is about classes"),
    "threshold and prediction": ({"prediction": "p", "score": "s", "threshold": 0.5}, "would decide nothing"),
    "threshold and scores": ({"score": {"a": "s", "b": "t"}, "threshold": 0.5}, "needs one column of scores"),
    "labels and target": ({"labels": LABELS}, "labels have columns of their own"),
    "labels and score": ({"target": "", "labels": LABELS, "score": "s"}, "labels have columns of their own"),
    "one label": ({"target": "", "labels": {"spam": SPAM}}, "one label is a classification"),
    "a comma": ({"target": "", "labels": {**LABELS, "a, b": SPAM}}, "cannot be a label"),
    "nothing said of a label": ({"target": "", "labels": {**LABELS, "x": Label(target="t")}}, "nothing to judge"),
    "label is its truth": (
        {"target": "", "labels": {**LABELS, "x": Label(target="t", prediction="t")}},
        "every model would look perfect",
    ),
    "labels, threshold unused": ({"target": "", "labels": LABELS, "threshold": 0.5}, "would decide nothing"),
}


@pytest.mark.parametrize(("given", "message"), BAD.values(), ids=BAD)
def test_what_cannot_be_judged(given: dict[str, Any], message: str) -> None:
    assert any(message in problem.message for problem in about_columns(evaluation(**given)))


NEEDS: dict[str, tuple[str, dict[str, Any], str]] = {
    "quantiles": ("pinball", {"prediction": "p"}, "is computed from quantiles"),
    "one quantile": ("interval_width", {"quantiles": {"p10": "0.1"}}, "two or more quantiles"),
    "no such level": ("pinball_p50", {"quantiles": QUANTILES}, "the quantile of level 0.5, which no column has"),
    "no median": ("rmse", {"quantiles": QUANTILES}, "the quantile of level 0.5, which no column has"),
    "class of quantiles": ("f1", {"quantiles": QUANTILES}, "is not computed from quantiles"),
    "sets": ("hamming_loss", {"prediction": "p"}, "rows with any number of labels"),
    "scores": ("auc_ovr_macro", {"score": "s"}, "a score for each class"),
    "query": ("ndcg", {"prediction": "p"}, "is computed query by query"),
    "class without score": ("auc:dog", {"score": {"cat": "a", "cow": "b"}}, "a class without a score"),
    "no prediction": ("f1", {"score": "s"}, "evaluation.prediction, which names no column"),
    "no score": ("auc", {"prediction": "p"}, "evaluation.score, which names no column"),
    "no label": ("f1:spma", {"target": "", "labels": LABELS}, 'not among evaluation.labels. Did you mean "spam"?'),
    "which label": ("mcc", {"target": "", "labels": LABELS}, "is not defined for rows with any number of labels"),
    "label without score": ("auc:rude", {"target": "", "labels": LABELS}, "the label's score, which names no column"),
    "label unsaid": ("f1_macro", {"target": "", "labels": {"spam": SPAM, "rude": RUDE}}, "which some label has not"),
}


def gate(metric: str, *slices: str) -> Gate:
    return Gate(metric=metric, kind="at_least", limit=Decimal(0), relative=False, text="0", slices=slices)


@pytest.mark.parametrize(("metric", "given", "message"), NEEDS.values(), ids=NEEDS)
def test_what_a_metric_needs_and_is_not_there(metric: str, given: dict[str, Any], message: str) -> None:
    found = list(about_needs(KNOWN[metric], gate(metric), evaluation(**given), ("gates", 0)))
    assert [problem.code for problem in found] == ["E-CFG-027"]
    assert message in found[0].message


HAS: dict[str, tuple[str, dict[str, Any]]] = {
    "pinball of a level": ("pinball_p10", {"quantiles": QUANTILES}),
    "median": ("mae", {"quantiles": {**QUANTILES, "p50": "0.5"}}),
    "class by threshold": ("f1", {"score": "s", "threshold": 0.3}),
    "label by threshold": ("f1_samples", {"target": "", "labels": {"spam": SPAM, "rude": RUDE}, "threshold": 0.5}),
    "label": ("recall:spam", {"target": "", "labels": {"spam": SPAM, "rude": RUDE}}),
    "label's score": ("auc:spam", {"target": "", "labels": LABELS}),
    "macro of labels": ("f1_macro", {"target": "", "labels": LABELS}),
    "query": ("ndcg_at_5", {"prediction": "p", "cluster": "q"}),
    "classes": ("top_5_accuracy", {"score": {"a": "x", "b": "y"}}),
    "cost": ("predict_p95_ms", {"quantiles": QUANTILES}),
}


@pytest.mark.parametrize(("metric", "given"), HAS.values(), ids=HAS)
def test_what_a_metric_needs_and_is_there(metric: str, given: dict[str, Any]) -> None:
    assert list(about_needs(KNOWN[metric], gate(metric), evaluation(**given), ("gates", 0))) == []


def test_settings_that_are_not_used_leave_a_policys_digest_as_it_was() -> None:
    def digest_of(**given: Any) -> str:
        model = Model(
            name="m",
            path="model",
            data=DataSource(tracked="data.dvc", expectations="suites"),
            evaluation=evaluation(prediction="p", **given),
            gates=(gate("rmse"),),
        )
        return policy_digest(model)

    plain = digest_of()
    assert plain == digest_of(threshold=None, interval="percentile", labels={}, quantiles={})
    used = [{"interval": "bca"}, {"threshold": 0.5}, {"labels": LABELS}, {"quantiles": QUANTILES}]
    assert len({plain, *(digest_of(**given) for given in used)}) == 5
