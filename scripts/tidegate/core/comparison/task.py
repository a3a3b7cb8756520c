"""What kind of model a contract describes, and which metrics are shown whether a gate names them or not."""

from __future__ import annotations

from typing import Literal

from tidegate.core.comparison.metric_table import KNOWN
from tidegate.core.comparison.sample import Coded, Floats, Sample
from tidegate.core.contract import Evaluation, Model
from tidegate.errors import InputError

Task = Literal["regression", "classification"]


def task_of(model: Model) -> Task:
    """Regression when gates need numbers (or nothing says otherwise), classification when they need labels or scores.

    Raises InputError E-MET-019 when gates need both: one model predicts one thing.
    """
    by_need: dict[str, str] = {}
    for gate in model.gates:
        if gate.metric in KNOWN:
            by_need.setdefault(KNOWN[gate.metric].needs, gate.metric)
    classes = by_need.get("labels") or by_need.get("score")
    if classes and "prediction" in by_need:
        raise InputError(
            "E-MET-019",
            f"{by_need['prediction']} needs numbers and {classes} needs classes; one model predicts one or the other.",
            fix="Drop one of the two gates, or describe two models.",
        )
    return "classification" if classes or _classifies(model.evaluation) else "regression"


def usual_metrics(sample: Sample) -> tuple[str, ...]:
    """Metrics that are always shown, as far as the sample has what they need."""
    if not isinstance(sample.truth, Coded):
        return ("rmse", "mae", "r2")
    known = sample.positive is not None or set(sample.truth.labels) <= {"0", "1"}
    outputs = [sample.candidate, *([] if sample.champion is None else [sample.champion])]
    labelled = all(output.prediction is not None for output in outputs)
    scored = known and all(len(output.scores) == 1 for output in outputs)
    probable = scored and all(_is_probability(score) for output in outputs for score in output.scores.values())
    return (
        *(("accuracy", "f1" if known else "f1_macro") if labelled else ()),
        *(("log_loss",) if probable else ()),
        *(("auc",) if scored else ()),
    )


def _is_probability(score: Floats) -> bool:
    return bool(score.min() >= 0 and score.max() <= 1)


def _classifies(evaluation: Evaluation) -> bool:
    return evaluation.positive is not None or evaluation.score is not None
