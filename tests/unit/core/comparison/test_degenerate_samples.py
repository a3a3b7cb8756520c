"""What cannot be judged is never a pass: one row, one cluster, one class, constant truth, tied scores, no numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hold_outs import RMSE, ROWS, classes, gate, model, numbers
from tidegate.core.answer import Verdict
from tidegate.core.comparison.comparison import Comparison, compare
from tidegate.core.comparison.samples.sample import Coded, Output, Predictions, coded
from tidegate.errors import InputError

PASS, UNDECIDED, INCOMPARABLE = Verdict.PASS, Verdict.UNDECIDED, Verdict.INCOMPARABLE


def test_one_row_never_passes() -> None:
    for rows in (1, 2, 9):
        found = compare(model(gate("mae", "at_most", "1e6")), numbers(rows=rows), numbers(rows=rows))
        assert found.verdict is UNDECIDED
        assert "cannot say how much chance there is" in found.sentence


def test_one_cluster_never_passes() -> None:
    one_day = numbers(0.5, cluster=coded(["monday"] * ROWS))
    found = compare(model(gate("mae", "at_most", "1e6"), RMSE, cluster="date"), one_day, numbers())
    assert found.verdict is UNDECIDED
    assert found.clusters == 1
    assert "1 independent unit cannot say how much chance there is; 10 are the least" in found.sentence


def test_a_constant_truth_leaves_r2_undefined_and_undecided() -> None:
    flat = Predictions(ids=np.arange(50), truth=np.ones(50), output=Output(prediction=np.linspace(0, 2, 50)))
    found = compare(model(gate("r2", "at_least", "-1000000")), flat, flat)
    assert found.verdict is UNDECIDED
    assert "r2 is undefined on these rows" in found.sentence


@pytest.mark.parametrize("metric", ["auc", "average_precision", "kappa"])
def test_one_class_only_leaves_some_metrics_undefined_and_undecided(metric: str) -> None:
    table = classes(0.9)
    only = Predictions(
        ids=table.ids,
        truth=Coded(codes=np.zeros(ROWS, dtype=np.int64), labels=("0", "1")),
        output=Output(
            prediction=Coded(codes=np.zeros(ROWS, dtype=np.int64), labels=("0", "1")), scores=table.output.scores
        ),
    )
    found = compare(model(gate(metric, "at_least", "0"), score="s"), only, only)
    assert found.verdict is UNDECIDED
    assert f"{metric} is undefined on these rows" in found.sentence


@pytest.mark.parametrize("metric", ["auc", "average_precision", "log_loss"])
def test_constant_and_tied_scores_are_judged(metric: str) -> None:
    table = classes(0.9)
    flat = Predictions(ids=table.ids, truth=table.truth, output=Output(scores={"1": np.full(ROWS, 0.4)}))
    found = compare(model(gate(metric, "no_worse_by", "0.001"), score="s", prediction=None), flat, flat)
    assert (found.verdict, found.sentence) == (PASS, "ready to promote; identical to the champion")
    if metric == "auc":
        assert found.metrics[0].candidate == 0.5


def test_a_champion_whose_predictions_are_no_numbers_gives_no_reference() -> None:
    bad = Predictions(
        ids=np.arange(ROWS), truth=numbers().truth, output=Output(prediction=np.full(ROWS, np.nan)), name="old"
    )
    found = compare(model(RMSE), numbers(), bad)
    assert found.verdict is INCOMPARABLE
    assert found.sentence == (
        "incomparable: of the champion's, 1,200 of 1,200 predictions are not finite numbers (ids 0, 1, 2, …)"
    )


def test_probabilities_outside_their_range_are_refused() -> None:
    table = classes(0.9)
    wrong = Predictions(ids=table.ids, truth=table.truth, output=Output(scores={"1": np.linspace(-0.2, 1.7, ROWS)}))
    with pytest.raises(InputError, match=r"scores reach from -0\.2 to 1\.7") as caught:
        compare(model(gate("log_loss", "at_most", "1"), score="s", prediction=None), wrong, wrong)
    assert caught.value.code == "E-MET-009"
    assert compare(model(gate("auc", "at_least", "0"), score="s", prediction=None), wrong, wrong).verdict is PASS


def test_probabilities_of_many_classes_are_checked() -> None:
    truth = coded(["ant", "bee", "cat"] * 20)
    third = np.full(60, 1 / 3)

    def judged(**scores: Any) -> Comparison:
        table = Predictions(ids=np.arange(60), truth=truth, output=Output(scores=scores))
        return compare(model(gate("brier", "at_most", "1.5"), score={"ant": "a"}, prediction=None), table, table)

    assert judged(ant=third, bee=third, cat=third).verdict is PASS
    with pytest.raises(InputError, match="class 'cat' has no score"):
        judged(ant=third, bee=third * 2)
    with pytest.raises(InputError, match=r"sum to 1 only within 0\.333"):
        judged(ant=third, bee=third, cat=third * 2)
