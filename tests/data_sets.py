"""A small real data set for tests: Git, DVC with a folder remote, two months of Parquet, suites of expectations.

It is made once per test process and copied for each test.
"""

from __future__ import annotations

import io
import json
import shutil
import warnings
from argparse import Namespace
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines import Project, environment
from tidegate.commands import validate_data
from tidegate.console import Console
from tidegate.core.answer import Answer
from tidegate.errors import Problems, TidegateError
from tidegate.settings import Settings

CONTRACT = """\
version: 1
models:
  demand:
    path: model
    data: {tracked: data.dvc, expectations: model/expectations}
    evaluation: {predictions: model/predictions.csv, id: id, target: sold, prediction: predicted}
    gates: [{metric: mae, no_worse_by: 5%}]
"""
CONFIG = "[core]\n    remote = store\n['remote \"store\"']\n    url = storage\n    verify = true\n"
TYPES = {"id": "int64", "time": "datetime64[us]", "city": "str", "price": "float64", "sold": "int64"}
Rows = dict[str, list[Any]]


def unique(column: str) -> dict[str, Any]:
    return {"type": "expect_column_values_to_be_unique", "kwargs": {"column": column}}


def between(column: str, low: object = None, high: object = None, **other: Any) -> dict[str, Any]:
    limits = {name: limit for name, limit in (("min_value", low), ("max_value", high)) if limit is not None}
    return {"type": "expect_column_values_to_be_between", "kwargs": {"column": column, **limits}, **other}


def typed(column: str) -> dict[str, Any]:
    return {"type": "expect_column_values_to_be_of_type", "kwargs": {"column": column, "type_": TYPES[column]}}


SCHEMA = {
    "type": "expect_table_columns_to_match_set",
    "kwargs": {"column_set": list(TYPES), "exact_match": True},
}
SUITES: Mapping[str, tuple[str, list[dict[str, Any]]]] = {
    "schema": ("all", [SCHEMA, *map(typed, TYPES)]),
    "values": ("all", [unique("id"), between("price", 0, 100), between("sold", 0, severity="warning")]),
    "months": (
        "each-file",
        [
            {"type": "expect_table_row_count_to_be_between", "kwargs": {"min_value": 20, "max_value": 40}},
            between("time", {"$PARAMETER": "file_start"}, {"$PARAMETER": "file_end - timedelta(hours=1)"}),
        ],
    ),
}


def suite(name: str, rows: str, expectations: list[dict[str, Any]]) -> str:
    return json.dumps({"name": name, "meta": {"tidegate": {"rows": rows}}, "expectations": expectations}, indent=1)


def month(start: datetime, first: int, rows: int = 28) -> Rows:
    """`rows` days from `start`, with ids from `first`."""
    return {
        "id": list(range(first, first + rows)),
        "time": [start + timedelta(days=day) for day in range(rows)],
        "city": [("Oslo", "Rome")[day % 2] for day in range(rows)],
        "price": [float(10 + day % 7) for day in range(rows)],
        "sold": [day % 13 for day in range(rows)],
    }


def table(rows: Rows, **kinds: pa.DataType) -> pa.Table:
    usual = {"id": pa.int64(), "time": pa.timestamp("us"), "price": pa.float64(), "sold": pa.int64()}
    return pa.table({name: pa.array(values, {**usual, **kinds}.get(name)) for name, values in rows.items()})


class DataSet(Project):
    """The project with verbs for its data."""

    def put(self, name: str, rows: Rows, **kinds: pa.DataType) -> None:
        pq.write_table(table(rows, **kinds), self.root / "data" / name)

    def edit(self, name: str, row: int, **values: Any) -> None:
        """Other values in one row of a file."""
        read = pq.read_table(self.root / "data" / name)
        rows = read.to_pydict()
        for column, value in values.items():
            rows[column][row] = value
        pq.write_table(pa.table(rows, schema=read.schema), self.root / "data" / name)

    def track(self) -> None:
        """`dvc add` and `dvc push`."""
        self.dvc("add", "--quiet", "data")
        self.dvc("push", "--quiet")

    def change(self, name: str, row: int, **values: Any) -> None:
        """A commit that changes the data."""
        self.edit(name, row, **values)
        self.track()
        self.commit()

    def previous(self) -> str:
        """The commit before the last one."""
        return self.git("rev-parse", "HEAD~")

    def objects(self) -> set[str]:
        """Digests of what is in DVC's cache."""
        place = self.root / ".dvc" / "cache" / "files" / "md5"
        return {f"{path.parent.name}{path.name}" for path in place.rglob("*") if path.is_file()}

    def digest(self) -> str:
        return next(line.split()[-1] for line in self.read("data.dvc").splitlines() if "md5:" in line)

    def files(self) -> dict[str, str]:
        """Name → md5 of the tracked files, from the cache's listing."""
        digest = self.digest()
        listing = self.root / ".dvc" / "cache" / "files" / "md5" / digest[:2] / digest[2:]
        return {entry["relpath"]: entry["md5"] for entry in json.loads(listing.read_bytes())}

    def evidence(self) -> dict[str, Any]:
        return json.loads(self.read(".tidegate/validate-data.json"))  # type: ignore[no-any-return]

    def fresh(self) -> None:
        """As a fresh clone has it: pointers, no data, no cache."""
        self.forget("data")
        self.forget_cache()

    def validate(self, base: str = "", ask: Any = None, **variables: str) -> Answer:
        """Run the command in this process; Great Expectations runs in it as well unless `ask` says otherwise."""
        settings = Settings(
            workspace=self.root,
            config="tidegate.yaml",
            model=None,
            environ={**environment(), **variables},
            console=Console(stream=io.StringIO()),
        )
        return validate_data.run(settings, Namespace(base=base), ask or in_this_process)


def in_this_process(request: Mapping[str, Any], environment: Mapping[str, str]) -> dict[str, Any]:
    """Great Expectations without a process of its own: the second time it is asked it is there at once."""
    from tidegate.adapters.great_expectations import worker as great_expectations_worker

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reply = great_expectations_worker.answer(json.loads(json.dumps(request)))
    return json.loads(json.dumps(reply, allow_nan=False))  # type: ignore[no-any-return]


@cache
def _template() -> Path:
    made = DataSet(Path(mkdtemp(prefix="tidegate-test-data-")))
    made.git("init", "--quiet", "--initial-branch", "main")
    made.dvc("init", "--quiet")
    made.write(".dvc/config", CONFIG)
    made.write("tidegate.yaml", CONTRACT)
    made.write(".gitignore", "/data\n/.tidegate/\n")
    for name, (rows, expectations) in SUITES.items():
        made.write(f"model/expectations/{name}.json", suite(name, rows, expectations))
    (made.root / "data").mkdir()
    made.put("2024-01.parquet", month(datetime(2024, 1, 1), 0))
    made.put("2024-02.parquet", month(datetime(2024, 2, 1), 100))
    made.track()
    made.commit("data and expectations")
    return made.root


def data_set(place: Path) -> DataSet:
    """A copy of the data set's repository at `place`, with data and cache."""
    shutil.copytree(_template(), place, symlinks=True)
    return DataSet(place)


def refused(here: DataSet, kind: type[TidegateError], **options: str) -> str:
    """What `validate-data` says when it refuses, which it must, as an error of this kind."""
    with pytest.raises(TidegateError) as caught:
        here.validate(**options)
    error = caught.value
    assert isinstance(error.problems[0] if isinstance(error, Problems) else error, kind)
    return str(error)
