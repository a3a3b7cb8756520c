"""The exported model answers exactly as the trained one, from raw requests, and refuses what it cannot know."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import onnx
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import export_onnx
import params
import predict
import train
from features import FEATURES, columns
from unit.model.rows import hours

WANTED = params.Params(
    holdout_months=1,
    features=tuple(FEATURES),
    train=params.Train(seed=1, trees=12, learning_rate=0.3, leaves=9, min_rows_per_leaf=3),
)
TABLE = hours(400)


def exported(wanted: params.Params, table: pa.Table = TABLE) -> tuple[bytes, np.ndarray]:
    trainer = train.fit(table, wanted)
    model = export_onnx.build(trainer, wanted.features).SerializeToString(deterministic=True)
    return model, train.answers(trainer, hours(300, start="2013-05-06", seed=9), wanted.features)


@settings(max_examples=25)
@given(
    features=st.lists(st.sampled_from(list(FEATURES)), min_size=1, unique=True),
    trees=st.integers(1, 8),
    leaves=st.integers(2, 12),
    least=st.integers(1, 300),
)
def test_answers_are_the_trainers_for_any_parameters(features: list[str], trees: int, leaves: int, least: int) -> None:
    grown = replace(WANTED.train, trees=trees, leaves=leaves, min_rows_per_leaf=least)
    model, answers = exported(replace(WANTED, features=tuple(features), train=grown))
    difference = predict.answers(model, hours(300, start="2013-05-06", seed=9)) - answers
    assert np.abs(difference).max() <= train.TOLERANCE


def test_a_tree_without_a_branch_is_exported() -> None:
    grown = replace(WANTED.train, min_rows_per_leaf=300)
    model, answers = exported(replace(WANTED, train=grown))
    assert len(set(answers)) == 1
    assert predict.answers(model, TABLE) == pytest.approx(answers[0], abs=train.TOLERANCE)


def test_same_rows_give_the_same_file() -> None:
    assert exported(WANTED)[0] == exported(WANTED)[0]


def test_other_parameters_give_another_file() -> None:
    assert exported(WANTED)[0] != exported(replace(WANTED, train=replace(WANTED.train, trees=13)))[0]


@pytest.mark.parametrize("features", [tuple(FEATURES), ("hour", "season"), ("temperature",)], ids=len)
def test_inputs_are_the_request_columns_of_the_features_and_nothing_else(features: tuple[str, ...]) -> None:
    model = onnx.load_from_string(exported(replace(WANTED, features=features))[0])
    inputs = [value.name for value in model.graph.input]
    assert inputs == columns(features)
    assert {"casual", "registered", "rentals", "instant"}.isdisjoint(inputs)
    notes = {note.key: note.value for note in model.metadata_props}
    assert notes["features"] == str(list(features)).replace("'", '"')


@pytest.mark.parametrize(
    ("column", "value"),
    [("season", "autumn"), ("weather", ""), ("temperature", None), ("humidity", float("inf"))],
    ids=["unknown word", "empty word", "missing number", "infinite number"],
)
def test_what_cannot_be_known_is_answered_with_nan_and_the_other_rows_stay(column: str, value: object) -> None:
    values = TABLE[column].to_pylist()
    values[1] = value
    kind = TABLE.schema.field(column).type
    asked = TABLE.set_column(TABLE.column_names.index(column), column, pa.array(values, kind))
    model, _ = exported(WANTED)
    plain, answers = predict.answers(model, TABLE), predict.answers(model, asked)
    assert np.isnan(answers[1])
    assert np.isnan(predict.answers(model, asked.slice(1, 1))).all()
    assert np.array_equal(np.delete(answers, 1), np.delete(plain, 1))


def test_answers_are_never_negative() -> None:
    low = TABLE.set_column(TABLE.column_names.index("rentals"), "rentals", pa.array([0] * 399 + [900]))
    trainer = train.fit(low, WANTED)
    model = export_onnx.build(trainer, WANTED.features).SerializeToString()
    assert predict.answers(model, low).min() >= 0


def test_one_row_is_answered_as_among_many() -> None:
    model, _ = exported(WANTED)
    many = predict.answers(model, TABLE)
    assert [predict.answers(model, TABLE.slice(row, 1))[0] for row in range(5)] == many[:5].tolist()


def test_a_value_exactly_on_a_split_goes_the_same_way() -> None:
    """Trained on even hours the splits lie on odd ones, where only "less or equal" and "less" differ."""
    even = TABLE.filter((np.arange(TABLE.num_rows) % 2) == 0)
    wanted = replace(WANTED, features=("hour",))
    trainer = train.fit(even, wanted)
    splits = {split for tree in trainer.estimators_[:, 0] for split in tree.tree_.threshold if split > 0}
    assert splits & set(range(1, 24, 2))
    model = export_onnx.build(trainer, wanted.features).SerializeToString()
    difference = predict.answers(model, TABLE) - train.answers(trainer, TABLE, wanted.features)
    assert np.abs(difference).max() <= train.TOLERANCE
