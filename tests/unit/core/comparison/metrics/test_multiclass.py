"""Metrics of many classes' scores equal scikit-learn's, and the definition where it takes no weights."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np
import pytest
import sklearn.metrics as sk

from measured import ROWS, WEIGHINGS, value, weights
from tidegate.core.comparison.inference.resampling import of_rows, resample, summed
from tidegate.core.comparison.metrics import METRICS
from tidegate.core.comparison.metrics.form import Outcome
from tidegate.core.comparison.samples.sample import coded
from tidegate.errors import InputError

CLASSES = ["ant", "bee", "cat", "dog"]


def scored(ties: bool = False, rows: int = ROWS) -> tuple[Any, Any]:
    """True classes, unequally frequent, and a table of probabilities that are right more often than not."""
    random = np.random.default_rng(5)
    truth = random.choice(4, rows, p=[0.1, 0.2, 0.3, 0.4])
    table = random.dirichlet(np.ones(4), rows) + 0.6 * np.eye(4)[truth]
    table = np.round(table, 1) if ties else table
    return truth, table / table.sum(axis=1, keepdims=True)


def outcome(truth: Any, table: Any, weight: Any = None) -> Outcome:
    scores = {label: np.ascontiguousarray(table[:, at]) for at, label in enumerate(CLASSES)}
    return Outcome(truth=coded(np.array(CLASSES)[truth]), scores=scores, weight=weight)


@pytest.mark.parametrize("ties", [False, True], ids=["distinct", "tied"])
@pytest.mark.parametrize("weighing", WEIGHINGS)
@pytest.mark.parametrize("average", ["macro", "weighted"])
def test_one_against_the_rest(average: str, weighing: str, ties: bool) -> None:
    truth, table = scored(ties)
    weight = weights(weighing)
    expected = sk.roc_auc_score(truth, table, multi_class="ovr", average=average, sample_weight=weight)
    assert value(f"auc_ovr_{average}", outcome(truth, table, weight)) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("ties", [False, True], ids=["distinct", "tied"])
@pytest.mark.parametrize("average", ["macro", "weighted"])
def test_one_against_one(average: str, ties: bool) -> None:
    truth, table = scored(ties)
    expected = sk.roc_auc_score(truth, table, multi_class="ovo", average=average)
    assert value(f"auc_ovo_{average}", outcome(truth, table)) == pytest.approx(expected, rel=1e-12)


def by_definition(truth: Any, table: Any, weight: Any, average: str) -> float:
    """Hand and Till's, from two-class areas of scikit-learn's."""
    areas, shares = [], []
    for one, other in combinations(range(4), 2):
        some = np.isin(truth, [one, other])
        pair = [
            sk.roc_auc_score(truth[some] == code, table[some, code], sample_weight=weight[some])
            for code in (one, other)
        ]
        areas.append(np.mean(pair))
        shares.append(weight[some].sum())
    return float(np.average(areas, weights=shares if average == "weighted" else None))


@pytest.mark.parametrize("weighing", WEIGHINGS[1:])
@pytest.mark.parametrize("average", ["macro", "weighted"])
def test_one_against_one_with_weights(average: str, weighing: str) -> None:
    truth, table = scored()
    weight = weights(weighing)
    expected = by_definition(truth, table, weight, average)
    assert value(f"auc_ovo_{average}", outcome(truth, table, weight)) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("weighing", WEIGHINGS)
@pytest.mark.parametrize("most", [1, 2, 3])
def test_top_classes(most: int, weighing: str) -> None:
    truth, table = scored()
    weight = weights(weighing)
    expected = sk.top_k_accuracy_score(truth, table, k=most, sample_weight=weight)
    assert value(f"top_{most}_accuracy", outcome(truth, table, weight)) == pytest.approx(expected, rel=1e-12)


def test_classes_that_all_tie_are_as_good_as_chance() -> None:
    truth, table = scored()
    assert value("top_3_accuracy", outcome(truth, np.full_like(table, 0.25))) == pytest.approx(3 / 4)


@pytest.mark.parametrize("name", ["auc_ovr_macro", "auc_ovo_weighted", "top_3_accuracy"])
def test_a_class_without_a_score_is_named(name: str) -> None:
    truth, table = scored()
    found = outcome(truth, table)
    missing = Outcome(truth=found.truth, scores={label: found.scores[label] for label in CLASSES[:3]})
    with pytest.raises(InputError, match="class 'dog' has no score"):
        value(name, missing)


@pytest.mark.parametrize("name", ["auc_ovr_macro", "auc_ovr_weighted", "auc_ovo_macro", "auc_ovo_weighted"])
def test_draws_of_the_expansion_have_the_spread_of_exact_ones(name: str) -> None:
    truth, table = scored(rows=1500)
    form = METRICS[name](outcome(truth, table))
    plan = of_rows(1500, seed=1)
    exact = resample([summed(form, plan)], 400, 3)[0]
    linear = resample([summed(type(form)(sums=form.sums, value=form.value), plan)], 400, 3)[0]
    assert form.exact_rows >= 1500 // 2
    assert np.corrcoef(exact, linear)[0, 1] > 0.995
    assert np.std(linear) == pytest.approx(np.std(exact), rel=0.03)


ONE: dict[str, Callable[..., float]] = {
    "accuracy": sk.accuracy_score,
    "precision": sk.precision_score,
    "recall": sk.recall_score,
    "f1": sk.f1_score,
    "jaccard": sk.jaccard_score,
    "balanced_accuracy": sk.balanced_accuracy_score,
    "mcc": sk.matthews_corrcoef,
    "kappa": sk.cohen_kappa_score,
}


@pytest.mark.parametrize("weighing", WEIGHINGS)
@pytest.mark.parametrize("name", ONE)
def test_one_class_against_the_rest_by_its_name(name: str, weighing: str) -> None:
    truth, table = scored()
    said, weight = table.argmax(axis=1), weights(weighing)
    found = Outcome(truth=coded(np.array(CLASSES)[truth]), prediction=coded(np.array(CLASSES)[said]), weight=weight)
    expected = ONE[name](truth == 2, said == 2, sample_weight=weight)
    assert value(f"{name}:cat", found) == pytest.approx(expected, rel=1e-12)


SCORED: dict[str, Callable[..., float]] = {
    "auc": sk.roc_auc_score,
    "average_precision": sk.average_precision_score,
    "log_loss": sk.log_loss,
    "brier": sk.brier_score_loss,
}


@pytest.mark.parametrize("weighing", WEIGHINGS)
@pytest.mark.parametrize("name", SCORED)
def test_one_classs_scores_by_its_name(name: str, weighing: str) -> None:
    truth, table = scored()
    weight = weights(weighing)
    expected = SCORED[name](truth == 2, table[:, 2], sample_weight=weight)
    assert value(f"{name}:cat", outcome(truth, table, weight)) == pytest.approx(expected, rel=1e-12)


def test_a_class_by_a_name_that_does_not_occur_is_refused() -> None:
    truth, table = scored()
    with pytest.raises(InputError, match="class 'cow' does not occur; the target has ant, bee, cat, dog") as caught:
        value("auc:cow", outcome(truth, table))
    assert caught.value.code == "E-MET-017"


def test_scores_of_other_classes_are_not_taken_for_the_positive_ones() -> None:
    truth, table = scored()
    found = outcome(truth, table)
    others = Outcome(truth=found.truth, scores={label: found.scores[label] for label in CLASSES[:3]}, positive="dog")
    with pytest.raises(InputError, match="class 'dog' has no score"):
        value("auc", others)


@pytest.mark.parametrize("name", ["auc_ovr_macro", "auc_ovo_macro", "auc_ovr_weighted", "auc_ovo_weighted"])
def test_one_class_only_is_undefined(name: str) -> None:
    truth, table = scored()
    assert np.isnan(value(name, outcome(np.full_like(truth, 1), table)))
