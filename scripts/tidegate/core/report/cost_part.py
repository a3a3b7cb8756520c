"""The cost table: what candidate and champion take to answer, to hold and to train, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterator

from tidegate.core.report.beside import Costs, Ratio
from tidegate.core.report.blocks import Block, Break, Code, Column, Line, Paragraph, Table
from tidegate.core.report.bounds import Bounds, first
from tidegate.core.report.figures import byte_size, duration, level, span
from tidegate.core.rounding import brief, counted, decimals_for, number

_WORDS = {
    "predict_p50_ms": "one row, median (ms)",
    "predict_p95_ms": "one row, 95th percentile (ms)",
    "predict_rows_per_second": "rows a second",
    "peak_memory_bytes": "peak memory of the process",
    "model_bytes": "size of the model",
    "train_seconds": "training",
}
_OF_A_RUN = {"predict_p50_ms": "one run, median (ms)", "predict_p95_ms": "one run, 95th percentile (ms)"}


def cost_blocks(costs: Costs, bounds: Bounds) -> Iterator[Block]:
    """A table, one sentence on how it was measured, and the bill of a training."""
    known = [one for one in costs.ratios if one.candidate is not None or one.champion is not None]
    if known:
        names = ("Champion", "This change", "Ratio")
        columns = (Column("Cost"), *(Column(name, right=True) for name in names), Column("Meaning"))
        shown, left_out = first(known, bounds.rows)
        yield Table(columns, tuple(_row(one, costs) for one in shown), left_out, "costs")
    yield Paragraph(tuple(_how(costs)))
    for line in costs.bill:
        yield Paragraph(("Training: ", Code(line, 120), "."))


def cost_gist(costs: Costs) -> str:
    """The median answer in a few words, for the folded title."""
    middle = next((one for one in costs.ratios if one.metric == "predict_p50_ms" and one.ratio is not None), None)
    return "" if middle is None else f"an answer takes {_times(middle.ratio or 0.0)} the champion's time"


def _row(one: Ratio, costs: Costs) -> tuple[Line, ...]:
    words = {**_WORDS, **(_OF_A_RUN if costs.way == "program" else {})}
    name: Line = (Code(one.metric), Break(), words[one.metric]) if one.metric in words else (Code(one.metric),)
    ratio: Line = ("–",)
    if one.ratio is not None:
        ends = one.interval
        ratio = (_times(one.ratio), *((Break(), span(*ends, _decimals(*ends, one.ratio))) if ends else ()))
    return name, _value(one, one.champion), _value(one, one.candidate), ratio, _meaning(one)


def _value(one: Ratio, value: float | None) -> Line:
    if value is None:
        return ("unknown",)
    if one.metric.endswith("_bytes"):
        return (byte_size(round(value)),)
    if one.metric == "train_seconds":
        return (duration(value),)
    if one.metric == "predict_rows_per_second":
        return (number(value, 0 if value >= 100 else 1),)
    return (number(value, decimals_for([one.candidate, one.champion])),)


def _times(ratio: float) -> str:
    return f"{number(ratio, _decimals(ratio))} ×"


def _decimals(*values: float) -> int:
    """Two decimals tell ratios about 1 apart; less where they are large."""
    return 2 if max(values) < 10 else brief(values)


def _meaning(one: Ratio) -> Line:
    if one.ratio is None:
        return ("not compared",)
    if one.interval is None:
        same = one.candidate == one.champion
        return ("unchanged",) if same else (_word(one, one.ratio),)
    low, high = one.interval
    if low <= 1 <= high:
        return ("unchanged",) if low == high else ("unclear",)
    return (_word(one, low),)


def _word(one: Ratio, ratio: float) -> str:
    return "better" if (ratio > 1) == one.higher_is_better else "worse"


def _how(costs: Costs) -> Iterator[str | Code]:
    if costs.way == "onnx":
        turns = f"Timed in {counted(costs.rounds, 'round')} in which both are started anew and take turns (A B B A)"
        yield f"{turns}: single rows and batches of {counted(costs.rows, 'row')}, one thread, on "
        yield Code(costs.runtime)
        yield f". A ratio is the median of the rounds', with its {level(costs.level)} interval; no round is left out."
    elif costs.way == "program":
        turns = f"Timed in {counted(costs.rounds, 'round')} of whole runs of each model's own predict command, in turns"
        yield f"{turns} (A B B A), over {counted(costs.rows, 'row')}, start-up included. A ratio is the median of "
        yield f"the rounds', with its {level(costs.level)} interval; no round is left out."
    else:
        yield "Nothing was timed"
        yield "" if costs.why_not else "."
    if costs.why_not:
        yield ": " if costs.way == "none" else " "
        yield Code(costs.why_not, 200)
        yield "."
