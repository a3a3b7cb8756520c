"""The whole decision: what passes, what does not, and what is said about it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import worlds
from hold_outs import RMSE, ROWS, classes, gate, model, numbers
from tidegate.core.answer import Verdict
from tidegate.core.comparison.comparison import compare
from tidegate.core.comparison.samples.sample import Output, Predictions
from tidegate.core.comparison.samples.task import task_of, usual_metrics
from tidegate.core.contract import Label
from tidegate.errors import InputError

PASS, FAIL, UNDECIDED = Verdict.PASS, Verdict.FAIL, Verdict.UNDECIDED


def test_a_regression_that_got_better() -> None:
    found = compare(model(RMSE), numbers(0.9), numbers())
    assert (found.verdict, found.sentence) == (PASS, "ready to promote")
    assert [metric.name for metric in found.metrics] == ["rmse", "mae", "r2"]
    assert [metric.better for metric in found.metrics] == [True, True, True]
    assert found.flips is None
    assert found.draws == 2000


def test_more_gates_that_fail_are_counted() -> None:
    rules = (RMSE, gate("mae", "at_most", "1"), gate("r2", "at_least", "0.99"))
    assert compare(model(*rules), numbers(1.1), numbers()).sentence.endswith("; and 2 more gates")


def test_a_warning_blocks_nothing_and_is_counted() -> None:
    found = compare(model(RMSE, gate("mae", "at_most", "1", severity="warn")), numbers(0.9), numbers())
    assert (found.verdict, found.sentence) == (PASS, "ready to promote; 1 warning")
    assert found.family == ("rmse no_worse_by 1%",)


def test_a_fail_outweighs_what_is_undecided() -> None:
    rules = (gate("mae", "at_most", "1"), gate("predict_p95_ms", "at_most", "5"))
    found = compare(model(*rules), numbers(), numbers())
    assert found.verdict is FAIL
    assert [finding.verdict for finding in found.gates] == [FAIL, UNDECIDED]


def test_a_cost_that_nobody_measured_is_undecided() -> None:
    found = compare(model(RMSE, gate("predict_p95_ms", "no_worse_by", "20%")), numbers(), numbers())
    assert found.verdict is UNDECIDED
    assert "predict_p95_ms was not judged: no value of predict_p95_ms was measured" in found.sentence
    warned = compare(model(RMSE, gate("predict_p95_ms", "at_most", "5", severity="warn")), numbers(), numbers())
    assert warned.verdict is PASS


def test_a_classifier_that_flipped_rows() -> None:
    found = compare(model(gate("accuracy", "no_worse_by", "0.01")), classes(0.8, seed=2), classes(0.9))
    assert found.verdict is FAIL
    assert found.flips is not None
    changed = (found.flips.became_right, found.flips.became_wrong)
    kept = (found.flips.stayed_right, found.flips.stayed_wrong)
    assert sum(changed) + sum(kept) == ROWS
    assert changed[1] > changed[0]
    difference = next(metric.difference for metric in found.metrics if metric.name == "accuracy")
    assert difference == pytest.approx((changed[0] - changed[1]) / ROWS)
    assert found.regressions == ()
    assert [metric.name for metric in found.metrics] == ["accuracy", "f1", "log_loss", "auc"]


def test_the_rows_whose_error_grew_most_are_named_worst_first() -> None:
    old, new = numbers(0.0), numbers(0.0)
    predicted = new.truth.copy()  # type: ignore[union-attr]
    predicted[[7, 300]] += [5.0, 9.0]
    changed = Predictions(ids=new.ids, truth=new.truth, output=Output(prediction=predicted))
    found = compare(model(RMSE), changed, old)
    assert [(row.id, row.before) for row in found.regressions] == [("300", 0.0), ("7", 0.0)]
    assert found.regressions[0].after == pytest.approx(9.0)


@settings(max_examples=15)
@given(order=st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(order: Any) -> None:
    rows = list(range(200))
    order.shuffle(rows)
    plain = numbers(0.97, rows=200)
    shuffled = Predictions(
        ids=plain.ids[rows],
        truth=plain.truth[rows],  # type: ignore[index]
        output=Output(prediction=plain.output.prediction[rows]),  # type: ignore[index]
    )
    champion = numbers(rows=200)
    assert compare(model(RMSE), plain, champion) == compare(model(RMSE), shuffled, champion)


def test_swapping_the_models_turns_every_difference() -> None:
    rule = gate("accuracy", "no_worse_by", "0.01")
    one = compare(model(rule), classes(0.85, seed=2), classes(0.9))
    other = compare(model(rule), classes(0.9), classes(0.85, seed=2))
    for there, back in zip(one.metrics, other.metrics, strict=True):
        assert there.difference == -(back.difference or 0.0)
        assert there.interval is not None
        assert back.interval is not None
        assert there.interval.low == pytest.approx(-back.interval.high, rel=1e-12, abs=0.002)


WORSE = settings(max_examples=20)


@WORSE
@given(one=st.floats(0.8, 1.3), other=st.floats(0.8, 1.3))
def test_a_candidate_with_larger_errors_is_never_judged_better(one: float, other: float) -> None:
    order = {FAIL: 0, UNDECIDED: 1, PASS: 2}
    small, large = sorted((one, other))
    verdicts = [compare(model(RMSE), numbers(scale, rows=300), numbers(rows=300)).verdict for scale in (small, large)]
    assert order[verdicts[0]] >= order[verdicts[1]]


LABELS = {"a": Label(target="t1", prediction="p1"), "b": Label(target="t2", prediction="p2")}


def test_the_task_is_what_the_columns_say_before_what_the_gates_need() -> None:
    assert task_of(model(RMSE, prediction=None, quantiles={"p50": "0.5", "p90": "0.9"})) == "quantiles"
    assert task_of(model(gate("f1:a", "at_least", "0.5"), target="", labels=LABELS)) == "multilabel"
    assert task_of(model(gate("ndcg", "at_least", "0.5"), cluster="q")) == "ranking"
    assert task_of(model(gate("auc_ovr_macro", "at_least", "0.5"), score={"a": "x"})) == "classification"
    with pytest.raises(InputError, match="ndcg needs numbers and f1 needs classes"):
        task_of(model(gate("ndcg", "at_least", "0.5"), gate("f1", "at_least", "0.5")))


def test_the_metrics_that_are_always_shown_are_those_of_the_kind_of_model() -> None:
    random = np.random.default_rng(0)
    shown = {
        "numbers": usual_metrics(worlds.regression(random)),
        "two classes": usual_metrics(worlds.classification(random)),
        "classes": usual_metrics(worlds.many_classes(random)),
        "labels": usual_metrics(worlds.many_labels(random)),
        "quantiles": usual_metrics(worlds.quantiles(random)),
        "lists": usual_metrics(worlds.queries(random), "ranking"),
    }
    assert shown == {
        "numbers": ("rmse", "mae", "r2"),
        "two classes": ("accuracy", "f1", "log_loss", "auc"),
        "classes": ("accuracy", "f1_macro", "log_loss", "auc_ovr_macro"),
        "labels": ("subset_accuracy", "f1_micro", "f1_macro", "hamming_loss"),
        "quantiles": ("pinball", "interval_coverage", "interval_width", "mae"),
        "lists": ("ndcg", "mrr"),
    }


def test_the_task_is_what_the_gates_need() -> None:
    assert task_of(model(RMSE)) == "regression"
    assert task_of(model(gate("f1", "at_least", "0.5"))) == "classification"
    assert task_of(model(gate("auc", "at_least", "0.5"))) == "classification"
    assert task_of(model(gate("predict_p95_ms", "at_most", "5"))) == "regression"
    assert task_of(model(gate("predict_p95_ms", "at_most", "5"), positive="1")) == "classification"
    with pytest.raises(InputError, match="rmse needs numbers and f1 needs classes"):
        task_of(model(RMSE, gate("f1", "at_least", "0.5")))
