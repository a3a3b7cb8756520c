"""Predictions of every kind of model that are broken or degenerate, and files that change under the reader: M22.

Whatever cannot be measured is never a pass: one row, one list, one class, the same score for every row, no numbers.
"""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bad_inputs.cases import CONTRACT, Case
from bad_inputs.metrics_files import COLUMNS, rows, tables
from tidegate.core.evidence import digest

BOTH = ("compare-models", "--candidate", "new.parquet", "--champion", "old.parquet")
_START = CONTRACT.index("      target:")
COUNT = 400
_random = np.random.default_rng(0)
_TRUTH = _random.normal(100, 20, COUNT)
QUANTILES = {"y": _TRUTH, **{name: _TRUTH + shift for name, shift in (("low", -5.0), ("mid", 0.5), ("high", 5.0))}}
_YES = _random.random(COUNT) < 0.4
LABELS = {"ya": _YES, "pa": _YES ^ (_random.random(COUNT) < 0.1), "yb": ~_YES, "pb": ~_YES}
_CLASS = _random.choice(["ant", "bee", "cat"], COUNT)
_TABLE = 0.1 + 0.7 * (np.array(["ant", "bee", "cat"])[None, :] == _CLASS[:, None])
CLASSES = {"y": _CLASS, **{name: _TABLE[:, at] for at, name in enumerate(("a", "b", "c"))}}
LISTS = {"y": _random.integers(0, 3, COUNT) + 0.0, "p": _random.normal(0, 1, COUNT), "q": np.arange(COUNT) // 10}
SCORED = {"y": np.where(_YES, "1", "0"), "s": np.clip(0.5 * _YES + 0.5 * _random.random(COUNT), 0, 1)}

OF_QUANTILES = "target: y, prediction: {low: 0.1, mid: 0.5, high: 0.9}"
OF_LABELS = "labels: {a: {target: ya, prediction: pa}, b: {target: yb, prediction: pb}}"
OF_CLASSES = "target: y, score: {ant: a, bee: b, cat: c}"
OF_LISTS = "target: y, prediction: p, cluster: q"
OF_SCORES = "target: y, score: s, threshold: 0.5"


def judged(
    name: str, title: str, columns: str, gate: str, new: dict[str, Any], old: dict[str, Any], ends: int, *mentions: str,
    code: str | None = None,
) -> Case:  # fmt: skip
    """Two files of predictions and a contract that says what their columns are."""

    def build(folder: Path) -> None:
        evaluation = f"    evaluation: {{predictions: p.parquet, id: id, {columns}}}\n    gates: [{{{gate}}}]\n"
        (folder / "tidegate.yaml").write_text(CONTRACT[: CONTRACT.index("    evaluation:")] + evaluation)
        given = [{"id": np.arange(len(next(iter(one.values())))), **one} for one in (new, old)]
        tables(given[0], given[1])(folder)

    return Case(id=name, title=title, exit=ends, code=code, arguments=BOTH, build=build, mentions=mentions)


def first(columns: dict[str, Any], count: int) -> dict[str, Any]:
    return {name: column[:count] for name, column in columns.items()}


def named(
    name: str, title: str, new: dict[str, Any], old: dict[str, Any], gate: tuple[str, ...], ends: int, *mentions: str,
    code: str | None = None,
) -> Case:  # fmt: skip
    """The same with options and no contract."""
    arguments = (*BOTH, *COLUMNS, *gate)
    return Case(
        id=name, title=title, exit=ends, code=code, arguments=arguments, build=tables(new, old), mentions=mentions
    )


M04 = (
    judged(
        "M04-quantile",
        "one quantile is not a number",
        OF_QUANTILES,
        "metric: pinball, no_worse_by: 50%",
        {**QUANTILES, "high": np.r_[np.nan, QUANTILES["high"][1:]]},
        QUANTILES,
        1,
        "1 of 400 predictions are not finite numbers (ids 0)",
    ),
    judged(
        "M04-class-score",
        "one class's score is infinite",
        OF_CLASSES,
        "metric: auc_ovr_macro, at_least: 0.1",
        {**CLASSES, "c": np.r_[np.inf, CLASSES["c"][1:]]},
        CLASSES,
        1,
        "not finite numbers (ids 0)",
    ),
)
M05 = (
    judged(
        "M05-label",
        "a label that is neither there nor not",
        OF_LABELS,
        "metric: f1_macro, at_least: 0.1",
        {**LABELS, "pa": np.full(COUNT, 2)},
        LABELS,
        2,
        "expected 0 and 1, or false and true; it holds '2'",
        code="E-MET-005",
    ),
    judged(
        "M05-threshold",
        "a threshold for three classes",
        OF_SCORES.replace("score: s", "positive: ant, score: a"),
        "metric: f1, at_least: 0.1",
        CLASSES,
        CLASSES,
        2,
        "besides 'ant' the target has 2 more",
        code="E-MET-005",
    ),
    named(
        "M05-no-score",
        "a metric of scores, and none is named",
        rows(y=["0", "1"] * 200, p=["0", "1"] * 200),
        rows(y=["0", "1"] * 200, p=["1", "1"] * 200),
        ("--metric", "log_loss", "--at-most", "1"),
        2,
        "needs a score in every row",
        code="E-MET-005",
    ),
)
M06 = (
    judged(
        "M06-label",
        "a label's column is absent",
        OF_LABELS,
        "metric: f1_macro, at_least: 0.1",
        {name: column for name, column in LABELS.items() if name != "pb"},
        LABELS,
        2,
        "no column 'pb'",
        code="E-MET-015",
    ),
    judged(
        "M06-class",
        "a class without a score",
        OF_CLASSES.replace(", cat: c", ""),
        "metric: top_2_accuracy, at_least: 0.1",
        CLASSES,
        CLASSES,
        2,
        "class 'cat' has no score",
        code="E-MET-020",
    ),
)
M13 = (
    judged(
        "M13-relevance",
        "relevance below zero",
        OF_LISTS,
        "metric: ndcg, at_least: 0.1",
        {**LISTS, "y": LISTS["y"] - 1},
        {**LISTS, "y": LISTS["y"] - 1},
        2,
        "relevance reaches down to -1",
        code="E-MET-009",
    ),
    judged(
        "M13-sum",
        "probabilities that do not sum to 1",
        OF_CLASSES,
        "metric: log_loss, at_most: 9",
        {**CLASSES, "a": CLASSES["a"] / 2},
        CLASSES,
        2,
        "sum to 1 only within",
        code="E-MET-009",
    ),
)
M15 = (
    named(
        "M15-reordered",
        "the same ids in another order",
        {name: column[::-1] for name, column in rows().items()},
        rows(),
        ("--metric", "rmse", "--no-worse-by", "0"),
        0,
        "identical to the champion",
    ),
    judged(
        "M15-label",
        "another truth of one label",
        OF_LABELS,
        "metric: hamming_loss, at_most: 0.9",
        {**LABELS, "yb": np.r_[[not LABELS["yb"][0]], LABELS["yb"][1:]]},
        LABELS,
        1,
        "truth changed for 1 of 400 rows",
    ),
)
_TOO_FEW = "cannot say how much chance there is"
M16 = (
    *(
        judged(f"M16-{name}", f"one row of {name}", columns, gate, first(table, 1), first(table, 1), 1, _TOO_FEW)
        for name, columns, gate, table in (
            ("quantiles", OF_QUANTILES, "metric: pinball, at_most: 99", QUANTILES),
            ("labels", OF_LABELS, "metric: hamming_loss, at_most: 0.9", LABELS),
            ("classes", OF_CLASSES, "metric: top_2_accuracy, at_least: 0.1", CLASSES),
            ("lists", OF_LISTS, "metric: ndcg, at_least: 0.1", LISTS),
            ("largest-error", "target: y, prediction: mid", "metric: max_error, at_most: 99", QUANTILES),
            ("median-error", "target: y, prediction: mid", "metric: median_absolute_error, at_most: 99", QUANTILES),
        )
    ),
    judged(
        "M16-one-list",
        "many rows of one query",
        OF_LISTS,
        "metric: ndcg, at_least: 0.1",
        {**LISTS, "q": np.zeros(COUNT)},
        {**LISTS, "q": np.zeros(COUNT)},
        1,
        f"1 independent unit {_TOO_FEW}",
    ),
    named(
        "M16-constant-predictions",
        "the same prediction for every row",
        rows(p=np.full(COUNT, 100.0)),
        rows(),
        ("--metric", "rmse", "--no-worse-by", "1%"),
        1,
        "not promotable: rmse is worse by",
    ),
    *(
        judged(
            f"M16-one-class-{metric}",
            f"one class only, {metric}",
            columns,
            f"metric: {metric}, at_least: 0.01",
            {**table, "y": [table["y"][0]] * COUNT},
            {**table, "y": [table["y"][0]] * COUNT},
            1,
            f"{metric} is undefined on these rows",
        )
        for metric, columns, table in (
            ("auc", OF_SCORES.replace(", threshold: 0.5", ", positive: '1'"), SCORED | {"y": np.full(COUNT, "1")}),
            ("auc_ovo_macro", OF_CLASSES, CLASSES),
            ("auc_ovr_weighted", OF_CLASSES, CLASSES),
        )
    ),
    *(
        judged(
            f"M16-tied-{metric}",
            f"the same score for every row, {metric}",
            columns,
            f"metric: {metric}, no_worse_by: 0.01",
            {**table, **tied},
            table,
            1,
            f"not promotable: {metric} is worse by",
        )
        for metric, columns, table, tied in (
            ("auc", OF_SCORES, SCORED, {"s": np.full(COUNT, 0.5)}),
            ("average_precision", OF_SCORES, SCORED, {"s": np.full(COUNT, 0.5)}),
            ("auc_ovr_macro", OF_CLASSES, CLASSES, dict.fromkeys("abc", np.full(COUNT, 1 / 3))),
            ("top_2_accuracy", OF_CLASSES, CLASSES, dict.fromkeys("abc", np.full(COUNT, 1 / 3))),
            ("ndcg", OF_LISTS, {**LISTS, "p": LISTS["y"]}, {"p": np.zeros(COUNT)}),
            ("map", OF_LISTS, {**LISTS, "p": LISTS["y"]}, {"p": np.zeros(COUNT)}),
        )
    ),
    judged(
        "M16-crossing",
        "quantiles that cross",
        OF_QUANTILES,
        "metric: crossing_rate, at_most: 0.01",
        {**QUANTILES, "high": QUANTILES["low"] - 1},
        QUANTILES,
        1,
        "not promotable: crossing_rate is 1.00",
    ),
)


def _bytes(**columns: Any) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table(rows(**columns)), sink)
    return sink.getvalue()


def _piped(meanwhile: Callable[[Path], None]) -> Callable[[Path], None]:
    """The candidate is a pipe: whatever is done `meanwhile` happens when it is opened, before a byte of it is read."""

    def build(folder: Path) -> None:
        (folder / "old.parquet").write_bytes(_bytes())
        os.mkfifo(folder / "new.parquet")

        def write() -> None:
            with (folder / "new.parquet").open("wb") as pipe:
                meanwhile(folder)
                pipe.write(_bytes())

        threading.Thread(target=write, daemon=True).start()

    return build


_RMSE = ("--metric", "rmse", "--no-worse-by", "1%", "--json", "-")
M22 = (
    Case(
        id="M22-once",
        title="a file that can be read only once: its digest is that of the bytes that were judged",
        exit=0,
        arguments=(*BOTH, *COLUMNS, *_RMSE),
        build=_piped(lambda folder: None),
        mentions=(digest(_bytes()),),
    ),
    Case(
        id="M22-changed",
        title="the champion's file is written anew between its digest and its reading",
        exit=3,
        code="E-MET-022",
        arguments=(*BOTH, *COLUMNS, *_RMSE[:4]),
        build=_piped(lambda folder: (folder / "old.parquet").write_bytes(_bytes(extra=["x"] * COUNT))),  # type: ignore[func-returns-value,arg-type,return-value]
        mentions=("old.parquet", "changed while it was read"),
    ),
)

CASES = (*M04, *M05, *M06, *M13, *M15, *M16, *M22)
