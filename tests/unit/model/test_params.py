"""A typo in params.yaml stops the pipeline with a sentence; it never trains something else."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

import params

ROOT = Path(__file__).parents[3]


@pytest.fixture
def document() -> dict[str, Any]:
    return {
        "split": {"holdout_months": 2},
        "features": ["hour", "weather"],
        "train": {"seed": 1, "trees": 10, "learning_rate": 0.1, "leaves": 8, "min_rows_per_leaf": 20},
    }


def test_committed_file_is_valid_and_uses_every_section() -> None:
    wanted = params.load(ROOT / "model" / "params.yaml")
    assert wanted.train.trees > 0
    assert "hour" in wanted.features


def test_values_arrive_as_written(document: dict[str, Any]) -> None:
    wanted = params.parse(document)
    assert wanted.holdout_months == 2
    assert wanted.features == ("hour", "weather")
    assert wanted.train == params.Train(seed=1, trees=10, learning_rate=0.1, leaves=8, min_rows_per_leaf=20)


def test_a_whole_number_will_do_where_a_number_is_wanted(document: dict[str, Any]) -> None:
    document["train"]["learning_rate"] = 1
    assert params.parse(document).train.learning_rate == 1


@pytest.mark.parametrize(
    ("section", "name", "value", "complaint"),
    [
        ("split", "holdout_months", 0, "split.holdout_months"),
        ("split", "holdout_months", "2", "split.holdout_months"),
        ("train", "trees", 0, "train.trees"),
        ("train", "trees", 10.0, "train.trees"),
        ("train", "trees", True, "train.trees"),
        ("train", "trees", None, "train.trees"),
        ("train", "seed", -1, "train.seed"),
        ("train", "learning_rate", 0, "train.learning_rate"),
        ("train", "learning_rate", 1.5, "train.learning_rate"),
        ("train", "learning_rate", float("nan"), "train.learning_rate"),
        ("train", "learning_rate", float("inf"), "train.learning_rate"),
        ("train", "leaves", 1, "train.leaves"),
        ("train", "min_rows_per_leaf", [20], "train.min_rows_per_leaf"),
        ("train", "tree", 5, "train: expected exactly"),
    ],
)
def test_wrong_number_is_named(document: dict[str, Any], section: str, name: str, value: Any, complaint: str) -> None:
    wrong = deepcopy(document)
    wrong[section][name] = value
    with pytest.raises(ValueError, match=complaint):
        params.parse(wrong)


@pytest.mark.parametrize(
    ("features", "complaint"),
    [
        ([], "list of different names"),
        ("hour", "list of different names"),
        (["hour", "hour"], "list of different names"),
        (["hours"], "unknown 'hours'; known are hour, weekday"),
        (["hour", "casual"], "parts of the target"),
        (["registered"], "parts of the target"),
        (["rentals"], "unknown 'rentals'"),
        ([["hour"]], "unknown"),
    ],
)
def test_wrong_features_are_named(document: dict[str, Any], features: Any, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        params.parse(document | {"features": features})


@pytest.mark.parametrize("wrong", [None, [], "text", {}, {"split": {}}])
def test_wrong_shape_is_named(wrong: Any) -> None:
    with pytest.raises(ValueError, match="expected exactly"):
        params.parse(wrong)


def test_all_problems_are_told_at_once(document: dict[str, Any]) -> None:
    document["train"] |= {"trees": 0, "leaves": 0}
    with pytest.raises(ValueError, match=r"train\.trees.*\n.*train\.leaves"):
        params.parse(document)


@pytest.mark.parametrize("text", ["train: [", yaml.safe_dump({"train": 1})], ids=["not yaml", "wrong shape"])
def test_a_stage_stops_with_the_file_in_the_message(tmp_path: Path, text: str) -> None:
    (tmp_path / "params.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(SystemExit, match=r"params\.yaml: "):
        params.load(tmp_path / "params.yaml")
