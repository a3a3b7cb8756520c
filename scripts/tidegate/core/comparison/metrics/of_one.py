"""A metric of two classes asked of one class or label against all the others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tidegate.core.comparison.metrics.form import Form, Metric, Outcome, classes
from tidegate.core.comparison.samples.label_sets import members
from tidegate.core.comparison.samples.sample import Coded, Mask
from tidegate.errors import InputError


def of_one(metric: Metric, name: str) -> Metric:
    """`metric` of having the class or label `name`.

    Raises InputError E-MET-017 for a class that does not occur, E-MET-020 for one without a score.
    """

    def asked(outcome: Outcome) -> Form:
        truth = classes(outcome.truth)
        if name not in (outcome.labels or truth.labels):
            known = ", ".join((outcome.labels or truth.labels)[:5])
            raise InputError("E-MET-017", f"class {name[:80]!r} does not occur; the target has {known}.")
        said = outcome.prediction
        one = replace(
            outcome,
            truth=_yes_or_no(truth, _has(outcome, truth, name)),
            prediction=_yes_or_no(said, _has(outcome, said, name)) if isinstance(said, Coded) else None,
            scores={"1": outcome.scores[name]} if name in outcome.scores else {},
            positive="1",
            labels=(),
        )
        return metric(one)

    return asked


def _has(outcome: Outcome, column: Coded, name: str) -> Mask:
    """Which of the column's classes (or label sets) are or hold the one asked for."""
    return members(column, name) if outcome.labels else np.array([label == name for label in column.labels])


def _yes_or_no(column: Coded, yes: Mask) -> Coded:
    return Coded(codes=yes.astype(np.int64)[column.codes], labels=("0", "1"))
