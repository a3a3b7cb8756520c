"""Predictions that are absent, broken or impossible, or that decide nothing: rows M01 to M07, M11 and M13 to M19.

A verdict that is no pass has no code, because it is an answer.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bad_inputs.cases import CONTRACT, Case, files
from bad_inputs.metrics_files import NO_WORSE, delimited, first_model, predictions, rows

M01 = (
    Case(
        id="M01-predictions",
        title="no predictions",
        exit=2,
        code="E-MET-001",
        arguments=("compare-models",),
        mentions=("model/reports/predictions.parquet", "Let the pipeline write it"),
        build=files(tidegate_dot_yaml=CONTRACT),
    ),
)
M02 = (delimited("M02-predictions", "an empty predictions file", "", "E-MET-002"),)
M03 = (
    Case(
        id="M03-parquet",
        title="Parquet cut short",
        exit=2,
        code="E-MET-003",
        arguments=("compare-models", "--candidate", "new.parquet", "--champion", "old.parquet", *NO_WORSE[5:]),
        build=files(new_dot_parquet=b"PAR1" + b"\0" * 50, old_dot_parquet=b"PAR1"),
    ),
)
M04 = (
    predictions(
        "M04-rows", "a prediction is NaN", rows(p=np.full(400, np.nan)), 1, mentions=("400 of 400 predictions",)
    ),
    predictions(
        "M04-one", "one prediction is infinite", rows(p=np.r_[np.inf, rows()["p"][1:]]), 1, mentions=("(ids 0)",)
    ),
    predictions("M04-truth", "a truth is NaN", rows(y=np.r_[np.nan, rows()["y"][1:]]), 2, "E-MET-016"),
    predictions("M04-champion", "the champion says NaN", rows(), 1, old=rows(p=np.full(400, np.nan))),
)
M05 = (
    predictions("M05-rows", "texts for predictions", rows(p=["high"] * 400), 2, "E-MET-005", mentions=("'high'",)),
    predictions("M05-bool", "truth and falsehood for predictions", rows(p=[True] * 400), 2, "E-MET-005"),
)
M06 = (
    predictions("M06-column", "a column is absent", {"id": [1], "y": [1.0]}, 2, "E-MET-015", mentions=("'p'", "id, y")),
    predictions(
        "M06-unknown", "an unknown metric", rows(), 2, "E-ARG-010", gate=("--metric", "rsme", "--at-most", "1")
    ),
)
M07 = (predictions("M07-column", "more columns than are read", rows(extra=["x"] * 400), 0),)
M11 = (
    predictions("M11-id", "an id twice", rows(id=np.zeros(400, dtype=int)), 2, "E-MET-014", mentions=("new.parquet",)),
    delimited("M11-column", "a column twice", "id,y,y,p\n1,2,3,4\n", "E-MET-015"),
)
M13 = (
    predictions(
        "M13-score",
        "probabilities above 1",
        rows(y=["0", "1"] * 200, s=np.linspace(0, 1.5, 400)),
        2,
        "E-MET-009",
        old=rows(y=["0", "1"] * 200, s=np.linspace(0, 1, 400)),
        gate=("--score", "s", "--prediction", "", "--metric", "log_loss", "--no-worse-by", "1"),
    ),
    predictions(
        "M13-weight",
        "a weight below 0",
        rows(w=[-1.0] * 400),
        2,
        "E-MET-009",
        gate=(
            "--weight",
            "w",
            "--metric",
            "rmse",
            "--at-most",
            "99",
        ),
    ),
)
_RELATIVE = "    gates:\n      - {metric: rmse, no_worse_by: 1%}\n"
M14 = (
    first_model(
        "M14-absolute",
        "no champion, absolute gate met",
        f"{_RELATIVE}      - {{metric: mae, at_most: 60}}\n",
        0,
        "there is no champion yet",
    ),
    first_model(
        "M14-missed",
        "no champion, absolute gate missed",
        f"{_RELATIVE}      - {{metric: mae, at_most: 1}}\n",
        1,
        "there is no champion yet",
    ),
    first_model("M14-relative", "no champion, relative gates only", _RELATIVE, 1, "no gate could be judged"),
)
M15 = (
    predictions(
        "M15-truth", "another truth", rows(), 1, old=rows(y=rows()["y"] + 1), mentions=("truth changed for 400",)
    ),
    predictions("M15-ids", "other ids", rows(), 1, old=rows(id=np.arange(1, 401)), mentions=("1 id only in",)),
    predictions("M15-kind", "ids of another kind", rows(), 1, old=rows(id=[f"{row}" for row in range(400)])),
)
M16 = (
    delimited("M16-none", "no rows", "id,y,p\n", "E-MET-011"),
    predictions("M16-one", "one row", rows(1), 1, old=rows(1), mentions=("cannot say how much chance there is",)),
    predictions("M16-unequal", "unequal lengths", rows(399), 1, mentions=("1 id only in the champion's file",)),
    predictions(
        "M16-constant",
        "no spread in the truth",
        rows(y=np.ones(400)),
        1,
        old=rows(y=np.ones(400)),
        gate=(
            "--metric",
            "r2",
            "--at-least",
            "-100",
        ),
        mentions=("r2 is undefined",),
    ),
    predictions(
        "M16-cluster",
        "one cluster",
        rows(c=["a"] * 400),
        1,
        old=rows(c=["a"] * 400),
        gate=(
            "--cluster",
            "c",
            "--metric",
            "mae",
            "--at-most",
            "99",
        ),
        mentions=("cannot say how much chance there is",),
    ),
)
M17 = (
    predictions(
        "M17-noise",
        "a difference within the noise, a narrow limit",
        rows(p=rows()["p"] + np.random.default_rng(1).normal(0, 1.5, 400)),
        1,
        mentions=("undecided: ", "could be worse"),
    ),
    predictions(
        "M17-wide",
        "a difference within the noise, a wide limit",
        rows(p=rows()["p"] + np.random.default_rng(1).normal(0, 1.5, 400)),
        0,
        gate=("--metric", "rmse", "--no-worse-by", "20%"),
    ),
)


def _declared_without_rows(folder: Path) -> None:
    """A category that the file declares and no row has, with a gate on it."""
    column = pa.DictionaryArray.from_arrays(pa.array([0] * 400), pa.array(["mist", "snow"]))
    for name in ("new", "old"):
        given = rows()
        table = {"instant": given["id"], "rentals": given["y"], "predicted": given["p"], "date": given["id"] // 10}
        pq.write_table(pa.table({**table, "weather": column, "season": ["fall"] * 400}), folder / f"{name}.parquet")
    start = CONTRACT.index("    gates:")
    gate = "    gates: [{metric: rmse, no_worse_by: 5%, slices: [weather]}]\n"
    (folder / "tidegate.yaml").write_text(CONTRACT[:start] + gate)


M18 = (
    Case(
        id="M18-empty-slice",
        title="a slice with a rule and no rows",
        exit=1,
        arguments=("compare-models", "--candidate", "new.parquet", "--champion", "old.parquet"),
        build=_declared_without_rows,
        mentions=("rmse where weather is snow was not judged: the slice has no rows",),
    ),
)
M19 = (
    delimited("M19-semicolon", "semicolons", "id;y;p\n1;2;3\n", "E-MET-012"),
    delimited("M19-comma", "decimal comma", 'id,y,p\n1,"2,5",3\n', "E-MET-005", mentions=("a decimal comma?",)),
    delimited(
        "M19-bom", "a byte-order mark", "\ufeffid,y,p\n1,2,3\n", None, 1, mentions=("39 ids only in the champion",)
    ),
    delimited("M19-ragged", "a row too short", "id,y,p\n1,2\n", "E-MET-012"),
    delimited("M19-quote", "a quote left open", 'id,y,p\n1,"2,3\n', "E-MET-012"),
    delimited("M19-pointer", "a Git LFS pointer", "version https://git-lfs.github.com/spec/v1\n", "E-DAT-030"),
)

CASES = (*M01, *M02, *M03, *M04, *M05, *M06, *M07, *M11, *M13, *M14, *M15, *M16, *M17, *M18, *M19)
