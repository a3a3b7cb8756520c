"""What can be served becomes a release; what cannot is refused before anything is written."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest
from onnx import ModelProto, TensorProto, helper

from fixtures import server_models
from tidegate.errors import InputError
from tidegate.server.inference.onnx_model import OnnxModel
from tidegate.server.release import signature
from tidegate.server.release.folder import Release
from tidegate.server.release.packing import Rules, describe, pack


def test_the_model_file_says_types_and_shapes(fruit: Release) -> None:
    document = signature.document(fruit.signature)
    assert [(one["name"], one["datatype"], one["shape"]) for one in document["inputs"]] == [
        ("size", "FP64", [-1, 1]),
        ("count", "INT64", [-1, 1]),
        ("fresh", "BOOL", [-1, 1]),
        ("colour", "BYTES", [-1, 1]),
    ]
    assert document["outputs"] == [{"name": "price", "datatype": "FP64", "shape": [-1, 1]}]


def test_rules_say_what_the_file_cannot(fruit: Release, wide: Release) -> None:
    size = fruit.signature.columns[0]
    assert (size.minimum, size.maximum, size.nullable) == (0, 100, True)
    assert wide.signature.names == ["a", "b", "c"]
    assert wide.signature.answers == ["label", "scores_0", "scores_1", "scores_2"]


def test_columns_of_a_matrix_get_names_where_none_are_given() -> None:
    assert describe(server_models.wide().SerializeToString(), Rules()).names == [
        "features_0",
        "features_1",
        "features_2",
    ]


def _passing(kind: int, shape: list[Any]) -> ModelProto:
    tensors = [helper.make_tensor_value_info(name, kind, shape) for name in "xy"]
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "g", tensors[:1], tensors[1:])
    return helper.make_model(graph, opset_imports=server_models.OPSETS, ir_version=10)


def _external(location: str) -> ModelProto:
    model = server_models.wide()
    (weights,) = model.graph.initializer
    weights.ClearField("raw_data")
    weights.data_location = TensorProto.EXTERNAL
    entry = weights.external_data.add()
    entry.key, entry.value = "location", location
    return model


def _custom() -> ModelProto:
    model = _passing(TensorProto.FLOAT, ["rows", 1])
    model.graph.node[0].domain = "evil.ops"
    model.opset_import.add(domain="evil.ops", version=1)
    return model


def _newer() -> ModelProto:
    model = _passing(TensorProto.FLOAT, ["rows", 1])
    del model.opset_import[:]
    model.opset_import.add(domain="", version=999)
    return model


UNFIT: dict[str, tuple[bytes, str, str]] = {
    "pickle": (pickle.dumps({"a": 1}), "E-SRV-020", "protobuf"),
    "nothing": (b"", "E-SRV-020", ""),
    "text": (b"hello " * 50, "E-SRV-020", ""),
    "truncated": (server_models.fruit().SerializeToString()[:-100], "E-SRV-020", ""),
    "weights elsewhere": (_external("../../etc/hostname").SerializeToString(), "E-SRV-020", ""),
    "weights beside": (_external("weights.bin").SerializeToString(), "E-SRV-020", "no-external-data"),
    "custom operators": (_custom().SerializeToString(), "E-SRV-020", "evil.ops"),
    "newer operators": (_newer().SerializeToString(), "E-SRV-020", "999"),
    "images": (_passing(TensorProto.FLOAT, ["rows", 3, 8, 8]).SerializeToString(), "E-SRV-022", "rows"),
    "fixed rows": (_passing(TensorProto.FLOAT, [1, 3]).SerializeToString(), "E-SRV-022", "left open"),
    "open columns": (_passing(TensorProto.FLOAT, ["rows", "columns"]).SerializeToString(), "E-SRV-022", "fixed"),
    "complex": (_passing(TensorProto.BFLOAT16, ["rows", 1]).SerializeToString(), "E-SRV-022", "simple types"),
}


@pytest.mark.parametrize(("model", "code", "words"), UNFIT.values(), ids=UNFIT.keys())
def test_unfit_model_is_refused_and_nothing_is_written(
    model: bytes, code: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "weights.bin").write_bytes(b"\0" * 36)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as caught:
        pack(tmp_path / "r", model=model, profile=b"{}", name="m", version="1", commit="0" * 40)
    assert caught.value.code == code
    assert words in caught.value.message
    assert not (tmp_path / "r").exists()


def test_limits_for_a_stranger_are_refused() -> None:
    with pytest.raises(InputError, match="limits for weight"):
        describe(server_models.fruit().SerializeToString(), Rules(limits={"weight": {"minimum": 0}}))


def test_a_signature_of_another_model_is_refused(fruit: Release, wide: Release) -> None:
    with pytest.raises(InputError, match="E-SRV-021"):
        OnnxModel(wide.model, fruit.signature)
