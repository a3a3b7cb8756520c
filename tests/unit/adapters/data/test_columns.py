"""One column at a time, over all files of a data set."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tidegate.adapters.data import columns as data_columns
from tidegate.adapters.data import files as data_files
from tidegate.core.data.structure import Shape


def files(folder: Path, **tables: Mapping[str, pa.Array]) -> tuple[list[Shape], dict[str, Path]]:
    paths: dict[str, Path] = {}
    for name, columns in tables.items():
        paths[f"{name}.parquet"] = folder / f"{name}.parquet"
        pq.write_table(pa.table(dict(columns)), folder / f"{name}.parquet")
    return [data_files.shape(path, name) for name, path in paths.items()], paths


def test_numbers_of_all_files_without_what_is_no_finite_number(tmp_path: Path) -> None:
    one = pa.array([1.0, None, float("nan")])
    found = data_columns.column(*files(tmp_path, a={"x": one}, b={"x": pa.array([float("inf"), 4.0])}), "x", "float64")
    assert found is not None
    assert (found.kind, found.rows, found.missing) == ("numeric", 5, 3)
    assert found.values is not None
    assert sorted(found.values) == [1.0, 4.0]


def test_a_file_without_the_column_counts_as_missing(tmp_path: Path) -> None:
    found = data_columns.column(*files(tmp_path, a={"x": pa.array([1])}, b={"y": pa.array([1, 2])}), "x", "int64")
    assert found is not None
    assert (found.rows, found.missing) == (3, 2)


@pytest.mark.parametrize(
    ("values", "kind", "counts"),
    [
        (pa.array(["a", "b", None, "a"]), "string", {"a": 2, "b": 1}),
        (pa.array([True, False, True, None]), "bool", {"true": 2, "false": 1}),
        (pa.array([None, None, None, None]), "null", {}),
    ],
)
def test_categories_are_counted(tmp_path: Path, values: pa.Array, kind: str, counts: dict[str, int]) -> None:
    found = data_columns.column(*files(tmp_path, a={"x": values}), "x", kind)
    assert found is not None
    assert (found.kind, found.counts, found.missing) == ("category", counts, 4 - sum(counts.values()))


@pytest.mark.parametrize(
    "values",
    [
        pa.array([datetime(2011, 1, 1)], pa.timestamp("us")),
        pa.array([datetime(2011, 1, 1)], pa.timestamp("ns")),
        pa.array([datetime(2011, 1, 1)], pa.timestamp("s", "UTC")),
        pa.array([date(2011, 1, 1)]),
    ],
    ids=["microseconds", "nanoseconds", "with-a-zone", "days"],
)
def test_times_are_seconds(tmp_path: Path, values: pa.Array) -> None:
    shapes, paths = files(tmp_path, a={"x": values})
    found = data_columns.column(shapes, paths, "x", shapes[0].columns["x"])
    assert found is not None
    assert (found.kind, list(found.values if found.values is not None else [])) == ("time", [1293840000.0])


@pytest.mark.parametrize("kind", ["list<item: int64>", "binary", "int64 or string", "struct<a: int64>"])
def test_what_has_no_distribution_is_not_read(kind: str) -> None:
    assert data_columns.column([], {}, "x", kind) is None


@pytest.mark.parametrize(
    ("values", "usual", "told"),
    [
        (pa.array(["1", "12a", None, "x"]), "int64", [("2", "12a"), ("4", "x")]),
        (pa.array(["1.5", "1,5", "nan", "2"]), "float64", [("2", "1,5")]),
        (
            pa.array(["2011-01-01", "01.01.2011", "2011-02-30", None]),
            "timestamp[us]",
            [("2", "01.01.2011"), ("3", "2011-02-30")],
        ),
        (pa.array(["2011-01-01", "x", None, None]), "datetime64[us]", [("2", "x")]),
        (pa.array([1, 2, 3, 4]), "string", [("1", "1"), ("2", "2"), ("3", "3"), ("4", "4")]),
        (pa.array(["yes", "no", None, None]), "bool", [("1", "yes"), ("2", "no")]),
    ],
)
def test_values_that_keep_a_column_from_its_type(
    tmp_path: Path, values: pa.Array, usual: str, told: list[tuple[str, str]]
) -> None:
    shapes, paths = files(tmp_path, a={"x": values, "id": pa.array([1, 2, 3, 4])})
    assert list(data_columns.misfits(shapes, paths, "x", usual, "id")) == told


def test_without_ids_rows_are_told_by_number_and_file(tmp_path: Path) -> None:
    shapes, paths = files(tmp_path, a={"x": pa.array(["1", "12a"])})
    assert list(data_columns.misfits(shapes, paths, "x", "int64", "id")) == [("row 2 of a.parquet", "12a")]
