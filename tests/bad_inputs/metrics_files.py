"""Metrics files and predictions, good ones and their broken counterparts, as cases of `compare-models`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bad_inputs.cases import CONTRACT, Case, files

GOOD = '{"f1": 0.91}'
NUMBERS = ("compare-models", "--candidate", "new.json", "--champion", "old.json", "--metric", "f1")
NO_WORSE = (*NUMBERS, "--no-worse-by", "0.01")
COLUMNS = ("--id", "id", "--target", "y", "--prediction", "p")


def numbers(name: str, title: str, text: str | bytes, ends: int, code: str | None = None, **more: Any) -> Case:
    """A candidate's metrics file against a good one."""
    arguments = more.pop("arguments", NO_WORSE)
    return Case(
        id=name,
        title=title,
        exit=ends,
        code=code,
        arguments=arguments,
        build=files(new_dot_json=text, old_dot_json=GOOD),
        **more,
    )


def rows(count: int = 400, error: float = 10.0, **replaced: Any) -> dict[str, Any]:
    """A hold-out whose predictions are off by a seeded error."""
    random = np.random.default_rng(0)
    truth = random.normal(100, 20, count)
    return {"id": np.arange(count), "y": truth, "p": truth + random.normal(0, error, count), **replaced}


def tables(new: dict[str, Any], old: dict[str, Any], suffix: str = "parquet") -> Callable[[Path], None]:
    def build(folder: Path) -> None:
        for name, columns in (("new", new), ("old", old)):
            pq.write_table(pa.table(columns), folder / f"{name}.{suffix}")

    return build


def predictions(name: str, title: str, new: dict[str, Any], ends: int, code: str | None = None, **more: Any) -> Case:
    """A candidate's predictions against good ones."""
    gate = more.pop("gate", ("--metric", "rmse", "--no-worse-by", "1%"))
    build = tables(new, more.pop("old", rows()))
    arguments = ("compare-models", "--candidate", "new.parquet", "--champion", "old.parquet", *COLUMNS, *gate)
    return Case(id=name, title=title, exit=ends, code=code, arguments=arguments, build=build, **more)


def delimited(name: str, title: str, text: str | bytes, code: str | None, ends: int = 2, **more: Any) -> Case:
    """A candidate's predictions as CSV."""
    arguments = ("compare-models", "--candidate", "new.csv", "--champion", "old.csv", *COLUMNS)
    good = "id,y,p\n" + "".join(f"{number},{number}.5,{number}\n" for number in range(40))
    return Case(
        id=name,
        title=title,
        exit=ends,
        code=code,
        arguments=(*arguments, "--metric", "mae", "--no-worse-by", "1%"),
        build=files(new_dot_csv=text, old_dot_csv=good),
        **more,
    )


def first_model(name: str, title: str, gates: str, ends: int, *mentions: str) -> Case:
    """A repository without a champion."""
    start = CONTRACT.index("    gates:")

    def build(folder: Path) -> None:
        (folder / "tidegate.yaml").write_text(CONTRACT[:start] + gates)
        path = folder / "model" / "reports" / "predictions.parquet"
        path.parent.mkdir(parents=True)
        given = rows()
        text = [f"2012-{row // 10:03}" for row in range(400)]
        named = {"instant": given["id"], "rentals": given["y"], "predicted": given["p"], "date": text}
        pq.write_table(pa.table({**named, "weather": ["mist"] * 400, "season": ["fall"] * 400}), path)

    return Case(id=name, title=title, exit=ends, arguments=("compare-models",), build=build, mentions=mentions)


YAML = (
    "compare-models",
    "--candidate",
    "new.yaml",
    "--champion",
    "old.yaml",
    "--metric",
    "f1",
    "--no-worse-by",
    "0.01",
)


def yaml(name: str, title: str, text: str, ends: int, code: str | None = None, **more: Any) -> Case:
    """A candidate's metrics as YAML."""
    build = files(new_dot_yaml=text, old_dot_yaml="f1: 0.5\n")
    return Case(id=name, title=title, exit=ends, code=code, arguments=YAML, build=build, **more)
