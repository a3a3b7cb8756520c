"""Live rows without predictions: the release's ONNX file answers them, and nothing else of it runs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from onnx import TensorProto, helper

from fixtures.drift_world import CONTRACT, DriftWorld, rows
from fixtures.releases import linear
from tidegate.core.contract import Evaluation
from tidegate.errors import InputError
from tidegate.steps.drift.scoring import scorer

EVALUATION = Evaluation(predictions="p.parquet", id="id", target="y", prediction="said")


def put(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def wide() -> bytes:
    """One tensor of two columns: which column is which, nobody says."""
    node = helper.make_node("ReduceSum", ["x"], ["y"], keepdims=1)
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, 2]) for name in ("x", "y")]
    graph = helper.make_graph([node], "wide", ends[:1], ends[1:])
    data: bytes = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9
    ).SerializeToString()
    return data


def test_what_lacks_an_answer_gets_the_models(tmp_path: Path) -> None:
    found = scorer(put(tmp_path / "m.onnx", linear(2.0)), EVALUATION)
    assert found is not None
    answered = found.with_answers(pa.table({"x": np.arange(100_000.0)}))
    assert answered["said"].to_numpy() == pytest.approx(np.arange(100_000.0) * 2)


def test_what_has_an_answer_or_cannot_be_asked_is_left_as_it_is(tmp_path: Path) -> None:
    found = scorer(put(tmp_path / "m.onnx", linear(2.0)), EVALUATION)
    assert found is not None
    for table in (pa.table({"x": [1.0], "said": [7.0]}), pa.table({"z": [1.0]})):
        assert found.with_answers(table) is table


def test_rows_that_the_model_cannot_answer_are_an_error_with_its_words(tmp_path: Path) -> None:
    found = scorer(put(tmp_path / "m.onnx", linear(2.0, fails=True)), EVALUATION)
    assert found is not None
    with pytest.raises(InputError, match="E-DRF-025"):
        found.with_answers(pa.table({"x": [1.0]}))


NOT_ASKED = {
    "another format": ("m.pkl", b"\x80\x04.", EVALUATION),
    "one tensor of several columns": ("m.onnx", wide(), EVALUATION),
    "scores of classes": ("m.onnx", linear(1.0), Evaluation(predictions="p", id="i", target="y", score="s")),
}


@pytest.mark.parametrize(("name", "data", "evaluation"), NOT_ASKED.values(), ids=NOT_ASKED.keys())
def test_models_that_are_not_asked(name: str, data: bytes, evaluation: Evaluation, tmp_path: Path) -> None:
    assert scorer(put(tmp_path / name, data), evaluation) is None


def test_a_file_that_is_no_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="E-SRV-020"):
        scorer(put(tmp_path / "m.onnx", b"no model"), EVALUATION)


@pytest.mark.parametrize(("factor", "state"), [(1.0, "calm"), (2.0, "drift")])
def test_performance_is_known_without_a_prediction_log(factor: float, state: str, tmp_path: Path) -> None:
    """The model answers factor times x, and x is the truth with an error of one."""
    contract = CONTRACT.replace("slices: [city]}", "slices: [city], model: model/m.onnx}").replace("2 of 3", "1 of 1")
    world = DriftWorld(tmp_path / "repository", contract=contract).made()
    (world.root / "model" / "m.onnx").write_bytes(linear(factor))
    world.commit("a model file")
    told = rows(400, 0)
    world.week(0, labels=True, said=None, x=told["said"].astype(np.float32))
    world.over(0)
    (world.root / "live" / "001.parquet").unlink()
    world.week(1, rows=1, said=None, x=[np.float32(1)])
    answer = world.check()
    result = world.evidence["result"]
    assert (answer.outputs["state"], answer.outputs["drifted"]) == (state, "[]"), answer.sentence
    assert next(item for item in result["performance"] if not item["slice"])["live"]["rows"] == 400
    assert any("the release's model was asked" in note for note in result["notes"])
