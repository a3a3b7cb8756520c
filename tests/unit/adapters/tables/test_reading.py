"""Predictions files are read as what they claim to be, or refused with the column, the row and the value."""

from __future__ import annotations

import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import csv

from tidegate.adapters.tables import reading as tables
from tidegate.core.comparison.samples.sample import Coded, Predictions
from tidegate.core.contract import Evaluation
from tidegate.core.evidence import digest
from tidegate.errors import InputError, Problems

COLUMNS: dict[str, Any] = {"id": [3, 1, 2], "y": [1.5, 2.0, 3.0], "p": [1.0, 2.5, 3.5]}


def evaluation(**columns: Any) -> Evaluation:
    return Evaluation(**{"predictions": "p.parquet", "id": "id", "target": "y", "prediction": "p", **columns})


def parquet(folder: Path, **columns: Any) -> Path:
    path = folder / "p.parquet"
    pq.write_table(pa.table({**COLUMNS, **columns}), path)
    return path


def text(folder: Path, content: str | bytes, name: str = "p.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def read(path: Path, task: Any = "regression", **columns: Any) -> Predictions:
    return tables.read(path, evaluation(**columns), task, shown="reports/p")


def labels(column: Any) -> list[str]:
    assert isinstance(column, Coded)
    return list(column.texts())


@pytest.mark.parametrize("suffix", ["parquet", "csv", "tsv", "arrow", "feather"])
def test_every_format_says_the_same(tmp_path: Path, suffix: str) -> None:
    table, path = pa.table(COLUMNS), tmp_path / f"p.{suffix}"
    if suffix == "parquet":
        pq.write_table(table, path)
    elif suffix in ("csv", "tsv"):
        csv.write_csv(table, path, csv.WriteOptions(delimiter="," if suffix == "csv" else "\t"))
    else:
        with pa.ipc.new_file(str(path), table.schema) as writer:
            writer.write_table(table)
    found = read(path)
    assert found.ids.tolist() == [3, 1, 2]
    assert found.truth.tolist() == [1.5, 2.0, 3.0]  # type: ignore[union-attr]
    assert found.output.prediction.tolist() == [1.0, 2.5, 3.5]  # type: ignore[union-attr]
    assert found.digest == digest(path.read_bytes())
    assert found.name == "reports/p"


IDS = {
    "small integers": (pa.array([3, 1, 2], pa.int8()), [3, 1, 2]),
    "whole floats": ([3.0, 1.0, 2.0], [3, 1, 2]),
    "texts": (["c", "a", "b"], ["c", "a", "b"]),
    "unsigned": (pa.array([2**64 - 1, 1, 2], pa.uint64()), [str(2**64 - 1), "1", "2"]),
    "dates": ([datetime.date(2012, 1, day) for day in (3, 1, 2)], ["2012-01-03", "2012-01-01", "2012-01-02"]),
    "dictionary": (pa.array(["c", "a", "b"]).dictionary_encode(), ["c", "a", "b"]),
}


@pytest.mark.parametrize(("column", "expected"), IDS.values(), ids=IDS)
def test_ids_are_whole_numbers_or_texts(tmp_path: Path, column: Any, expected: list[Any]) -> None:
    assert read(parquet(tmp_path, id=column)).ids.tolist() == expected


CLASSES = {
    "texts": (["b", "a", "b"], ["b", "a", "b"]),
    "integers": ([1, 0, 1], ["1", "0", "1"]),
    "whole floats": ([1.0, 0.0, 1.0], ["1", "0", "1"]),
    "booleans": ([True, False, True], ["true", "false", "true"]),
    "a class called NA": (["NA", "b", "null"], ["NA", "b", "null"]),
}


@pytest.mark.parametrize(("column", "expected"), CLASSES.values(), ids=CLASSES)
def test_classes_are_texts(tmp_path: Path, column: Any, expected: list[str]) -> None:
    found = read(parquet(tmp_path, y=column, p=column), "classification")
    assert labels(found.truth) == labels(found.output.prediction) == expected


def test_numbers_may_be_integers_and_decimals(tmp_path: Path) -> None:
    found = read(parquet(tmp_path, y=[Decimal("1.10"), Decimal("2.20"), Decimal("3.30")], p=[1, 2, 3]))
    assert found.truth.tolist() == [1.1, 2.2, 3.3]  # type: ignore[union-attr]


def test_a_model_that_said_nothing_said_no_number(tmp_path: Path) -> None:
    found = read(parquet(tmp_path, p=[1.0, None, np.nan]))
    assert np.isnan(found.output.prediction).tolist() == [False, True, True]  # type: ignore[arg-type]
    found = read(text(tmp_path, "id,y,p\n1,1,\n2,2,nan\n3,3,inf\n"))
    assert np.isfinite(found.output.prediction).tolist() == [False, False, False]  # type: ignore[arg-type]


def test_clusters_slices_weights_and_scores(tmp_path: Path) -> None:
    path = parquet(
        tmp_path,
        date=[datetime.date(2012, 1, 1)] * 2 + [datetime.date(2012, 1, 2)],
        weather=["mist", None, "clear"],
        w=[1, 2, 0],
        s=[0.1, 0.9, 0.5],
    )
    found = read(path, cluster="date", slices=("weather",), weight="w", score="s", positive="1")
    assert labels(found.cluster) == ["2012-01-01", "2012-01-01", "2012-01-02"]
    assert labels(found.slices["weather"]) == ["mist", "", "clear"]
    assert found.weight.tolist() == [1, 2, 0]  # type: ignore[union-attr]
    assert found.output.scores["1"].tolist() == [0.1, 0.9, 0.5]
    both = read(path, score={"yes": "s", "no": "w"})
    assert set(both.output.scores) == {"yes", "no"}


def test_a_declared_category_without_rows_stays_declared(tmp_path: Path) -> None:
    column = pa.DictionaryArray.from_arrays(pa.array([0, 0, 1]), pa.array(["mist", "clear", "snow"]))
    found = read(parquet(tmp_path, weather=column), slices=("weather",))
    assert found.slices["weather"].labels == ("clear", "mist", "snow")
    assert labels(found.slices["weather"]) == ["mist", "mist", "clear"]


def test_columns_in_several_chunks_are_one_column(tmp_path: Path) -> None:
    path, table = tmp_path / "p.parquet", pa.table({**COLUMNS, "weather": ["b", "a", "b"]})
    pq.write_table(table, path, row_group_size=1)
    found = read(path, slices=("weather",))
    assert labels(found.slices["weather"]) == ["b", "a", "b"]


REFUSED = {
    "text in numbers": ({"y": ["1", "x", "2"]}, {}, "E-MET-005", "column 'y' expected numbers, got string"),
    "truth missing": ({"y": [1.0, None, None]}, {}, "E-MET-016", "column 'y' is empty in 2 rows, first in row 2"),
    "truth not finite": ({"y": [1.0, np.inf, 2.0]}, {}, "E-MET-016", "holds inf in row 2"),
    "truth bool": ({"y": [True, False, True]}, {}, "E-MET-005", "expected numbers, got bool"),
    "id missing": ({"id": [1, None, 2]}, {}, "E-MET-016", "column 'id' is empty in 1 rows, first in row 2"),
    "id fraction": ({"id": [1.5, 2.0, 3.0]}, {}, "E-MET-005", "column 'id' holds fractions"),
    "cluster missing": ({"c": ["a", None, "b"]}, {"cluster": "c"}, "E-MET-016", "column 'c' is empty in 1 rows"),
    "weight negative": ({"w": [1, -1, 2]}, {"weight": "w"}, "E-MET-009", "weights below zero"),
    "weights zero": ({"w": [0, 0, 0]}, {"weight": "w"}, "E-MET-009", "only zeros"),
    "score text": ({"s": ["a", "b", "c"]}, {"score": "s"}, "E-MET-005", "column 's' expected numbers"),
}


@pytest.mark.parametrize(("columns", "roles", "code", "message"), REFUSED.values(), ids=REFUSED)
def test_a_column_that_is_not_what_it_should_be_is_refused(
    tmp_path: Path, columns: dict[str, Any], roles: dict[str, Any], code: str, message: str
) -> None:
    with pytest.raises(InputError) as caught:
        read(parquet(tmp_path, **columns), **roles)
    assert caught.value.code == code
    assert message in caught.value.message
    assert caught.value.where == "reports/p"


def test_all_missing_columns_are_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(Problems) as caught:
        read(parquet(tmp_path), cluster="date", slices=("weather",), weight="w")
    assert [problem.message.split(";")[0] for problem in caught.value.problems] == [
        "has no column 'date'",
        "has no column 'w'",
        "has no column 'weather'",
    ]
    assert "it has id, y, p." in caught.value.problems[0].message


def test_a_column_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Problems, match="more than one column 'y'"):
        read(text(tmp_path, "id,y,y,p\n1,2,3,4\n"))


def test_a_target_with_a_class_for_every_row_is_no_classification(tmp_path: Path) -> None:
    many = [f"{number}" for number in range(1001)]
    path = parquet(tmp_path, id=list(range(1001)), y=many, p=many)
    with pytest.raises(InputError, match="holds 1,001 classes; more than 1,000 are no classification"):
        read(path, "classification")


TEXTS = {
    "semicolons": ("id;y;p\n1;2;3\n", "E-MET-012", "look separated by semicolons"),
    "decimal comma": ('id,y,p\n1,"2,5",3\n', "E-MET-005", "for example '2,5' (a decimal comma?)"),
    "ragged": ("id,y,p\n1,2\n", "E-MET-012", "Expected 3 columns, got 2"),
    "empty": ("", "E-MET-002", "is empty"),
    "not utf-8": (b"id,y,p\n1,2,\xff\xfe\n", "E-MET-005", "expected numbers, got binary"),
    "pointer": ("version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "E-DAT-030", "Git LFS pointer"),
}


@pytest.mark.parametrize(("content", "code", "message"), TEXTS.values(), ids=TEXTS)
def test_a_text_file_that_is_not_a_table_is_refused(
    tmp_path: Path, content: str | bytes, code: str, message: str
) -> None:
    with pytest.raises(InputError) as caught:
        read(text(tmp_path, content))
    assert caught.value.code == code
    assert message in str(caught.value)


def test_a_byte_order_mark_is_no_part_of_a_name(tmp_path: Path) -> None:
    assert read(text(tmp_path, "\ufeffid,y,p\n1,2,3\n")).ids.tolist() == [1]


def test_a_header_without_rows_is_a_table_without_rows(tmp_path: Path) -> None:
    assert len(read(text(tmp_path, "id,y,p\n")).ids) == 0


@pytest.mark.parametrize(
    ("name", "content"),
    [("p.parquet", b"PAR1 and no more"), ("p.parquet", b"id,y,p\n1,2,3\n"), ("p.arrow", b"ARROW1\0\0 cut short")],
    ids=["cut short", "csv called parquet", "arrow cut short"],
)
def test_a_file_that_is_cut_short_or_misnamed_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    with pytest.raises(InputError, match="cannot be read as") as caught:
        read(text(tmp_path, content, name))
    assert caught.value.code == "E-MET-003"


def test_a_file_of_another_kind_is_refused_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"ends in '\.pkl'; predictions are read from \.parquet, \.csv"):
        read(text(tmp_path, b"\x80\x04", "p.pkl"))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path / "p.parquet")
    assert (caught.value.code, caught.value.where) == ("E-MET-001", "reports/p")
