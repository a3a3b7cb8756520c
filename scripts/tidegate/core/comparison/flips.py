"""Which rows changed hands: became right or wrong, or were predicted much worse than before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tidegate.core.comparison.sample import Coded, Floats, Mask, Output, Sample
from tidegate.core.comparison.slices import Slice

_MOST = 10


@dataclass(frozen=True, kw_only=True)
class Flips:
    """Rows by whether the champion and the candidate classified them rightly."""

    became_right: int
    became_wrong: int
    stayed_right: int
    stayed_wrong: int


@dataclass(frozen=True, kw_only=True)
class Regression:
    """One row whose absolute error grew, named by its id only."""

    id: str
    before: float
    after: float


def flips(sample: Sample) -> Flips | None:
    """How many rows changed; None without a champion or without predicted classes."""
    if sample.champion is None:
        return None
    now, before = _right(sample, sample.candidate), _right(sample, sample.champion)
    if now is None or before is None:
        return None
    return Flips(
        became_right=_count(now & ~before),
        became_wrong=_count(~now & before),
        stayed_right=_count(now & before),
        stayed_wrong=_count(~now & ~before),
    )


def flips_by_slice(sample: Sample, slices: Mapping[Slice, Mask]) -> dict[Slice, Flips]:
    """The same for each slice that has rows."""
    found = {part: flips(sample.take(mask)) for part, mask in slices.items() if mask.any()}
    return {part: counted for part, counted in found.items() if counted is not None}


def regressions(sample: Sample) -> tuple[Regression, ...]:
    """The ten rows whose absolute error grew most, worst first; equal growth in the order of ids."""
    if sample.champion is None:
        return ()
    after, before = _errors(sample, sample.candidate), _errors(sample, sample.champion)
    if after is None or before is None:
        return ()
    grown = after - before
    worst = np.argsort(-grown, kind="stable")[:_MOST]
    return tuple(
        Regression(id=str(sample.ids[row])[:80], before=float(before[row]), after=float(after[row]))
        for row in worst
        if grown[row] > 0
    )


def _right(sample: Sample, output: Output) -> Mask | None:
    if not isinstance(sample.truth, Coded) or not isinstance(output.prediction, Coded):
        return None
    truth = np.asarray(sample.truth.labels, dtype=object)
    said = np.asarray(output.prediction.labels, dtype=object)
    same = truth[:, None] == said[None, :]
    right: Mask = same[sample.truth.codes, output.prediction.codes]
    return right


def _errors(sample: Sample, output: Output) -> Floats | None:
    if isinstance(sample.truth, Coded) or isinstance(output.prediction, Coded | None):
        return None
    return np.asarray(np.abs(sample.truth - output.prediction))


def _count(mask: Mask) -> int:
    return int(np.count_nonzero(mask))
