"""A column of numbers as slices: cut at quantiles of the hold-out, named so that people can read what is in each.

A cut is the quantile in as few digits as leave the slice about as large as asked for, and the slice's name says it in
full: ``0.34 to 0.5`` holds what is above 0.34 and at most 0.5, ``4 to 6`` of whole numbers both ends.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tidegate.core.comparison.samples.sample import Coded, Floats

_MOST_DIGITS = 17
_SLACK = 0.1
"""By how much of a slice's share a readable cut may move its edge."""


def binned(values: Floats, bins: int) -> Coded:
    """The column cut into at most `bins` slices, in the order of numbers; what is missing (NaN) is a slice named "".

    Equal numbers are never torn apart, so that a column with many ties has fewer slices, and one of one value has one.
    """
    missing = np.isnan(values)
    known = np.sort(values[~missing])
    cuts = _cuts(known, bins)
    places = np.searchsorted(cuts, known)
    labels = [_name(known[places == place], cuts, place) for place in range(len(cuts) + 1)] if len(known) else []
    codes = np.where(missing, len(labels), np.searchsorted(cuts, values)).astype(np.int64)
    return Coded(codes=codes, labels=(*labels, *([""] if missing.any() else [])))


def _cuts(known: Floats, bins: int) -> list[float]:
    """Upper edges of all slices but the last: none at or above the largest value, none twice."""
    if not len(known):
        return []
    cuts: list[float] = []
    for share in range(1, bins):
        quantile = _nearest(known, len(known) * share / bins)
        cut = _readable(known, quantile, _SLACK / bins)
        if math.isfinite(cut) and known[0] <= cut < known[-1] and not _empty(known, cuts, cut):
            cuts.append(cut)
    return cuts


def _nearest(known: Floats, rows: float) -> float:
    """The value that leaves as nearly so many rows up to it as equal numbers allow."""
    quantile = known[math.ceil(rows) - 1]
    below, upto = np.searchsorted(known, quantile), np.searchsorted(known, quantile, "right")
    return float(known[below - 1] if below and rows - below < upto - rows else quantile)


def _empty(known: Floats, cuts: Sequence[float], cut: float) -> bool:
    """Whether nothing lies between the last cut and this one."""
    return bool(cuts) and bool(np.searchsorted(known, cut, "right") <= np.searchsorted(known, cuts[-1], "right"))


def _readable(known: Floats, quantile: float, slack: float) -> float:
    """The quantile in the fewest digits that move at most this share of the rows over the edge."""
    if not math.isfinite(quantile):
        return quantile
    here = np.searchsorted(known, quantile, "right")
    for digits in range(1, _MOST_DIGITS):
        cut = float(f"{quantile:.{digits}g}")
        if abs(np.searchsorted(known, cut, "right") - here) <= slack * len(known):
            return cut
    return quantile


def _name(inside: Floats, cuts: Sequence[float], place: int) -> str:
    if inside[0] == inside[-1]:
        return _text(inside[0])
    whole = bool(np.all(np.isfinite(inside) & (inside == np.floor(inside)))) and all(cut.is_integer() for cut in cuts)
    if place == 0:
        return f"up to {_text(cuts[0])}" if cuts else f"{_text(inside[0])} to {_text(inside[-1])}"
    low = cuts[place - 1] + 1 if whole else cuts[place - 1]
    if place == len(cuts):
        return f"{_text(low)} or more" if whole else f"above {_text(low)}"
    return f"{_text(low)} to {_text(cuts[place])}"


def _text(number: float) -> str:
    """A number in the digits that it needs, without a power of ten where people would not write one."""
    text = f"{number:.{_MOST_DIGITS}g}" if float(f"{number:.15g}") != number else f"{number:.15g}"
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else text
