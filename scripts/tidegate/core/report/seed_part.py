"""How much luck there is in both models' numbers: trainings that differ in the seed alone."""

from __future__ import annotations

from collections.abc import Iterator

from tidegate.core.report.blocks import Code, Column, Details, Line, Paragraph, Table
from tidegate.core.report.bounds import Bounds, first
from tidegate.core.report.change_evidence import Luck, Seeds
from tidegate.core.rounding import brief, counted, decimals_for, number


def seeds_part(seeds: Seeds | None, bounds: Bounds) -> Iterator[Details]:
    """Each metric over seeds; nothing where nothing was trained again."""
    if seeds is None or not seeds.metrics:
        return
    shown, left_out = first(seeds.metrics, bounds.listed)
    columns = ("Champion's recipe", "This change's recipe", "By chance: rows", "By chance: seeds")
    table = Table(
        (Column("Metric"), *(Column(name, right=True) for name in columns)),
        tuple(map(_row, shown)),
        left_out,
        "metrics",
    )
    equal = " Nothing else changed: the true difference is none, and every interval holds 0." * seeds.same_recipe
    words: Line = (
        f"Both models were trained {counted(seeds.repeats, 'more time')} with other values of ",
        Code(seeds.parameter),
        ": lowest to highest value, the compared model's in brackets. Intervals of differences allow for the luck of "
        f"one training; the standard deviation that it adds stands beside the one that the rows add.{equal}",
    )
    yield Details("Seeds", _gist(seeds), (table, Paragraph(words, small=True)), weight=45)


def _row(luck: Luck) -> tuple[Line, ...]:
    decimals = decimals_for([*luck.champion, *luck.candidate])
    chance = brief([luck.rows, luck.seeds])
    ranges = (_range(luck.champion, decimals), _range(luck.candidate, decimals))
    return (Code(luck.metric),), *ranges, (number(luck.rows, chance),), (number(luck.seeds, chance),)


def _range(values: tuple[float, ...], decimals: int) -> Line:
    if not values:
        return ("–",)
    ends = f"{number(min(values), decimals)} to {number(max(values), decimals)}"
    return (f"{ends} ({number(values[0], decimals)})",)


def _gist(seeds: Seeds) -> str:
    main = seeds.metrics[0].seeds
    moved = "" if main is None else f"; the first metric's difference moves by about {number(main, brief([main]))}"
    return f"{counted(seeds.repeats, 'more training')} of each model{moved}"
