"""Which rows changed hands: became right or wrong, or were predicted much worse than before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import bdtr, chdtrc

from tidegate.core.comparison.inference.intervals import FEWEST_UNITS
from tidegate.core.comparison.samples.sample import Coded, Floats, Mask, Output, Sample
from tidegate.core.comparison.samples.slices import Slice

_MOST = 10


@dataclass(frozen=True, kw_only=True)
class Flips:
    """Rows by whether the champion and the candidate classified them rightly.

    `p`: how likely at least such an imbalance of the changed rows is where neither model is better (two-sided); of
    McNemar's test, to six digits. None where there are too few independent groups to tell.
    """

    became_right: int
    became_wrong: int
    stayed_right: int
    stayed_wrong: int
    p: float | None = None


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
        p=_p(sample, now & ~before, ~now & before),
    )


def _p(sample: Sample, gained: Mask, lost: Mask) -> float | None:
    """McNemar's exact test; for rows in clusters that of Yang, Sun and Hardin (2010), of each cluster's balance."""
    if sample.cluster is None:
        changed = _count(gained) + _count(lost)
        return _rounded(min(1.0, 2 * float(bdtr(min(_count(gained), _count(lost)), changed, 0.5)))) if changed else 1.0
    balance = np.bincount(sample.cluster.codes, gained.astype(np.float64) - lost)
    if np.count_nonzero(np.bincount(sample.cluster.codes)) < FEWEST_UNITS:
        return None
    squares = float(np.sum(balance**2))
    return _rounded(float(chdtrc(1, np.sum(balance) ** 2 / squares))) if squares else 1.0


def _rounded(p: float) -> float:
    """As many digits as are the same on every machine."""
    return float(f"{p:.6g}")


def flips_by_slice(sample: Sample, slices: Mapping[Slice, Mask]) -> dict[Slice, Flips]:
    """The same for each slice that has rows."""
    bare = replace(sample, slices={}, numbers={})
    found = {part: flips(bare.take(mask)) for part, mask in slices.items() if mask.any()}
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
    place = {label: code for code, label in enumerate(sample.truth.labels)}
    said = np.array([place.get(label, -1) for label in output.prediction.labels], dtype=np.int64)
    return np.asarray(said[output.prediction.codes] == sample.truth.codes)


def _errors(sample: Sample, output: Output) -> Floats | None:
    if isinstance(sample.truth, Coded) or isinstance(output.prediction, Coded | None):
        return None
    return np.asarray(np.abs(sample.truth - output.prediction))


def _count(mask: Mask) -> int:
    return int(np.count_nonzero(mask))
