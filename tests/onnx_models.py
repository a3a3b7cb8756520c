"""Small ONNX models of one answer and any amount of work, for tests that time them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper, save

COLUMNS = ("temperature", "humidity")
WIDTH = 160


def write(path: Path, layers: int, name: str = "demand") -> Path:
    """A model that sends `temperature` through so many square matrices; `humidity` is added at the end."""
    weight = np.eye(WIDTH)
    nodes = [helper.make_node("MatMul", ["temperature", "widen"], ["layer_0"])]
    nodes += [helper.make_node("MatMul", [f"layer_{n}", "square"], [f"layer_{n + 1}"]) for n in range(layers)]
    nodes.append(helper.make_node("ReduceMean", [f"layer_{layers}", "columns"], ["mean"], keepdims=1))
    nodes.append(helper.make_node("Add", ["mean", "humidity"], ["predicted"]))
    constants = [
        numpy_helper.from_array(np.ones((1, WIDTH)), "widen"),
        numpy_helper.from_array(weight, "square"),
        numpy_helper.from_array(np.array([1], dtype=np.int64), "columns"),
    ]
    inputs = [helper.make_tensor_value_info(column, TensorProto.DOUBLE, ["rows", 1]) for column in COLUMNS]
    outputs = [helper.make_tensor_value_info("predicted", TensorProto.DOUBLE, ["rows", 1])]
    graph = helper.make_graph(nodes, name, inputs, outputs, initializer=constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    path.parent.mkdir(parents=True, exist_ok=True)
    save(model, str(path))
    return path
