"""How far predicted numbers are off, from the smallest prediction to the largest: quantiles of what is left over.

A residual is the truth minus the prediction. All numbers are order statistics, so that they are the same everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tidegate.core.comparison.samples.sample import Coded, Floats, Ints, Output, Sample

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
BINS = 16
_LEAST = 25
"""Rows in a bin, so that its outer quantiles are more than its extremes."""


@dataclass(frozen=True, kw_only=True)
class Band:
    """Rows with about the same prediction: the median of what was `said`, and the residuals' quantiles at `LEVELS`."""

    rows: int
    said: float
    residuals: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Residuals:
    """One model's bands in ascending order of predictions, and the quantiles over all rows."""

    overall: tuple[float, ...]
    bands: tuple[Band, ...]


def residuals(sample: Sample) -> tuple[Residuals, Residuals | None] | None:
    """Of both models; None where no numbers are predicted, or for too few rows."""
    outputs = [sample.candidate, *([] if sample.champion is None else [sample.champion])]
    if sample.rows < 4 * _LEAST or not all(isinstance(output.prediction, np.ndarray) for output in outputs):
        return None
    if isinstance(sample.truth, Coded):
        return None
    found, *against = [_of_model(sample.truth, output, sample.weight) for output in outputs]
    return None if found is None else (found, against[0] if against else None)


def _of_model(truth: Floats, output: Output, weight: Floats | None) -> Residuals | None:
    said = output.prediction
    if not isinstance(said, np.ndarray):
        raise TypeError("residuals are of numbers")
    left, count = truth - said, min(BINS, len(said) // _LEAST)
    overall = _quantiles(left, weight)
    if overall is None or not np.isfinite(left).all():
        return None
    edges = np.unique(np.quantile(said, np.arange(1, count) / count, method="inverted_cdf"))
    bands = [_band(said, left, weight, rows) for rows in parted(np.searchsorted(edges, said), len(edges) + 1)]
    return Residuals(overall=overall, bands=tuple(band for band in bands if band is not None))


def parted(codes: NDArray[np.integer[Any]], count: int) -> list[Ints]:
    """The rows of each of `count` bins (255 at the most), in ascending order."""
    small = codes.astype(np.uint8)
    order = np.argsort(small, kind="stable")
    return np.split(order, np.searchsorted(small[order], np.arange(1, count)))


def _band(said: Floats, left: Floats, weight: Floats | None, rows: Ints) -> Band | None:
    weights = None if weight is None else weight[rows]
    told, found = _quantiles(said[rows], weights), _quantiles(left[rows], weights)
    return None if told is None or found is None else Band(rows=len(rows), said=told[2], residuals=found)


def _quantiles(values: Floats, weight: Floats | None) -> tuple[float, ...] | None:
    """The smallest values that so much of the weight does not lie above; None where there is no weight."""
    if not len(values) or (weight is not None and not weight.any()):
        return None
    if weight is None:
        return tuple(np.quantile(values, LEVELS, method="inverted_cdf").tolist())
    order = np.argsort(values, kind="stable")
    upto = np.cumsum(weight[order])
    places = np.searchsorted(upto, np.array(LEVELS) * upto[-1])
    return tuple(values[order][np.minimum(places, len(values) - 1)].tolist())
