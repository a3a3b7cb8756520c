"""Metrics, pictures and the model among a pipeline's outputs."""

from __future__ import annotations

from typing import Any

import pytest

from tidegate.core.training.pipeline import Record
from tidegate.core.training.produced import Produced, produced


def found(document: Any, *outputs: str) -> Produced:
    return produced(document, "model", {"all": Record(name="all", cmd="x", outs=dict.fromkeys(outputs, "d"))})


def test_metrics_and_pictures_of_stages_and_of_the_file() -> None:
    document = {
        "stages": {
            "a": {"metrics": ["m.json", {"n.json": {"cache": False}}], "plots": ["p.svg", "data.csv", "folder"]},
            "b": {"wdir": "../other", "metrics": [{"o.yaml": None}]},
        },
        "metrics": ["all.json"],
        "plots": [{"curve.png": {}}, {"curve": {"y": "x.csv"}}],
    }
    assert found(document).metrics == ("model/all.json", "model/m.json", "model/n.json", "other/o.yaml")
    assert found(document).pictures == (
        "model/curve.png",
        "model/curve",
        "model/p.svg",
        "model/folder",
        "model/reports/plots",
    )


def test_names_made_from_parameters_are_found_in_what_was_recorded() -> None:
    document = {"stages": {"a": {"foreach": ["x", "y"], "do": {"cmd": "c", "metrics": ["m-${item}.json"]}}}}
    assert found(document, "model/m-x.json", "model/m-y.json", "model/n.json").metrics == (
        "model/m-x.json",
        "model/m-y.json",
    )


@pytest.mark.parametrize(
    ("artifacts", "outputs", "model"),
    [
        ({"a": {"path": "m.bin", "type": "model"}}, ["model/x.onnx"], "model/m.bin"),
        ({"a": {"path": "m.bin"}, "b": {"path": "d.csv", "type": "dataset"}}, [], "model/m.bin"),
        ({"a": {"path": "m"}, "b": {"path": "n"}}, ["model/x.onnx"], None),
        (None, ["model/x.onnx", "model/x.joblib"], "model/x.onnx"),
        (None, ["model/x.joblib", "model/ready.csv"], "model/x.joblib"),
        (None, ["model/x.onnx", "model/y.onnx"], None),
        (None, ["model/ready.csv"], None),
    ],
)
def test_the_model_is_declared_or_the_only_file_of_its_kind(
    artifacts: Any, outputs: list[str], model: str | None
) -> None:
    assert found({"stages": {}, "artifacts": artifacts}, *outputs).model == model


@pytest.mark.parametrize("document", [None, [], {"stages": None}, {"stages": {"a": None}}, {"metrics": 3}], ids=repr)
def test_a_definition_that_is_none_names_nothing(document: Any) -> None:
    assert found(document) == Produced(metrics=(), pictures=("model/reports/plots",), model=None)
