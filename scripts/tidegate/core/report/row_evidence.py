"""What `compare-models` found out row by row, as the report reads it: gaps between slices, flips, and the fit."""

from __future__ import annotations

from dataclasses import dataclass

from tidegate.core.report.reading import Malformed, Reader

_MOST = 64
"""More points than this are no picture of ours."""


@dataclass(frozen=True, kw_only=True)
class Group:
    """One slice of a gap: the metric's values in it, and whether it has rows enough to be compared."""

    value: str
    rows: int
    candidate: float | None
    champion: float | None
    compared: bool


@dataclass(frozen=True, kw_only=True)
class Gap:
    """The slices between which a gate measures the gap."""

    column: str
    ratio: bool
    groups: tuple[Group, ...]

    @property
    def ends(self) -> tuple[Group, Group] | None:
        """The slices with the candidate's smallest and largest value, None for fewer than two."""
        known = [group for group in self.groups if group.compared and group.candidate is not None]
        ordered = sorted(known, key=lambda group: group.candidate or 0.0)
        return (ordered[0], ordered[-1]) if len(ordered) > 1 else None


@dataclass(frozen=True, kw_only=True)
class Flips:
    """Rows that became right or wrong, in all (`slice` None) or in one slice; `p` of McNemar's test."""

    slice: tuple[str, str] | None
    became_right: int
    became_wrong: int
    p: float | None

    @property
    def lost(self) -> int:
        """By how many rows more became wrong than right."""
        return self.became_wrong - self.became_right


@dataclass(frozen=True, kw_only=True)
class Point:
    """Rows of which a model `said` about the same: how often it was `seen`, and from where to where that may be."""

    rows: int
    said: float
    seen: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Curve:
    """One model's reliability: points in ascending order, and their mean distance from what was said."""

    error: float
    points: tuple[Point, ...]


@dataclass(frozen=True, kw_only=True)
class Reliability:
    """How often what was said with some probability came true, for both models. `of`: what was said."""

    of: str
    level: float
    candidate: Curve
    champion: Curve | None


@dataclass(frozen=True, kw_only=True)
class Band:
    """Rows with about the same prediction: quantiles of what the truth was above it."""

    rows: int
    said: float
    residuals: tuple[float, float, float, float, float]


@dataclass(frozen=True, kw_only=True)
class Spread:
    """One model's bands in ascending order, and the quantiles over all rows."""

    overall: tuple[float, float, float, float, float]
    bands: tuple[Band, ...]


@dataclass(frozen=True, kw_only=True)
class Residuals:
    """What both models' predictions leave over."""

    candidate: Spread
    champion: Spread | None


Fit = Reliability | Residuals
_Five = tuple[float, float, float, float, float]


def read_gap(item: Reader | None) -> Gap | None:
    """The slices of a gate's gap, None where it is about none. Raises Malformed."""
    if item is None:
        return None
    groups = tuple(
        Group(
            value=group.text("value"),
            rows=group.whole("rows"),
            candidate=group.number_or_none("candidate"),
            champion=group.number_or_none("champion"),
            compared=group.flag("compared"),
        )
        for group in item.each("groups")
    )
    return Gap(column=item.text("column"), ratio=item.text("measure") == "ratio", groups=groups)


def read_flips(item: Reader | None) -> tuple[Flips, ...]:
    """All rows first, then slices with the largest loss first; empty where nothing is classified. Raises Malformed."""
    if item is None:
        return ()
    parts = [_flips(part, (part.text("column"), part.text("value"))) for part in item.each("slices")]
    return _flips(item, None), *sorted(parts, key=lambda part: -part.lost)


def _flips(item: Reader, place: tuple[str, str] | None) -> Flips:
    return Flips(
        slice=place,
        became_right=item.whole("became_right"),
        became_wrong=item.whole("became_wrong"),
        p=item.number_or_none("p"),
    )


def read_fit(item: Reader | None) -> Fit | None:
    """What the pictures of the fit are drawn from, None where nothing is known of it. Raises Malformed."""
    if item is None:
        return None
    candidate, champion = item.inner("candidate"), item.inner_or_none("champion")
    if item.text("kind") == "reliability":
        return Reliability(
            of=item.text("of"),
            level=item.number("level"),
            candidate=_curve(candidate),
            champion=None if champion is None else _curve(champion),
        )
    return Residuals(candidate=_spread(candidate), champion=None if champion is None else _spread(champion))


def _curve(item: Reader) -> Curve:
    points = tuple(
        Point(
            rows=one.whole("rows"),
            **{name: one.number(name) for name in ("said", "seen", "low", "high")},
        )
        for one in item.each("bins")
    )
    _bounded(item, "bins", len(points))
    return Curve(error=item.number("error"), points=points)


def _spread(item: Reader) -> Spread:
    bands = tuple(
        Band(rows=one.whole("rows"), said=one.number("said"), residuals=_five(one, "residuals"))
        for one in item.each("bands")
    )
    _bounded(item, "bands", len(bands))
    return Spread(overall=_five(item, "overall"), bands=bands)


def _bounded(item: Reader, name: str, count: int) -> None:
    if not 1 <= count <= _MOST:
        raise Malformed(f"{item.pointer}/{name}: expected 1 to {_MOST} items, found {count}")


def _five(item: Reader, name: str) -> _Five:
    values = item.row(name, 5)
    return values[0], values[1], values[2], values[3], values[4]
