"""Equal predictions of unequal models are found out; of equal models they are right."""

from __future__ import annotations

import pytest

from tidegate.core.comparison.provenance import artifacts, scored_twice
from tidegate.core.training.pipeline import Record

PREDICTIONS = "model/reports/predictions.parquet"


def stages(model: str = "m1", data: str = "d1", holdout: str = "h1") -> dict[str, Record]:
    return {
        "prepare": Record(name="prepare", cmd="", outs={"model/train.parquet": data, "model/holdout.parquet": holdout}),
        "train": Record(name="train", cmd="", deps={"model/train.parquet": data}, outs={"model/model.onnx": model}),
        "evaluate": Record(
            name="evaluate",
            cmd="",
            deps={"model/model.onnx": model, "model/train.parquet": data, "model/evaluate.py": "code"},
            outs={PREDICTIONS: "p"},
        ),
    }


@pytest.mark.parametrize("model", ["model/model.onnx", None], ids=["declared", "found"])
def test_a_model_that_changed_should_have_said_something_else(model: str | None) -> None:
    assert scored_twice(stages("m2"), stages("m1"), PREDICTIONS, model) == ("model/model.onnx",)


@pytest.mark.parametrize("model", ["model/model.onnx", None], ids=["declared", "found"])
def test_data_that_changed_and_left_the_model_as_it_was_is_no_suspicion(model: str | None) -> None:
    assert scored_twice(stages(data="d2"), stages(), PREDICTIONS, model) == ()
    assert scored_twice(stages(), stages(), PREDICTIONS, model) == ()


def test_other_rows_asked_of_the_same_model_are_no_suspicion() -> None:
    now, before = stages(holdout="h2"), stages()
    for side, digest in ((now, "h2"), (before, "h1")):
        deps = {"model/model.onnx": "m1", "model/holdout.parquet": digest}
        side["evaluate"] = Record(name="evaluate", cmd="", deps=deps, outs={PREDICTIONS: "p"})
    assert scored_twice(now, before, PREDICTIONS, None, "model/holdout.parquet") == ()
    assert scored_twice(now, before, PREDICTIONS, None) == ("model/holdout.parquet",)


def test_without_a_record_there_is_nothing_to_suspect() -> None:
    assert scored_twice({}, stages(), PREDICTIONS, None) == ()


def test_all_that_was_written_is_listed_with_its_digest() -> None:
    assert artifacts(stages())["model/model.onnx"] == "md5:m1"
    assert len(artifacts(stages())) == 4
