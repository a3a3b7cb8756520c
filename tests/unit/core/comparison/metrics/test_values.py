"""Every metric's value equals scikit-learn's, with and without weights, for two and for many classes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import sklearn.metrics as sk
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegate.core.comparison.inference.resampling import of_clusters, of_rows, summed
from tidegate.core.comparison.metric_table import KNOWN
from tidegate.core.comparison.metrics import METRICS
from tidegate.core.comparison.metrics.form import Outcome
from tidegate.core.comparison.samples.sample import Floats, coded
from tidegate.errors import InputError

ROWS = 500


def value(name: str, outcome: Outcome, rows: int = ROWS) -> float:
    return summed(METRICS[name](outcome), of_rows(rows, seed=0)).point


def weights(kind: str, rows: int = ROWS) -> Floats | None:
    random = np.random.default_rng(3)
    return {"equal": None, "weighted": random.uniform(0.1, 5, rows), "counts": random.integers(0, 4, rows) + 0.0}[kind]


REGRESSION: dict[str, Callable[..., float]] = {
    "mse": sk.mean_squared_error,
    "rmse": sk.root_mean_squared_error,
    "mae": sk.mean_absolute_error,
    "mape": sk.mean_absolute_percentage_error,
    "msle": sk.mean_squared_log_error,
    "rmsle": sk.root_mean_squared_log_error,
    "median_absolute_error": sk.median_absolute_error,
    "poisson_deviance": sk.mean_poisson_deviance,
    "gamma_deviance": sk.mean_gamma_deviance,
    **{
        f"tweedie_deviance_{power}": lambda *a, power=power, **k: sk.mean_tweedie_deviance(*a, power=float(power), **k)
        for power in ("1.5", "2.5", "3")
    },
    "r2": sk.r2_score,
    "explained_variance": sk.explained_variance_score,
    **{
        f"pinball_p{level:02d}": lambda *a, level=level, **k: sk.mean_pinball_loss(*a, alpha=level / 100, **k)
        for level in (5, 10, 25, 50, 75, 90, 95)
    },
}


@pytest.mark.parametrize("weighing", ["equal", "weighted", "counts"])
@pytest.mark.parametrize("name", REGRESSION)
def test_regression(name: str, weighing: str) -> None:
    random = np.random.default_rng(1)
    truth = random.gamma(2, 100, ROWS)
    said = np.abs(truth + random.normal(5, 30, ROWS))
    weight = weights(weighing)
    mine = value(name, Outcome(truth=truth, prediction=said, weight=weight))
    assert mine == pytest.approx(REGRESSION[name](truth, said, sample_weight=weight), rel=1e-12)


@pytest.mark.parametrize("name", ["poisson_deviance", "gamma_deviance", "tweedie_deviance_1.5"])
def test_a_mean_that_cannot_be_is_undefined(name: str) -> None:
    truth = np.array([1.0, 2.0, 3.0])
    assert np.isnan(value(name, Outcome(truth=truth, prediction=np.array([1.0, 0.0, 3.0])), 3))
    assert np.isnan(value(name, Outcome(truth=np.array([1.0, -2.0, 3.0]), prediction=truth), 3))
    nothing = value(name, Outcome(truth=np.array([1.0, 0.0, 3.0]), prediction=truth), 3)
    assert np.isnan(nothing) == (name == "gamma_deviance")


def test_percentage_errors_that_scikit_learn_lacks() -> None:
    truth, said = np.array([0.0, 10.0, 20.0]), np.array([0.0, 12.0, 15.0])
    outcome = Outcome(truth=truth, prediction=said)
    assert value("wape", outcome, 3) == pytest.approx(7 / 30, rel=1e-12)
    assert value("smape", outcome, 3) == pytest.approx((0 + 2 * 2 / 22 + 2 * 5 / 35) / 3, rel=1e-12)


LABELS: dict[str, Callable[..., float]] = {
    "accuracy": sk.accuracy_score,
    "balanced_accuracy": sk.balanced_accuracy_score,
    "precision_macro": lambda *a, **k: sk.precision_score(*a, average="macro", zero_division=0, **k),
    "recall_macro": lambda *a, **k: sk.recall_score(*a, average="macro", zero_division=0, **k),
    "f1_macro": lambda *a, **k: sk.f1_score(*a, average="macro", zero_division=0, **k),
    "f1_weighted": lambda *a, **k: sk.f1_score(*a, average="weighted", zero_division=0, **k),
    "mcc": sk.matthews_corrcoef,
    "kappa": sk.cohen_kappa_score,
}
ONE_CLASS: dict[str, Callable[..., float]] = {
    "precision": lambda *a, **k: sk.precision_score(*a, pos_label="yes", zero_division=0, **k),
    "recall": lambda *a, **k: sk.recall_score(*a, pos_label="yes", zero_division=0, **k),
    "f1": lambda *a, **k: sk.f1_score(*a, pos_label="yes", zero_division=0, **k),
    "jaccard": lambda *a, **k: sk.jaccard_score(*a, pos_label="yes", zero_division=0, **k),
    "specificity": lambda *a, **k: sk.recall_score(*a, pos_label="no", zero_division=0, **k),
}


def classified(classes: list[str], right: float) -> tuple[Any, Any]:
    random = np.random.default_rng(2)
    truth = random.choice(classes, ROWS, p=np.arange(1, len(classes) + 1) / sum(range(1, len(classes) + 1)))
    return truth, np.where(random.random(ROWS) < right, truth, random.choice(classes, ROWS))


@pytest.mark.parametrize("weighing", ["equal", "weighted", "counts"])
@pytest.mark.parametrize("classes", [["no", "yes"], ["a", "b", "c", "d", "e"]], ids=["two", "five"])
@pytest.mark.parametrize("name", LABELS)
def test_classes(name: str, classes: list[str], weighing: str) -> None:
    truth, said = classified(classes, right=0.7)
    weight = weights(weighing)
    mine = value(name, Outcome(truth=coded(truth), prediction=coded(said), weight=weight))
    assert mine == pytest.approx(LABELS[name](truth, said, sample_weight=weight), rel=1e-12)


@pytest.mark.parametrize("weighing", ["equal", "weighted", "counts"])
@pytest.mark.parametrize("name", ONE_CLASS)
def test_one_class_of_two(name: str, weighing: str) -> None:
    truth, said = classified(["no", "yes"], right=0.7)
    weight = weights(weighing)
    mine = value(name, Outcome(truth=coded(truth), prediction=coded(said), weight=weight, positive="yes"))
    assert mine == pytest.approx(ONE_CLASS[name](truth, said, sample_weight=weight), rel=1e-12)


SCORES: dict[str, Callable[..., float]] = {
    "auc": sk.roc_auc_score,
    "average_precision": sk.average_precision_score,
    "log_loss": sk.log_loss,
    "brier": sk.brier_score_loss,
}


@pytest.mark.parametrize("ties", [False, True], ids=["distinct", "tied"])
@pytest.mark.parametrize("weighing", ["equal", "weighted", "counts"])
@pytest.mark.parametrize("name", SCORES)
def test_scores(name: str, weighing: str, ties: bool) -> None:
    random = np.random.default_rng(4)
    truth = random.random(ROWS) < 0.3
    score = np.clip(0.3 * truth + random.uniform(0, 0.7, ROWS), 0, 1)
    score = np.round(score, 1) if ties else score
    score = np.clip(score, 0.01, 0.99)
    weight = weights(weighing)
    outcome = Outcome(truth=coded(np.where(truth, "1", "0")), scores={"1": score}, weight=weight, positive="1")
    expected = SCORES[name](truth.astype(int), score, sample_weight=weight)
    assert value(name, outcome) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("name", ["log_loss", "brier"])
def test_probabilities_of_many_classes(name: str) -> None:
    random = np.random.default_rng(5)
    classes = ["ant", "bee", "cat", "dog"]
    table = random.dirichlet(np.ones(4), ROWS)
    truth = random.choice(classes, ROWS)
    outcome = Outcome(truth=coded(truth), scores={label: table[:, at] for at, label in enumerate(classes)})
    assert value(name, outcome) == pytest.approx(SCORES[name](truth, table, labels=classes), rel=1e-12)


@pytest.mark.parametrize("name", ["auc", "average_precision"])
def test_scores_of_one_class_only_are_undefined(name: str) -> None:
    score = np.linspace(0, 1, ROWS)
    truth = coded(["no"] * ROWS)
    outcome = Outcome(truth=truth, scores={"yes": score}, positive="no")
    assert name == "average_precision" or np.isnan(value(name, outcome))
    swapped = Outcome(truth=coded(["0"] * ROWS), scores={"1": score})
    assert np.isnan(value(name, swapped))


def test_every_metric_of_rows_has_an_implementation_and_the_other_way_round() -> None:
    assert set(METRICS) == {name for name, kind in KNOWN.items() if kind.needs != "cost"}


@pytest.mark.parametrize("name", [name for name in METRICS if KNOWN[name].needs == "labels"])
def test_values_stay_in_the_declared_range(name: str) -> None:
    kind = KNOWN[name]
    for right in (0.0, 0.5, 1.0):
        truth, said = classified(["no", "yes"], right)
        found = value(name, Outcome(truth=coded(truth), prediction=coded(said), positive="yes"))
        assert kind.minimum <= found <= kind.maximum


def test_the_positive_class_is_never_guessed() -> None:
    outcome = Outcome(truth=coded(["cat", "dog"]), prediction=coded(["cat", "cat"]))
    with pytest.raises(InputError, match="which of cat, dog is the positive class"):
        value("f1", outcome, 2)


def test_a_positive_class_that_does_not_occur_is_named() -> None:
    outcome = Outcome(truth=coded(["cat", "dog"]), prediction=coded(["cat", "cat"]), positive="cta")
    with pytest.raises(InputError, match="'cta' does not occur; the target has cat, dog"):
        value("f1", outcome, 2)


@pytest.mark.parametrize("name", ["rmse", "accuracy"])
def test_a_metric_of_the_other_kind_of_column_is_refused(name: str) -> None:
    numbers, labels = np.array([1.0, 2.0]), coded(["a", "b"])
    outcome = Outcome(truth=labels, prediction=labels) if name == "rmse" else Outcome(truth=numbers, prediction=numbers)
    with pytest.raises(InputError, match="this metric needs"):
        value(name, outcome, 2)


@settings(max_examples=40)
@given(
    name=st.sampled_from(["rmse", "mae", "r2", "accuracy", "f1_macro", "mcc", "auc", "average_precision", "log_loss"]),
    copies=st.lists(st.integers(1, 4), min_size=30, max_size=30),
    seed=st.integers(0, 2**16),
)
def test_a_weight_of_n_is_n_copies(name: str, copies: list[int], seed: int) -> None:
    random = np.random.default_rng(seed)
    truth = np.concatenate([[0, 1], random.integers(0, 2, 28)])
    said, score = random.integers(0, 2, 30), np.round(random.uniform(0.05, 0.95, 30), 1)
    number = random.normal(size=30)

    def outcome(rows: Any, weight: Floats | None) -> Outcome:
        if KNOWN[name].needs == "prediction":
            return Outcome(truth=truth[rows] + 0.5 * number[rows], prediction=number[rows], weight=weight)
        classes, labels = truth[rows].astype(str), said[rows].astype(str)
        return Outcome(truth=coded(classes), prediction=coded(labels), scores={"1": score[rows]}, weight=weight)

    rows = np.arange(30)
    once = value(name, outcome(rows, np.array(copies, dtype=float)), 30)
    written_out = np.repeat(rows, copies)
    assert once == pytest.approx(value(name, outcome(written_out, None), len(written_out)), rel=1e-10, abs=1e-10)


@pytest.mark.parametrize("name", ["rmse", "r2"])
def test_clusters_do_not_change_a_value(name: str) -> None:
    random = np.random.default_rng(6)
    truth, said = random.normal(1e6, 1, ROWS), random.normal(1e6, 1, ROWS)
    form = METRICS[name](Outcome(truth=truth, prediction=said))
    by_cluster = summed(form, of_clusters(random.integers(0, 20, ROWS), seed=0)).point
    assert by_cluster == pytest.approx(summed(form, of_rows(ROWS, 0)).point, rel=1e-12)
