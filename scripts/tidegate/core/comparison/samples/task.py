"""What kind of model a contract describes, and which metrics are shown whether a gate names them or not."""

from __future__ import annotations

from typing import Literal

from tidegate.core.comparison.metric_table import KNOWN
from tidegate.core.comparison.samples.sample import Coded, Floats, Output, Sample
from tidegate.core.contract import Evaluation, Model
from tidegate.errors import InputError

Task = Literal["regression", "quantiles", "ranking", "classification", "multilabel"]


def task_of(model: Model) -> Task:
    """What the columns say, else what the gates need; regression when nothing says otherwise.

    Raises InputError E-MET-019 when gates need both numbers and classes: one model predicts one thing.
    """
    by_need: dict[str, str] = {}
    for gate in model.gates:
        if gate.metric in KNOWN:
            by_need.setdefault(KNOWN[gate.metric].needs, gate.metric)
    if model.evaluation.labels:
        return "multilabel"
    if model.evaluation.quantiles:
        return "quantiles"
    number = by_need.get("prediction") or by_need.get("query")
    classes = by_need.get("labels") or by_need.get("score") or by_need.get("scores")
    if classes and number:
        raise InputError(
            "E-MET-019",
            f"{number} needs numbers and {classes} needs classes; one model predicts one or the other.",
            fix="Drop one of the two gates, or describe two models.",
        )
    if classes or _classifies(model.evaluation):
        return "classification"
    return "ranking" if "query" in by_need else "regression"


def usual_metrics(sample: Sample, task: Task | None = None) -> tuple[str, ...]:
    """Metrics that are always shown, as far as the sample has what they need; `task` where the columns cannot tell."""
    outputs = [sample.candidate, *([] if sample.champion is None else [sample.champion])]
    if not isinstance(sample.truth, Coded):
        return _of_numbers(outputs, task)
    labelled = all(output.prediction is not None for output in outputs)
    if sample.labels:
        return ("subset_accuracy", "f1_micro", "f1_macro", "hamming_loss") if labelled else ()
    known = sample.positive is not None or set(sample.truth.labels) <= {"0", "1"}
    scored = known and all(len(output.scores) == 1 for output in outputs)
    every = set.intersection(*(set(output.scores) for output in outputs))
    ranked = len(every) > 2 and every >= set(sample.truth.labels)
    probable = (scored or ranked) and all(
        _is_probability(score) for output in outputs for score in output.scores.values()
    )
    return (
        *(("accuracy", "f1" if known else "f1_macro") if labelled else ()),
        *(("log_loss",) if probable else ()),
        *(("auc",) if scored else ("auc_ovr_macro",) if ranked else ()),
    )


def _of_numbers(outputs: list[Output], task: Task | None) -> tuple[str, ...]:
    if task == "ranking":
        return ("ndcg", "mrr")
    if all(len(output.scores) > 1 for output in outputs):
        middle = all(output.prediction is not None for output in outputs)
        return ("pinball", "interval_coverage", "interval_width", *(("mae",) if middle else ()))
    return ("rmse", "mae", "r2")


def _is_probability(score: Floats) -> bool:
    return bool(score.min() >= 0 and score.max() <= 1)


def _classifies(evaluation: Evaluation) -> bool:
    return evaluation.positive is not None or evaluation.score is not None
