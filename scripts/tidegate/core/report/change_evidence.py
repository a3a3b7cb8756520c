"""Trainings with other seeds and the parts of a difference, as `compare-models` told them and the report reads them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tidegate.core.report.reading import Malformed, Reader


@dataclass(frozen=True, kw_only=True)
class Luck:
    """One metric over trainings that differ in the seed alone, the compared models first.

    `rows` and `seeds`: what either adds to the difference by chance, as standard deviations.
    """

    metric: str
    candidate: tuple[float, ...]
    champion: tuple[float, ...]
    rows: float | None
    seeds: float | None


@dataclass(frozen=True, kw_only=True)
class Seeds:
    """All metrics, and the parameter that was changed; `same_recipe`: the change is of nothing else."""

    parameter: str
    same_recipe: bool
    repeats: int
    metrics: tuple[Luck, ...]


def read_seeds(item: Reader | None) -> Seeds | None:
    """The block ``seed_noise`` of a result, None where there is none. Raises Malformed."""
    if item is None:
        return None
    repeats = len(list(item.inner("candidate").each("repeats")))
    return Seeds(
        parameter=item.text("parameter"),
        same_recipe=item.flag("same_recipe"),
        repeats=repeats,
        metrics=tuple(map(_luck, item.each("metrics"))),
    )


def _luck(item: Reader) -> Luck:
    return Luck(
        metric=item.text("name"),
        candidate=_values(item.inner("candidate")),
        champion=_values(item.inner("champion")),
        rows=item.number_or_none("rows"),
        seeds=item.number_or_none("seeds"),
    )


def _values(item: Reader) -> tuple[float, ...]:
    """What is undefined with some seed is left out."""
    values = item.members.get("values")
    if not isinstance(values, list | tuple):
        raise Malformed(f"{item.pointer}/values: expected a list, found {values!r:.60}")
    known = Reader({str(place): value for place, value in enumerate(values)}, f"{item.pointer}/values")
    return tuple(known.number(name) for name, value in known.members.items() if value is not None)


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part of a difference and its interval."""

    value: float | None
    interval: tuple[float, float] | None


@dataclass(frozen=True, kw_only=True)
class Split:
    """One metric's difference, in the metric's unit; code and data add up to it."""

    metric: str
    direction: Literal["higher", "lower"]
    difference: float | None
    code: Part
    data: Part
    interaction: Part


@dataclass(frozen=True, kw_only=True)
class Attribution:
    """All metrics, or why nothing is known; `changed` says which of code and data did."""

    changed: tuple[str, ...]
    why_not: str | None
    level: float
    splits: tuple[Split, ...]


def read_attribution(item: Reader | None) -> Attribution | None:
    """The block ``attribution`` of a result, None where there is none. Raises Malformed."""
    if item is None:
        return None
    return Attribution(
        changed=item.texts("changed"),
        why_not=item.text_or_none("why_not"),
        level=item.number_or_none("level") or 0.95,
        splits=tuple(map(_split, item.each("metrics"))),
    )


def _split(item: Reader) -> Split:
    parts = {name: _part(item.inner(name)) for name in ("code", "data", "interaction")}
    higher = item.text("direction") == "higher"
    return Split(
        metric=item.text("name"),
        direction="higher" if higher else "lower",
        difference=item.number_or_none("difference"),
        **parts,
    )


def _part(item: Reader) -> Part:
    return Part(value=item.number_or_none("value"), interval=item.interval("interval"))
