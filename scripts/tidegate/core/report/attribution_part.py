"""Which part of a change made the difference, code or data: one sentence and one short table."""

from __future__ import annotations

import math
from collections.abc import Iterator

from tidegate.core.report.blocks import Block, Break, Code, Column, Details, Line, Paragraph, Table
from tidegate.core.report.bounds import Bounds, first
from tidegate.core.report.change_evidence import Attribution, Split
from tidegate.core.report.figures import level, span
from tidegate.core.rounding import brief, counted, decimals_for, number, signed

_REASON = 400


def attribution_blocks(found: Attribution | None) -> Iterator[Block]:
    """What everybody reads: the first metric's parts in one sentence, or in small why they are not known."""
    if found is None:
        return
    if found.why_not:
        yield Paragraph(("Data's and code's part of the difference: ", Code(found.why_not, _REASON)), small=True)
    elif line := _sentence(found.splits):
        yield Paragraph(line)


def attribution_part(found: Attribution | None, bounds: Bounds) -> Iterator[Details]:
    """Every metric's parts with their intervals; nothing where they are not known."""
    if found is None or not found.splits:
        return
    shown, left_out = first(found.splits, bounds.rows)
    columns = ("Difference", "From the data", "From the code", "Interaction")
    table = Table(
        (Column("Metric"), *(Column(name, right=True) for name in columns)),
        tuple(map(_row, shown)),
        left_out,
        "metrics",
    )
    words = (
        "The average over both orders of the two changes (Shapley): data and code add up to the difference, half of "
        f"the interaction is in each. Each interval at {level(found.level)}, for the rows alone."
    )
    gist = counted(len(found.splits), "metric")
    yield Details("Code or data", gist, (table, Paragraph((words,), small=True)), weight=60)


def _sentence(splits: tuple[Split, ...]) -> Line:
    """``Of the 3.1 lower rmse, 2.4 come from the data and 0.7 from the code.``"""
    known = next((split for split in splits if split.data.value is not None), None)
    if known is None or known.data.value is None or known.code.value is None:
        return ()
    decimals = brief([known.difference, known.code.value, known.data.value])
    whole, data, code = adding_up(known.data.value, known.code.value, decimals)
    if not whole:
        return "Code and data move ", Code(known.metric), f" by {signed(code, decimals)} and {signed(data, decimals)}."
    lower = "lower" if whole < 0 else "higher"
    if min(data * whole, code * whole) < 0:
        does = [_does(part, whole_of, decimals) for part, whole_of in ((data, "the data"), (code, "the code"))]
        return Code(known.metric), f" is {number(abs(whole), decimals)} {lower}: {does[0]}, {does[1]}."
    start = f"Of the {number(abs(whole), decimals)} {lower} "
    rest = f", {number(abs(data), decimals)} come from the data and {number(abs(code), decimals)} from the code."
    return start, Code(known.metric), rest


def _does(part: float, who: str, decimals: int) -> str:
    return f"{who} {'lowers' if part < 0 else 'raises'} it by {number(abs(part), decimals)}"


def adding_up(data: float, code: float, decimals: int) -> tuple[float, float, float]:
    """Whole, data and code, rounded so that the last two add up to the first as they are printed.

    What rounding leaves over goes to the part that it is nearer to.
    """
    unit = 10**decimals
    if not math.isfinite((abs(data) + abs(code)) * unit):
        return data + code, data, code
    whole, parts = round((data + code) * unit), [round(data * unit), round(code * unit)]
    over = whole - sum(parts)
    nearer = max((0, 1), key=lambda place: over * ((data, code)[place] * unit - parts[place]))
    parts[nearer] += over
    return whole / unit, parts[0] / unit, parts[1] / unit


def _row(split: Split) -> tuple[Line, ...]:
    decimals = decimals_for([split.difference, split.data.value, split.code.value], split.data.interval)
    if split.data.value is None or split.code.value is None:
        return (Code(split.metric),), ("–",), ("–",), ("–",), ("–",)
    whole, data, code = adding_up(split.data.value, split.code.value, decimals)
    arrow = " ↑" if split.direction == "higher" else " ↓"
    parts = ((data, split.data.interval), (code, split.code.interval))
    return (
        (Code(split.metric), arrow),
        (signed(whole, decimals),),
        *(_cell(value, ends, decimals) for value, ends in parts),
        _cell(split.interaction.value, split.interaction.interval, decimals),
    )


def _cell(value: float | None, ends: tuple[float, float] | None, decimals: int) -> Line:
    below: Line = () if ends is None else (Break(), span(*ends, decimals, signs=True))
    return signed(value, decimals), *below
