"""How well predictions fit the truth: a picture on the page, one sentence in the comment."""

from __future__ import annotations

from collections.abc import Iterator

from tidegate.core.report.blocks import Code, Column, Details, FitChart, Line, Table
from tidegate.core.report.comparison import Comparison
from tidegate.core.report.figures import level
from tidegate.core.report.row_evidence import Curve, Reliability, Residuals, Spread
from tidegate.core.rounding import brief, decimals_for, number, percent


def fit_part(comparison: Comparison) -> Iterator[Details]:
    """The picture with its meaning in words and its numbers, for those who cannot see it."""
    match comparison.fit:
        case Reliability() as fit:
            title = "What is said against what is seen"
            chart = FitChart(title=title, fit=fit, text=_of_reliability(fit), numbers=_points(fit))
            yield Details("Reliability", _gist(fit), (chart,), weight=40)
        case Residuals() as fit:
            title = "Truth minus prediction"
            chart = FitChart(title=title, fit=fit, text=_of_residuals(fit), numbers=_bands(fit))
            yield Details("Residuals", _spread(fit.candidate), (chart,), weight=40)


def _gist(fit: Reliability) -> str:
    return f"what is said and what is seen are {_points_of(fit.candidate)} apart"


def _points_of(curve: Curve) -> str:
    return f"{number(curve.error * 100, 1)} percentage points"


def _of_reliability(fit: Reliability) -> Line:
    champion = "" if fit.champion is None else f" (the champion's: {_points_of(fit.champion)})"
    start = "What the model says of "
    end = f" and how often it is so are {_points_of(fit.candidate)} apart on average{champion}. "
    return start, Code(fit.of), end, f"Intervals at {level(fit.level)}."


def _of_residuals(fit: Residuals) -> Line:
    champion = "" if fit.champion is None else f"; the champion's: {_spread(fit.champion)}"
    return (f"Truth minus prediction: {_spread(fit.candidate)}{champion}.",)


def _spread(found: Spread) -> str:
    low, lower, middle, upper, high = found.overall
    decimals = brief([lower, upper])
    half, most = (f"{number(a, decimals)} to {number(b, decimals)}" for a, b in ((lower, upper), (low, high)))
    return f"half of the rows from {half}, nine in ten from {most}, median {number(middle, decimals)}"


def _points(fit: Reliability) -> Table:
    names = ("Rows", "Said", "Seen", "Interval")
    columns = (Column("Model"), *(Column(name, right=True) for name in names))
    models = (("this change", fit.candidate), ("champion", fit.champion))
    rows = tuple(
        ((name,), (f"{one.rows:,}",), (percent(one.said),), (percent(one.seen),), (_between(one.low, one.high),))
        for name, curve in models
        if curve is not None
        for one in curve.points
    )
    return Table(columns, rows, noun="points")


def _between(low: float, high: float) -> str:
    return f"{percent(low)} to {percent(high)}"


def _bands(fit: Residuals) -> Table:
    names = ("Rows", "Prediction", "5%", "25%", "Median", "75%", "95%")
    columns = (Column("Model"), *(Column(name, right=True) for name in names))
    models = (("this change", fit.candidate), ("champion", fit.champion))
    rows = []
    for name, found in models:
        for band in () if found is None else found.bands:
            decimals = decimals_for(band.residuals)
            values = (number(band.said, decimals), *(number(value, decimals) for value in band.residuals))
            rows.append(((name,), (f"{band.rows:,}",), *((text,) for text in values)))
    return Table(columns, tuple(rows), noun="bands")
