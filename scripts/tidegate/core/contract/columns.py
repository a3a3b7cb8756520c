"""Whether the columns that a contract names can be judged together, and give what each gate's metric is made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tidegate.core.comparison.metric_table import OF_LABEL_SETS, MetricKind, level_of
from tidegate.core.contract import Evaluation, Gate, Label
from tidegate.core.contract.problem import Path, Problem, shown
from tidegate.core.near_miss import did_you_mean

_PLACE: Path = ("evaluation",)
_TARGET = "The column of the truth."
_NAME_IT = "Name it, or drop the gate."


def _wrong(message: str, *path: str, fix: str = "") -> Problem:
    return Problem(code="E-CFG-027", path=(*_PLACE, *path), message=message, fix=fix)


def about_columns(evaluation: Evaluation) -> Iterator[Problem]:
    """The columns of the predictions, whatever the gates."""
    if evaluation.labels:
        yield from _about_labels(evaluation)
        return
    if not evaluation.target:
        message = 'key "target" is missing.'
        yield Problem(code="E-CFG-023", path=_PLACE, message=message, fix=_TARGET, at_key=True)
        return
    if evaluation.prediction is None and evaluation.score is None and not evaluation.quantiles:
        yield _wrong("neither prediction nor score names a column: there is nothing to judge.", fix="Name one of them.")
    for role in ("id", "prediction", "score"):
        if getattr(evaluation, role) == evaluation.target:
            yield _wrong(f"{role} and target are the same column; every model would look perfect.", role)
    yield from _about_quantiles(evaluation)
    if evaluation.threshold is not None:
        yield from _about_threshold(evaluation)


def _about_quantiles(evaluation: Evaluation) -> Iterator[Problem]:
    columns = evaluation.quantiles
    if not columns:
        return
    for column, level in columns.items():
        if column == evaluation.target:
            yield _wrong(f"{shown(column)} is the target, too; every model would look perfect.", "prediction", column)
        first = next(other for other in columns if columns[other] == level)
        if first != column:
            message = f"{shown(column)} and {shown(first)} are both the quantile of level {level}."
            yield _wrong(message, "prediction", column, fix="Keep one.")
    for role in ("score", "positive", "threshold"):
        if getattr(evaluation, role) is not None:
            yield _wrong(f"{role} is about classes; quantiles are forecasts of a number.", role)


def _about_threshold(evaluation: Evaluation) -> Iterator[Problem]:
    if evaluation.prediction is not None:
        yield _wrong("prediction says the class of every row, so a threshold would decide nothing.", "threshold")
    elif not isinstance(evaluation.score, str):
        yield _wrong("a threshold needs one column of scores.", "threshold", fix="Name it as evaluation.score.")


def _about_labels(evaluation: Evaluation) -> Iterator[Problem]:
    for role in ("target", "prediction", "score", "positive", "quantiles"):
        if getattr(evaluation, role):
            key = "prediction" if role == "quantiles" else role
            yield _wrong(f"{key} is about one class or number per row; labels have columns of their own.", key)
    if len(evaluation.labels) < 2:
        yield _wrong("one label is a classification: name its column as target.", "labels")
    for name, label in evaluation.labels.items():
        yield from _about_label(name, label)
    said = all(label.prediction is not None for label in evaluation.labels.values())
    if evaluation.threshold is not None and said:
        yield _wrong("every label has a prediction, so a threshold would decide nothing.", "threshold")


def _about_label(name: str, label: Label) -> Iterator[Problem]:
    place = ("labels", name)
    if not name.strip() or not name.isprintable() or "," in name or name == "∅" or len(name) > 80:
        yield _wrong(f"{shown(name)} cannot be a label: one line of 1 to 80 characters, without commas.", *place)
    if label.prediction is None and label.score is None:
        yield _wrong("neither prediction nor score names a column: there is nothing to judge.", *place)
    if label.target in (label.prediction, label.score):
        yield _wrong("target and prediction are the same column; every model would look perfect.", *place)


def about_needs(kind: MetricKind, gate: Gate, evaluation: Evaluation, path: Path) -> Iterator[Problem]:
    """What a gate's metric is computed from, and the contract does not name."""
    if kind.needs == "cost":
        if gate.slices or gate.gap:
            message = f"{kind.name} is measured for the whole model, not for its rows: it has no slices."
            key = "slices" if gate.slices else "gap"
            yield Problem(code="E-CFG-027", path=(*path, key), message=message, at_key=True)
        return
    by_form = _of_labels if evaluation.labels else _of_quantiles if evaluation.quantiles else _of_one
    lacking = by_form(kind, evaluation)
    if lacking:
        message, fix = lacking
        yield Problem(code="E-CFG-027", path=(*path, "metric"), message=f"{kind.name} {message}", fix=fix)


def _of_one(kind: MetricKind, evaluation: Evaluation) -> tuple[str, str] | None:
    """One number or class per row."""
    if kind.needs == "quantiles":
        return "is computed from quantiles.", "Map columns to their levels in evaluation.prediction."
    if kind.needs == "sets":
        return "is computed from rows with any number of labels.", "Declare them as evaluation.labels."
    if kind.needs == "scores" and not isinstance(evaluation.score, Mapping):
        return "is computed from a score for each class.", "Map classes to columns in evaluation.score."
    if kind.needs == "query" and evaluation.cluster is None:
        return "is computed query by query.", "Name the column of queries as evaluation.cluster."
    if kind.of and isinstance(evaluation.score, Mapping) and kind.needs == "score" and kind.of not in evaluation.score:
        near = did_you_mean(kind.of, evaluation.score)
        return f"is about a class without a score; evaluation.score has {', '.join(evaluation.score)}.{near}", _NAME_IT
    column = "score" if kind.needs in ("score", "scores") else "prediction"
    from_score = kind.needs == "labels" and evaluation.threshold is not None
    if getattr(evaluation, column) is None and not from_score:
        return f"is computed from evaluation.{column}, which names no column.", _NAME_IT
    return None


def _of_quantiles(kind: MetricKind, evaluation: Evaluation) -> tuple[str, str] | None:
    if kind.needs == "quantiles":
        few = len(evaluation.quantiles) < 2
        return ("is computed from two or more quantiles.", "Name another, or drop the gate.") if few else None
    if kind.needs != "prediction":
        return "is not computed from quantiles.", "Drop the gate, or name another prediction."
    level = level_of(kind.number) if kind.family == "pinball" else "0.5"
    if level in evaluation.quantiles.values():
        return None
    return f"is computed from the quantile of level {level}, which no column has.", _NAME_IT


def _of_labels(kind: MetricKind, evaluation: Evaluation) -> tuple[str, str] | None:
    if kind.of and kind.of not in evaluation.labels:
        near = did_you_mean(kind.of, evaluation.labels)
        return (
            f"is about a label that is not among evaluation.labels.{near}",
            f"They are {', '.join(evaluation.labels)}.",
        )
    if not kind.of and kind.needs != "sets" and kind.name not in OF_LABEL_SETS:
        first = next(iter(evaluation.labels))
        return "is not defined for rows with any number of labels.", f"Ask it of a label, such as {kind.name}:{first}."
    asked = [evaluation.labels[kind.of]] if kind.of else list(evaluation.labels.values())
    if kind.needs == "score":
        return (
            None
            if asked[0].score is not None
            else ("is computed from the label's score, which names no column.", _NAME_IT)
        )
    known = all(
        label.prediction is not None or (label.score is not None and evaluation.threshold is not None)
        for label in asked
    )
    return (
        None
        if known
        else ("is computed from predictions, which some label has not.", "Name them, or set evaluation.threshold.")
    )
