"""Numbers rounded so that adding them is exact in any order: the same evidence gives the same draws on any machine."""

from __future__ import annotations

import numpy as np

from tidegate.core.comparison.samples.sample import Floats

_MANTISSA = 52


def gridded(columns: Floats, times: float) -> Floats:
    """Columns (last axis) on a binary grid on which totals of `times` of their numbers are exact.

    That moves a number by at most about 1e-16 of `times` the largest of its column. What is not finite stays as it is.
    """
    largest = np.abs(columns).max(axis=0)
    _, exponent = np.frexp(largest * times)
    step = np.ldexp(1.0, exponent - _MANTISSA)
    usable = (largest > 0) & (step > 0) & np.isfinite(largest * times)
    step = np.where(usable, step, 1.0)
    return np.where(usable, np.round(columns / step) * step, columns)
