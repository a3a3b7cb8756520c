"""Rows of a classified hold-out that are alike are one cell: (truth, candidate says, champion says) and how many.

A million rows then cost what eight cells cost, and drawing cells by their share is exactly drawing rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tidegate.core.comparison.metrics.counts import recode
from tidegate.core.comparison.samples.sample import Coded, Ints, Output, Sample

_MOST_KEYS = 2_000_000
_MOST_CELLS = 4_096


@dataclass(frozen=True)
class Cells:
    """`sample` holds one row per occurring cell, `counts` the number of rows in each."""

    sample: Sample
    counts: Ints


def cells_of(sample: Sample) -> Cells | None:
    """The sample's cells; None where rows differ in more than their classes, or cells would be too many to help."""
    outputs = [sample.candidate, *([] if sample.champion is None else [sample.champion])]
    columns = [sample.truth, *(output.prediction for output in outputs)]
    classes = [column for column in columns if isinstance(column, Coded)]
    if sample.cluster is not None or sample.weight is not None or len(classes) < len(columns):
        return None
    labels = tuple(sorted({label for column in classes for label in column.labels}))
    if len(labels) ** len(classes) > _MOST_KEYS:
        return None
    tally = np.bincount(_keys([recode(column, labels).codes for column in classes], len(labels)))
    present = np.flatnonzero(tally)
    if len(present) > _MOST_CELLS:
        return None
    parts = [Coded(codes=codes, labels=labels) for codes in _codes(present, len(labels), len(classes))]
    return Cells(_sample(parts, sample), tally[present].astype(np.int64))


def _keys(codes: list[Ints], width: int) -> Ints:
    keys = codes[0]
    for column in codes[1:]:
        keys = keys * width + column
    return keys


def _codes(keys: Ints, width: int, columns: int) -> list[Ints]:
    """What `_keys` put together, taken apart again."""
    return [keys // width ** (columns - 1 - column) % width for column in range(columns)]


def _sample(parts: list[Coded], whole: Sample) -> Sample:
    truth, candidate, *champion = parts
    return Sample(
        ids=np.arange(len(truth.codes)),
        truth=truth,
        candidate=Output(prediction=candidate),
        champion=Output(prediction=champion[0]) if champion else None,
        positive=whole.positive,
        labels=whole.labels,
    )
