"""Columns of quantiles, of labels and of scores alone become what a model said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tidegate.adapters.tables import reading as tables
from tidegate.core.comparison.samples.sample import Coded, Predictions
from tidegate.core.comparison.samples.task import Task
from tidegate.core.contract import Evaluation, Label
from tidegate.errors import InputError, Problems


def read(folder: Path, task: Task, columns: dict[str, Any], **evaluation: Any) -> Predictions:
    path = folder / "p.parquet"
    pq.write_table(pa.table({"id": [3, 1, 2], **columns}), path)
    known = {"predictions": "p.parquet", "id": "id", "target": "y", **evaluation}
    return tables.read(path, Evaluation(**known), task, shown="p")


def texts(column: Any) -> list[str]:
    assert isinstance(column, Coded)
    return list(column.texts())


QUANTILES = {"y": [1.0, 2, 3], "low": [0.5, 1, 2], "mid": [1.0, None, 3], "high": [2, 3, 4]}


def test_quantiles_are_scores_by_level_and_the_median_is_the_prediction(tmp_path: Path) -> None:
    found = read(tmp_path, "quantiles", QUANTILES, quantiles={"low": "0.1", "mid": "0.5", "high": "0.9"})
    assert list(found.output.scores) == ["0.1", "0.5", "0.9"]
    assert found.output.scores["0.9"].tolist() == [2, 3, 4]
    assert np.isnan(found.output.prediction).tolist() == [False, True, False]  # type: ignore[arg-type]
    assert read(tmp_path, "quantiles", QUANTILES, quantiles={"low": "0.1", "high": "0.9"}).output.prediction is None


SCORES = {"y": ["no", "yes", "no"], "s": [0.2, 0.5, 0.9]}
THRESHOLDS = {
    "at the threshold": (0.5, ["no", "yes", "yes"]),
    "all": (0.0, ["yes", "yes", "yes"]),
    "none": (0.95, ["no", "no", "no"]),
}


@pytest.mark.parametrize(("threshold", "expected"), THRESHOLDS.values(), ids=THRESHOLDS)
def test_a_score_from_the_threshold_on_says_the_positive_class(
    tmp_path: Path, threshold: float, expected: list[str]
) -> None:
    found = read(tmp_path, "classification", SCORES, score="s", positive="yes", threshold=threshold)
    assert texts(found.output.prediction) == expected


def test_a_threshold_knows_zero_and_one_without_a_declaration(tmp_path: Path) -> None:
    found = read(tmp_path, "classification", {"y": [0, 1, 0], "s": [0.2, 0.5, 0.9]}, score="s", threshold=0.3)
    assert texts(found.output.prediction) == ["0", "1", "1"]
    only = read(tmp_path, "classification", {"y": [1, 1, 1], "s": [0.2, 0.5, 0.9]}, score="s", threshold=0.3)
    assert texts(only.output.prediction) == ["0", "1", "1"]


def test_a_threshold_does_not_tell_three_classes_apart(tmp_path: Path) -> None:
    columns = {"y": ["a", "b", "c"], "s": [0.2, 0.5, 0.9]}
    with pytest.raises(InputError, match="besides 'a' the target has 2 more") as caught:
        read(tmp_path, "classification", columns, score="s", positive="a", threshold=0.3)
    assert caught.value.code == "E-MET-005"


LABELS = {
    "spam": Label(target="spam", prediction="spam_said"),
    "rude": Label(target="rude", score="rude_score"),
}
FLAGS: dict[str, Any] = {
    "spam": [True, False, False],
    "spam_said": [1, 1, 0],
    "rude": ["1", "0", "0"],
    "rude_score": [0.9, 0.2, 0.6],
}


def test_labels_become_sets(tmp_path: Path) -> None:
    found = read(tmp_path, "multilabel", FLAGS, target="", labels=LABELS, threshold=0.5)
    assert texts(found.truth) == ["spam, rude", "∅", "∅"]
    assert texts(found.output.prediction) == ["spam, rude", "spam", "rude"]
    assert found.output.scores["rude"].tolist() == [0.9, 0.2, 0.6]
    assert found.labels == ("spam", "rude")


def test_labels_without_predictions_leave_scores_only(tmp_path: Path) -> None:
    found = read(tmp_path, "multilabel", FLAGS, target="", labels=LABELS)
    assert found.output.prediction is None
    assert list(found.output.scores) == ["rude"]


REFUSED = {
    "a third value": ({"spam": [0, 1, 2]}, "E-MET-005", "expected 0 and 1, or false and true; it holds '2'"),
    "words": ({"spam_said": ["yes", "no", "no"]}, "E-MET-005", "it holds 'no'"),
    "a gap in the truth": ({"rude": [1, None, 0]}, "E-MET-016", "column 'rude' is empty in 1 rows"),
    "a gap in what was said": ({"spam_said": [1, None, 0]}, "E-MET-016", "column 'spam_said' is empty"),
    "a score that is a text": ({"rude_score": ["a", "b", "c"]}, "E-MET-005", "column 'rude_score' expected numbers"),
}


@pytest.mark.parametrize(("columns", "code", "message"), REFUSED.values(), ids=REFUSED)
def test_label_columns_that_hold_something_else_are_refused(
    tmp_path: Path, columns: dict[str, Any], code: str, message: str
) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, "multilabel", {**FLAGS, **columns}, target="", labels=LABELS, threshold=0.5)
    assert caught.value.code == code
    assert message in caught.value.message


def test_every_missing_column_of_labels_and_quantiles_is_named(tmp_path: Path) -> None:
    with pytest.raises(Problems) as caught:
        read(tmp_path, "multilabel", {}, target="", labels=LABELS)
    assert [problem.message.split("'")[1] for problem in caught.value.problems] == list(FLAGS)
    with pytest.raises(InputError, match="no column 'p10'"):
        read(tmp_path, "quantiles", {"y": [1, 2, 3]}, quantiles={"p10": "0.1"})
