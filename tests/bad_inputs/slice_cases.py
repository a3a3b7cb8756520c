"""Slices, pairs and gaps that mean nothing: in the contract, and in the rows that it is about."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bad_inputs.cases import CONTRACT, Case, contract_and, contract_with
from bad_inputs.metrics_files import rows

_SLICES = "slices: [weather, season]"
_FILES = ("compare-models", "--candidate", "new.parquet", "--champion", "old.parquet")


def declared(name: str, title: str, slices: str, code: str, *mentions: str) -> Case:
    """What evaluation.slices say."""
    placed = contract_with(_SLICES, f"slices: {slices}")
    return Case(id=f"S01-{name}", title=title, exit=2, code=code, mentions=mentions, **placed)


def asked(name: str, title: str, gate: str, code: str, *mentions: str) -> Case:
    """What one more gate asks."""
    return Case(
        id=f"S02-{name}", title=title, exit=2, code=code, mentions=mentions, **contract_and(f"      - {gate}\n")
    )


def judged(name: str, title: str, ends: int, code: str | None = None, **more: Any) -> Case:
    """A contract with slices, and predictions that have the columns for it, or not."""
    says = {name: more.pop(name) for name in ("mentions", "forbids") if name in more}
    build = _built(more.pop("slices"), more.pop("gates"), more)
    return Case(id=f"S03-{name}", title=title, exit=ends, code=code, arguments=_FILES, build=build, **says)


def _built(slices: str, gates: str, columns: dict[str, Any]) -> Callable[[Path], None]:
    start = CONTRACT.index("    gates:")
    text = CONTRACT[:start].replace(_SLICES, f"slices: {slices}").replace("cluster: date", "minimum_rows: 30")

    def build(folder: Path) -> None:
        (folder / "tidegate.yaml").write_text(f"{text}    gates:\n      - {gates}\n")
        given = rows()
        table = {"instant": given["id"], "rentals": given["y"], "predicted": given["p"], **columns}
        for name in ("new", "old"):
            pq.write_table(pa.table(table), folder / f"{name}.parquet")

    return build


HALVES = ["a", "b"] * 200
GAP = "{metric: rmse, gap: [group], at_most: 5}"
CASES = (
    declared("pair-unknown", "a pair with an unknown column", "[weather, {pair: [weather, §wether]}]", "E-CFG-028",
             '"wether" is not among evaluation.slices. Did you mean "weather"?'),
    declared("pair-itself", "a pair of a column with itself", "[weather, {pair: §[weather, weather]}]", "E-CFG-028"),
    declared("pair-twice", "a pair in both orders", "[a, b, {pair: [a, b]}, §{pair: [b, a]}]", "E-CFG-029",
             "listed twice"),
    declared("pair-of-one", "a pair of one column", "[weather, §{pair: [weather]}]", "E-CFG-005", "{pair: [weather"),
    declared("pair-of-three", "a pair of three", "[a, b, c, {pair: §[a, b, c]}]", "E-CFG-009"),
    declared("pair-as-text", "a pair written as a text", '[a, b, §"a × b"]', "E-CFG-028", "Write {pair: [a, b]}"),
    declared("bins-zero", "no bins", "[{column: temperature, bins: §0}]", "E-CFG-025", "from 2 to 20"),
    declared("bins-one", "one bin", "[{column: temperature, bins: §1}]", "E-CFG-025"),
    declared("bins-many", "more bins than anyone reads", "[{column: temperature, bins: §500}]", "E-CFG-025"),
    declared("bins-text", "bins in words", "[{column: temperature, bins: §four}]", "E-CFG-012"),
    declared("bins-alone", "bins of no column", "[§{bins: 4}]", "E-CFG-005"),
    declared("key", "a key that is not there", "[{column: temperature, §bin: 4}]", "E-CFG-006", 'Did you mean "bins"?'),
    declared("mixed", "a column and a pair at once", "[a, b, §{column: a, pair: [a, b]}]", "E-CFG-005"),
    asked("pair-undeclared", "a gate on a pair that is not declared",
          "{metric: rmse, slices: [§{pair: [weather, season]}], no_worse_by: 5%}", "E-CFG-028", "Add it there"),
    asked("bins-in-gate", "bins in a gate", "{metric: rmse, slices: [§{column: weather, bins: 4}], no_worse_by: 5%}",
          "E-CFG-005", "bins belong to evaluation.slices"),
    asked("gap-unknown", "a gap of an unknown column", "{metric: rmse, gap: [§wether], at_most: 5}", "E-CFG-028",
          'Did you mean "weather"?'),
    asked("gap-at-least", "a gap that has to be large", "{metric: rmse, gap: [weather], §at_least: 5}", "E-CFG-025",
          "Use at_most"),
    asked("gap-ratio-below-one", "a ratio below one", "{metric: rmse, gap: [weather], measure: ratio, at_most: §0.9}",
          "E-CFG-025", "would never pass"),
    asked("gap-ratio-signed", "a ratio of what may be negative",
          "{metric: r2, gap: [weather], measure: §ratio, at_most: 2}", "E-CFG-025", "Use measure: difference"),
    asked("gap-negative", "a gap below zero", "{metric: rmse, gap: [weather], at_most: §-1}", "E-CFG-025"),
    asked("gap-always", "a gap as large as there is", "{metric: smape, gap: [weather], at_most: §2}", "E-CFG-025",
          "would always pass"),
    asked("gap-and-slices", "a gap in slices", "{metric: rmse, gap: [weather], §slices: [season], at_most: 5}",
          "E-CFG-024", "Make it two gates"),
    asked("measure-alone", "a measure of no gap", "{metric: rmse, §measure: ratio, at_most: 5}", "E-CFG-024"),
    asked("measure-unknown", "a measure that nobody knows",
          "{metric: rmse, gap: [weather], measure: §quotient, at_most: 5}", "E-CFG-014", "difference, ratio"),
    asked("gap-of-cost", "a gap of a cost", "{metric: predict_p95_ms, §gap: [weather], at_most: 5}", "E-CFG-027"),
    asked("gap-twice", "the same gap twice",
          "{metric: rmse, gap: [weather], at_most: 5}\n      - {metric: rmse, gap: [weather], at_most: §4}",
          "E-CFG-029"),
    judged("number-of-texts", "quantiles of texts", 2, "E-MET-005", slices="[{column: heat, bins: 4}]",
           gates="{metric: rmse, no_worse_by: 1%}", heat=["warm", "cold"] * 200,
           mentions=("expected numbers, got string, for example 'warm'",)),
    judged("number-absent", "a column of numbers that is not there", 2, "E-MET-015",
           slices="[{column: heat, bins: 4}]", gates="{metric: rmse, no_worse_by: 1%}"),
    judged("number-nowhere", "a column of numbers without one", 0, slices="[{column: heat, bins: 4}]",
           gates="{metric: rmse, no_worse_by: 1%}", heat=np.full(400, np.nan)),
    judged("gap-one-value", "a gap over one value", 1, slices="[group]", gates=GAP, group=["a"] * 400,
           mentions=("group has one value only",)),
    judged("gap-one-large", "a gap over one value with rows enough", 1, slices="[group]", gates=GAP,
           group=["a"] * 390 + ["b"] * 10, mentions=("only one slice by group has the 30 rows",)),
    judged("gap-empty", "a gap over a column without a value", 1, slices="[group]", gates=GAP,
           group=pa.nulls(400, pa.string()), mentions=("group has one value only",)),
    judged("gap-ratio-zero", "a ratio to nothing", 1, slices="[group]",
           gates="{metric: rmse, gap: [group], measure: ratio, at_most: 2}", group=HALVES,
           predicted=np.where(np.arange(400) % 2 == 0, rows()["y"], rows()["p"]),
           mentions=("the smallest rmse is 0, of which there is no ratio",)),
    judged("gap-many", "a gap over more values than can be compared", 1, slices="[group]",
           gates=GAP, group=[f"g{row % 25}" for row in range(400)], mentions=("no slice by group has the 30 rows",)),
    judged("hostile", "slices with names that try to be more", 1, slices="[group]",
           gates="{metric: rmse, gap: [group], at_most: 0.001}", forbids=("y" * 300,),
           group=["</td><script>alert(1)</script>", "| ::error::x " + "\u202e" + "y" * 10_000] * 200,
           mentions=("the gap in rmse across group",)),
)  # fmt: skip
