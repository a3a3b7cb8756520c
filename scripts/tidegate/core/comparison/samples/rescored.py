"""The champion asked anew, because the rows of the hold-out are not those that it was measured on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tidegate.core.comparison.samples.sample import Coded, Floats, Predictions
from tidegate.core.contract import Evaluation
from tidegate.core.rounding import counted
from tidegate.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Rescored:
    """How the rows differ from those before: `new` were not among them, `gone` are no more, of `changed` the truth is
    another; `rows` are all of them now.
    """

    rows: int
    new: int
    gone: int
    changed: int

    def __str__(self) -> str:
        parts = {"new": self.new, "gone": self.gone, "with another truth": self.changed}
        told = ", ".join(f"{count:,} {words}" for words, count in parts.items() if count)
        return (
            f"champion re-scored on the new rows ({counted(self.rows, 'row')}: {told or 'other clusters or weights'})"
        )


def rescored(now: Predictions, before: Predictions) -> Rescored:
    """What of the candidate's rows the champion's own predictions did not answer."""
    if now.ids.dtype.kind != before.ids.dtype.kind:
        return Rescored(rows=len(now.ids), new=len(now.ids), gone=len(before.ids), changed=0)
    known, places, olds = np.intersect1d(now.ids, before.ids, return_indices=True)
    changed = np.count_nonzero(_texts(now.truth)[places] != _texts(before.truth)[olds])
    new, gone = len(now.ids) - len(known), len(before.ids) - len(known)
    return Rescored(rows=len(now.ids), new=new, gone=gone, changed=int(changed))


def _texts(truth: Floats | Coded) -> NDArray[Any]:
    return truth.texts() if isinstance(truth, Coded) else truth


def answer_columns(evaluation: Evaluation) -> tuple[str, ...]:
    """Columns that a model wrote; all others say what was asked and what is true."""
    return tuple(dict.fromkeys(_answer_columns(evaluation)))


def _answer_columns(evaluation: Evaluation) -> Iterator[str]:
    score = evaluation.score
    yield from filter(None, [evaluation.prediction])
    yield from [score] if isinstance(score, str) else (score or {}).values()
    yield from evaluation.quantiles
    for label in evaluation.labels.values():
        yield from filter(None, [label.prediction, label.score])


def asked_of(judge: Evaluation, theirs: Evaluation) -> Evaluation:
    """How a file is read that holds the judge's truth and the answers of a model with a contract of its own.

    Raises InputError E-MET-024 where that model answers another question.
    """
    if judge.labels.keys() != theirs.labels.keys():
        raise InputError("E-MET-024", f"it answers about {_listed(theirs)}, the candidate about {_listed(judge)}.")
    labels = {name: replace(label, target=judge.labels[name].target) for name, label in theirs.labels.items()}
    known = ("id", "target", "cluster", "weight", "slices", "bins", "pairs", "minimum_rows", "interval")
    return replace(theirs, labels=labels, **{name: getattr(judge, name) for name in known})


def _listed(evaluation: Evaluation) -> str:
    return f"the labels {', '.join(evaluation.labels)[:80]}" if evaluation.labels else "one target"
