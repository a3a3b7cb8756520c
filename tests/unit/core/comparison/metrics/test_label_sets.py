"""Metrics of rows with any number of labels equal scikit-learn's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import sklearn.metrics as sk
from hypothesis import given
from hypothesis import strategies as st

from measured import ROWS, WEIGHINGS, value, weights
from tidegate.core.comparison.inference.cells import cells_of
from tidegate.core.comparison.inference.estimation import estimates
from tidegate.core.comparison.metrics.form import Outcome
from tidegate.core.comparison.samples.label_sets import NO_LABEL, label_sets, members
from tidegate.core.comparison.samples.sample import Output, Sample
from tidegate.errors import InputError

NAMES = ("calm", "loud", "rude", "spam")


def tables(rows: int = ROWS) -> tuple[Any, Any]:
    """What was true and what was said, shape (rows, labels); some rows have no label at all."""
    random = np.random.default_rng(8)
    truth = random.random((rows, 4)) < [0.5, 0.3, 0.1, 0.02]
    return truth, truth ^ (random.random((rows, 4)) < 0.15)


def sets(table: Any) -> Any:
    return label_sets({name: table[:, at] for at, name in enumerate(NAMES)})


def outcome(truth: Any, said: Any, weight: Any = None, **more: Any) -> Outcome:
    return Outcome(truth=sets(truth), prediction=sets(said), weight=weight, labels=NAMES, **more)


def averaged(function: Callable[..., float], average: str) -> Callable[..., float]:
    return lambda *a, **k: function(*a, average=average, zero_division=0, **k)


EXPECTED: dict[str, Callable[..., float]] = {
    "accuracy": sk.accuracy_score,
    "subset_accuracy": sk.accuracy_score,
    "hamming_loss": sk.hamming_loss,
    "f1_samples": averaged(sk.f1_score, "samples"),
    "f1_weighted": averaged(sk.f1_score, "weighted"),
    **{
        f"{name}_{average}": averaged(function, average)
        for name, function in (("precision", sk.precision_score), ("recall", sk.recall_score), ("f1", sk.f1_score))
        for average in ("micro", "macro")
    },
}


@pytest.mark.parametrize("weighing", WEIGHINGS)
@pytest.mark.parametrize("name", EXPECTED)
def test_averages(name: str, weighing: str) -> None:
    truth, said = tables()
    weight = weights(weighing)
    expected = EXPECTED[name](truth, said, sample_weight=weight)
    assert value(name, outcome(truth, said, weight)) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("weighing", WEIGHINGS)
@pytest.mark.parametrize("label", NAMES)
def test_each_label_by_its_name(label: str, weighing: str) -> None:
    truth, said = tables()
    weight, at = weights(weighing), NAMES.index(label)
    score = np.clip(0.3 * truth[:, at] + np.random.default_rng(1).uniform(0, 0.7, ROWS), 0.01, 0.99)
    found = outcome(truth, said, weight, scores={label: score})
    for name, function in (("f1", sk.f1_score), ("recall", sk.recall_score), ("mcc", sk.matthews_corrcoef)):
        expected = function(truth[:, at], said[:, at], sample_weight=weight)
        assert value(f"{name}:{label}", found) == pytest.approx(expected, rel=1e-12, abs=1e-15)
    for name, function in (("auc", sk.roc_auc_score), ("log_loss", sk.log_loss)):
        expected = function(truth[:, at], score, sample_weight=weight)
        assert value(f"{name}:{label}", found) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_label_that_never_occurs_counts_as_scikit_learn_counts_it(name: str) -> None:
    truth, said = tables()
    truth[:, 3] = said[:, 3] = False
    assert value(name, outcome(truth, said)) == pytest.approx(EXPECTED[name](truth, said), rel=1e-12)


@given(st.lists(st.lists(st.booleans(), min_size=4, max_size=4), min_size=1, max_size=30))
def test_sets_hold_what_the_columns_say(rows: list[list[bool]]) -> None:
    table = np.array(rows)
    found = sets(table)
    assert found.labels == tuple(sorted(set(found.labels)))
    for at, name in enumerate(NAMES):
        np.testing.assert_array_equal(members(found, name)[found.codes], table[:, at])
    empty = found.texts() == NO_LABEL
    np.testing.assert_array_equal(empty, ~table.any(axis=1))


def test_more_labels_than_bits_in_a_number() -> None:
    table = np.random.default_rng(0).random((50, 80)) < 0.5
    found = label_sets({f"label{at:02}": table[:, at] for at in range(80)})
    for at in (0, 63, 64, 79):
        np.testing.assert_array_equal(members(found, f"label{at:02}")[found.codes], table[:, at])


@pytest.mark.parametrize("name", ["f1_samples", "hamming_loss", "f1:loud"])
def test_rows_alike_are_one_cell(name: str) -> None:
    truth, said = tables(2000)
    old = truth ^ (np.random.default_rng(2).random(truth.shape) < 0.2)
    sample = Sample(
        ids=np.arange(2000),
        truth=sets(truth),
        candidate=Output(prediction=sets(said)),
        champion=Output(prediction=sets(old)),
        labels=NAMES,
    )
    cells = cells_of(sample)
    assert cells is not None
    assert len(cells.counts) < 1500
    by_cell = estimates(sample, [name], 1500, 1)[name]
    assert by_cell.candidate == pytest.approx(value(name, outcome(truth, said)), rel=1e-12)
    weighted = Sample(**{**vars(sample), "weight": np.ones(2000)})
    by_row = estimates(weighted, [name], 1500, 1)[name]
    assert np.std(by_cell.difference_draws) == pytest.approx(np.std(by_row.difference_draws), rel=0.1)  # type: ignore[arg-type]


def test_a_metric_of_label_sets_asked_of_classes_is_refused() -> None:
    truth, said = tables()
    with pytest.raises(InputError, match=r"any number of labels in every row.*evaluation\.labels"):
        value("hamming_loss", Outcome(truth=sets(truth), prediction=sets(said)))
