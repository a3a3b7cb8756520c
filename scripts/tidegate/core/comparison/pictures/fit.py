"""What a picture of the fit is drawn from, in a few numbers: for people, it decides nothing and is in no verdict."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import numpy as np

from tidegate.core.comparison.pictures.reliability import Bin, error, reliability
from tidegate.core.comparison.pictures.residuals import LEVELS, Residuals, residuals
from tidegate.core.comparison.samples.sample import Sample

_DIGITS = 6


def fit_block(sample: Sample | None, alpha: float) -> dict[str, Any]:
    """``{"fit": …}`` as JSON values: reliability of scores or residuals of numbers; nothing where neither is known."""
    if sample is None:
        return {}
    with np.errstate(over="ignore", invalid="ignore"):  # what overflows has no picture
        return _block(sample, alpha)


def _block(sample: Sample, alpha: float) -> dict[str, Any]:
    if (curve := reliability(sample, alpha)) is not None:
        models = {"candidate": _bins(curve.candidate), "champion": _bins(curve.champion) if curve.champion else None}
        return {"fit": {"kind": "reliability", "of": curve.of, "level": curve.level, **models}}
    if (left := residuals(sample)) is not None:
        models = {"candidate": _bands(left[0]), "champion": None if left[1] is None else _bands(left[1])}
        return {"fit": {"kind": "residuals", "levels": list(LEVELS), **models}}
    return {}


def _bins(bins: tuple[Bin, ...]) -> dict[str, Any]:
    return {"error": _short(error(bins)), "bins": [_rounded(asdict(one)) for one in bins]}


def _bands(found: Residuals) -> dict[str, Any]:
    bands = [{"rows": band.rows, "said": _short(band.said), "residuals": _all(band.residuals)} for band in found.bands]
    return {"overall": _all(found.overall), "bands": bands}


def _all(values: Iterable[float]) -> list[float]:
    return [_short(value) for value in values]


def _rounded(values: dict[str, Any]) -> dict[str, Any]:
    return {name: _short(value) if isinstance(value, float) else value for name, value in values.items()}


def _short(value: float) -> float:
    return float(f"{float(value):.{_DIGITS}g}")
