"""How often what a model said with some probability came true: a few bins of scores, each with an interval.

Bins hold about equally many rows (deciles of each model's own scores), so that rare events are seen as well as common
ones and every point is about as sure as the next. A quantile forecast is held against its levels instead.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from tidegate.core.comparison.pictures.residuals import parted
from tidegate.core.comparison.samples.sample import Coded, Floats, Ints, Mask, Output, Sample

BINS = 10
_LEAST = 100


@dataclass(frozen=True, kw_only=True)
class Bin:
    """Rows that were said to happen with about the same probability: the mean that was `said`, the share that was
    `seen`, and its interval from `low` to `high`.
    """

    rows: int
    said: float
    seen: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Reliability:
    """Both models' bins in ascending order (no champion: none). `of`: what was said to happen."""

    of: str
    level: float
    candidate: tuple[Bin, ...]
    champion: tuple[Bin, ...] = ()


def error(bins: tuple[Bin, ...]) -> float:
    """How far apart what was said and what was seen are, on average over rows (Naeini et al. 2015)."""
    return sum(one.rows * abs(one.said - one.seen) for one in bins) / max(sum(one.rows for one in bins), 1)


def reliability(sample: Sample, alpha: float) -> Reliability | None:
    """Of scores that are probabilities; None where there are none, or fewer than 100 rows."""
    of, events = _events(sample)
    if events is None or sample.rows < _LEAST:
        return None
    found = events(sample.candidate)
    against = None if sample.champion is None else events(sample.champion)
    if found is None or (sample.champion is not None and against is None):
        return None
    return Reliability(
        of=of,
        level=1 - alpha,
        candidate=_bins(sample, *found, alpha),
        champion=() if against is None else _bins(sample, *against, alpha),
    )


_Said = tuple[Floats, Mask]


def _events(sample: Sample) -> tuple[str, Callable[[Output], _Said | None] | None]:
    """What happens, and how one model's probabilities of it and whether it did are read."""
    truth = sample.truth
    if not isinstance(truth, Coded) or sample.labels:
        return "", None
    if len(sample.candidate.scores) != 1:
        return "the class that is said", lambda output: _of_classes(truth, output)
    positive = sample.positive or next(iter(sample.candidate.scores))
    positive = positive or "1"
    return positive, lambda output: _of_one(truth, output, positive)


def _of_one(truth: Coded, output: Output, positive: str) -> _Said | None:
    score = next(iter(output.scores.values()), None)
    if len(output.scores) != 1 or score is None or positive not in truth.labels or not _is_share(score):
        return None
    return score, np.asarray(truth.codes == truth.labels.index(positive))


def _of_classes(truth: Coded, output: Output) -> _Said | None:
    """The largest probability of each row, and whether it was that of the true class."""
    if len(output.scores) < 2:
        return None
    labels, columns = list(output.scores), np.stack(list(output.scores.values()))
    if not _is_share(columns):
        return None
    place = np.array([labels.index(label) if label in labels else -1 for label in truth.labels])
    return columns.max(axis=0), np.asarray(columns.argmax(axis=0) == place[truth.codes])


def _is_share(scores: Floats) -> bool:
    return bool(scores.min() >= 0 and scores.max() <= 1)


def _bins(sample: Sample, said: Floats, happened: Mask, alpha: float) -> tuple[Bin, ...]:
    edges = np.unique(np.quantile(said, np.arange(1, BINS) / BINS, method="inverted_cdf"))
    parts = parted(np.searchsorted(edges, said), len(edges) + 1)
    found = (_bin(sample, rows, said[rows], happened[rows].astype(np.float64), alpha) for rows in parts if len(rows))
    return tuple(one for one in found if one is not None)


def _bin(sample: Sample, rows: Ints, said: Floats, happened: Floats, alpha: float) -> Bin | None:
    """Wilson's interval for as many rows as the bin is worth with its weights and clusters (Korn and Graubard 1998)."""
    weight = np.ones(len(rows)) if sample.weight is None else sample.weight[rows]
    total = _sum(weight)
    if not total:
        return None
    told, seen = _sum(weight * said) / total, _sum(weight * happened) / total
    codes = np.arange(len(rows)) if sample.cluster is None else sample.cluster.codes[rows]
    _, clusters = np.unique(codes, return_inverse=True)
    off = np.bincount(clusters, weight * (happened - seen)).astype(np.float64)
    variance, most = _sum(np.square(off)) / total**2, seen * (1 - seen)
    worth = min(most / variance, float(len(rows))) if variance > 0 else float(len(off))
    low, high = _wilson(seen, worth, -float(ndtri(alpha / 2)))
    return Bin(rows=len(rows), said=told, seen=seen, low=min(low, seen), high=max(high, seen))


def _wilson(seen: float, rows: float, z: float) -> tuple[float, float]:
    middle = (seen + z * z / (2 * rows)) / (1 + z * z / rows)
    spread = max(seen * (1 - seen), 0.0) / rows + z * z / (4 * rows * rows)
    reach = z / (1 + z * z / rows) * math.sqrt(spread)
    return max(0.0, middle - reach), min(1.0, middle + reach)


def _sum(values: Floats) -> float:
    """One after the other, so that it is the same on every machine."""
    return float(np.cumsum(values)[-1])
