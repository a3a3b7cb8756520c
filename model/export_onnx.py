"""Write the trained trees as ONNX: a model that is loaded without running anybody's code, and answers raw requests.

The graph takes the request columns as they are, derives the features exactly as features.py says, sums the trees in
double precision (`TreeEnsemble`, ai.onnx.ml 5, keeps what float32 would round) and squares the sum, since training
fits the square root. A missing number or an unknown word makes the answer NaN: a refusal, not a guess.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from features import FEATURES, TARGET, Category, Clock, Feature, Flag, Number, columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from onnx import NodeProto, ValueInfoProto
    from sklearn.ensemble import GradientBoostingRegressor
    from sklearn.tree._tree import Tree

OUTPUT = "predicted"
OPSETS = (helper.make_opsetid("", 21), helper.make_opsetid("ai.onnx.ml", 5))
IR_VERSION = 10
INPUT_TYPES = {
    Clock: TensorProto.INT64,  # microseconds since 1970 on the local clock
    Category: TensorProto.STRING,
    Flag: TensorProto.BOOL,
    Number: TensorProto.DOUBLE,
}
LESS_OR_EQUAL = 0  # a TreeEnsemble node mode: go to the true branch when value <= split


def build(trainer: GradientBoostingRegressor, names: Sequence[str]) -> onnx.ModelProto:
    """The whole model as ONNX, checked. `names` are the features in the order that the trainer saw them."""
    graph = helper.make_graph(
        [*_derive(names), *_answer(trainer)],
        "demand",
        [_input(FEATURES[name]) for name in _first_use(names)],
        [helper.make_tensor_value_info(OUTPUT, TensorProto.DOUBLE, ["rows", 1])],
        initializer=[*_constants(names), _scalar("start", float(trainer.init_.constant_[0, 0]), np.float64)],
    )
    model = helper.make_model(graph, opset_imports=OPSETS, ir_version=IR_VERSION, producer_name="model/train.py")
    helper.set_model_props(model, {"features": json.dumps(list(names)), "target": TARGET})
    onnx.checker.check_model(model, full_check=True)
    return model


def _first_use(names: Sequence[str]) -> list[str]:
    """For each request column, the first feature that reads it."""
    owner = {FEATURES[name].column: name for name in reversed(names)}
    return [owner[column] for column in columns(names)]


def _input(feature: Feature) -> ValueInfoProto:
    return helper.make_tensor_value_info(feature.column, INPUT_TYPES[type(feature.how)], ["rows", 1])


def _derive(names: Sequence[str]) -> Iterator[NodeProto]:
    """Request columns → `features`: float32, rows × features."""
    for name in names:
        feature = FEATURES[name]
        match feature.how:
            case Clock() as clock:
                yield from _clock(name, feature.column, clock)
            case Category(words=words):
                yield helper.make_node(
                    "LabelEncoder",
                    [feature.column],
                    [f"{name}_feature"],
                    domain="ai.onnx.ml",
                    keys_strings=list(words),
                    values_floats=[float(code) for code in range(len(words))],
                    default_float=float("nan"),
                )
            case _:
                yield _to_float(feature.column, name)
    yield helper.make_node("Concat", [f"{name}_feature" for name in names], ["features"], axis=1)


def _clock(name: str, column: str, clock: Clock) -> Iterator[NodeProto]:
    yield helper.make_node("Sub", [column, f"{name}_start"], [f"{name}_elapsed"])
    yield helper.make_node("Div", [f"{name}_elapsed", f"{name}_unit"], [f"{name}_units"])
    if clock.turn is not None:
        yield helper.make_node("Mod", [f"{name}_units", f"{name}_turn"], [f"{name}_face"])
    yield _to_float(f"{name}_units" if clock.turn is None else f"{name}_face", name)


def _to_float(source: str, name: str) -> NodeProto:
    return helper.make_node("Cast", [source], [f"{name}_feature"], to=TensorProto.FLOAT)


def _constants(names: Sequence[str]) -> Iterator[TensorProto]:
    for name in names:
        clock = FEATURES[name].how
        if isinstance(clock, Clock):
            yield _scalar(f"{name}_unit", clock.unit, np.int64)
            yield _scalar(f"{name}_start", clock.start, np.int64)
            if clock.turn is not None:
                yield _scalar(f"{name}_turn", clock.turn, np.int64)
    yield _scalar("nothing", 0.0, np.float64)
    yield numpy_helper.from_array(np.array([1], dtype=np.int64), "per_row")


def _scalar(name: str, value: float, kind: type) -> TensorProto:
    return numpy_helper.from_array(np.array(value, dtype=kind), name)


def _answer(trainer: GradientBoostingRegressor) -> Iterator[NodeProto]:
    """`features` → `predicted`: start + trees, at least 0, squared; NaN where any feature is NaN."""
    yield helper.make_node("Cast", ["features"], ["exact"], to=TensorProto.DOUBLE)
    yield helper.make_node("TreeEnsemble", ["exact"], ["trees"], domain="ai.onnx.ml", **_trees(trainer))
    yield helper.make_node("Mul", ["exact", "nothing"], ["nan_where_nan"])
    yield helper.make_node("ReduceSum", ["nan_where_nan", "per_row"], ["nan_or_0"], keepdims=1)
    yield helper.make_node("Sum", ["trees", "start", "nan_or_0"], ["root"])
    yield helper.make_node("Max", ["root", "nothing"], ["positive_root"])
    yield helper.make_node("Mul", ["positive_root", "positive_root"], [OUTPUT])


def _trees(trainer: GradientBoostingRegressor) -> dict[str, Any]:
    """The attributes of a TreeEnsemble: every tree's branches and leaves in one row each, one after the other."""
    forest = _Forest()
    for estimator in trainer.estimators_[:, 0]:
        forest.add(estimator.tree_, trainer.learning_rate)
    return forest.attributes()


class _Forest:
    """Collects trees; a branch and a leaf are counted apart, as the operator wants them."""

    def __init__(self) -> None:
        self.roots: list[int] = []
        self.features: list[int] = []
        self.splits: list[float] = []
        self.true: list[tuple[int, int]] = []  # (place, 1 when that is a leaf)
        self.false: list[tuple[int, int]] = []
        self.weights: list[float] = []

    def add(self, tree: Tree, learning_rate: float) -> None:
        """Append one of scikit-learn's trees, its leaves scaled by the learning rate as its own sum does."""
        leaf = tree.children_left == -1
        place = np.where(leaf, np.cumsum(leaf) - 1 + len(self.weights), np.cumsum(~leaf) - 1 + len(self.splits))
        self.weights += (learning_rate * tree.value[leaf, 0, 0]).tolist()
        self.roots.append(len(self.splits))
        if leaf[0]:  # the operator has no tree without a branch: both ways lead to the only leaf
            self._branch(0, 0.0, (int(place[0]), 1), (int(place[0]), 1))
        for node in np.flatnonzero(~leaf):
            lower, upper = tree.children_left[node], tree.children_right[node]
            ways = ((int(place[child]), int(leaf[child])) for child in (lower, upper))
            self._branch(int(tree.feature[node]), float(tree.threshold[node]), *ways)

    def _branch(self, feature: int, split: float, true: tuple[int, int], false: tuple[int, int]) -> None:
        self.features.append(feature)
        self.splits.append(split)
        self.true.append(true)
        self.false.append(false)

    def attributes(self) -> dict[str, Any]:
        """What helper.make_node takes."""
        return {
            "tree_roots": self.roots,
            "nodes_featureids": self.features,
            "nodes_modes": _tensor("modes", [LESS_OR_EQUAL] * len(self.splits), np.uint8),
            "nodes_splits": _tensor("splits", self.splits, np.float64),
            "nodes_truenodeids": [place for place, _ in self.true],
            "nodes_trueleafs": [leaf for _, leaf in self.true],
            "nodes_falsenodeids": [place for place, _ in self.false],
            "nodes_falseleafs": [leaf for _, leaf in self.false],
            "leaf_targetids": [0] * len(self.weights),
            "leaf_weights": _tensor("weights", self.weights, np.float64),
            "n_targets": 1,
        }


def _tensor(name: str, values: Sequence[float], kind: type) -> TensorProto:
    return numpy_helper.from_array(np.array(values, dtype=kind), name)
