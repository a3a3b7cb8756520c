"""The truth and what one model said, from their columns: numbers, classes, quantiles, or sets of labels.

A class that only a score says is the one that the contract's threshold gives it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from tidegate.adapters.tables.columns import Columns
from tidegate.core.comparison.samples.label_sets import label_sets
from tidegate.core.comparison.samples.sample import Coded, Floats, Mask, Output
from tidegate.core.comparison.samples.task import Task
from tidegate.core.contract import Evaluation, Label
from tidegate.errors import InputError


@dataclass(frozen=True)
class Said:
    """The truth, and what a model said about it."""

    truth: Floats | Coded
    output: Output


def column_names(evaluation: Evaluation) -> Iterator[str]:
    """The columns that hold the truth and what was said."""
    score = evaluation.score
    yield from filter(None, [evaluation.target, evaluation.prediction])
    yield from score.values() if isinstance(score, Mapping) else [] if score is None else [score]
    yield from evaluation.quantiles
    for label in evaluation.labels.values():
        yield from filter(None, [label.target, label.prediction, label.score])


def said(columns: Columns, evaluation: Evaluation, task: Task) -> Said:
    """Truth and output. Raises InputError for columns that do not hold what they should."""
    if task == "multilabel":
        return _labels(columns, evaluation)
    if task == "classification":
        return _classes(columns, evaluation)
    quantiles = {level: columns.numbers(name, finite=False) for name, level in evaluation.quantiles.items()}
    name = evaluation.prediction
    number = quantiles.get("0.5") if name is None else columns.numbers(name, finite=False)
    scores = quantiles or _scores(columns, evaluation)
    return Said(columns.numbers(evaluation.target), Output(prediction=number, scores=scores))


def _scores(columns: Columns, evaluation: Evaluation) -> dict[str, Floats]:
    score = evaluation.score
    by_class = score if isinstance(score, Mapping) else {} if score is None else {evaluation.positive or "": score}
    return {label: columns.numbers(column, finite=False) for label, column in by_class.items()}


def _classes(columns: Columns, evaluation: Evaluation) -> Said:
    truth = columns.classes(evaluation.target)
    scores = _scores(columns, evaluation)
    if evaluation.prediction is not None:
        return Said(truth, Output(prediction=columns.classes(evaluation.prediction), scores=scores))
    if evaluation.threshold is None or not scores:
        return Said(truth, Output(scores=scores))
    positive = evaluation.positive or "1"
    above = next(iter(scores.values())) >= evaluation.threshold
    return Said(truth, Output(prediction=_one_of_two(truth, positive, above, columns.shown), scores=scores))


def _one_of_two(truth: Coded, positive: str, above: Mask, shown: str) -> Coded:
    """The positive class where the score is high enough, the target's other class elsewhere."""
    others = [label for label in truth.labels if label != positive]
    if len(others) > 1:
        message = f"a threshold tells two classes apart; besides {positive[:40]!r} the target has {len(others)} more."
        raise InputError("E-MET-005", message, where=shown, fix="Write a column of predicted classes.")
    other = others[0] if others else "0" if positive != "0" else "1"
    labels = tuple(sorted((positive, other)))
    return Coded(codes=(above == (labels[1] == positive)).astype(np.int64), labels=labels)


def _labels(columns: Columns, evaluation: Evaluation) -> Said:
    names = evaluation.labels
    truth = label_sets({name: columns.flags(label.target) for name, label in names.items()})
    scores = {
        name: columns.numbers(label.score, finite=False) for name, label in names.items() if label.score is not None
    }
    given = {name: _given(columns, name, label, scores, evaluation.threshold) for name, label in names.items()}
    known = {name: column for name, column in given.items() if column is not None}
    # Sets need every label; where one is neither said nor scored above a threshold, only scores can be judged.
    prediction = label_sets(known) if len(known) == len(names) else None
    return Said(truth, Output(prediction=prediction, scores=scores))


def _given(
    columns: Columns, name: str, label: Label, scores: Mapping[str, Floats], threshold: float | None
) -> Mask | None:
    if label.prediction is not None:
        return columns.flags(label.prediction)
    return None if threshold is None or name not in scores else scores[name] >= threshold
