"""Two real ONNX models timed in turns: a slower one is found out, the same one twice is not, and garbage is refused."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import onnx_models
from tidegate.adapters.timing import rows as timing_rows
from tidegate.adapters.timing import turns
from tidegate.adapters.timing.turns import Pace
from tidegate.core.comparison.beside.cost import TIMED, Costs, Series
from tidegate.core.comparison.beside.cost_ratio import cost_ratios
from tidegate.errors import InputError

ENVIRON = {"PATH": os.environ["PATH"]}
BRISK = Pace(rounds=10, quads=1, calls=60, batches=2, seconds=0.1)


def arrays(folder: Path, **columns: np.ndarray) -> Path:
    given = columns or {name: np.linspace(0, 1, 64) for name in onnx_models.COLUMNS}
    np.savez(folder / "rows.npz", **given)
    return folder / "rows.npz"


def ratios(models: list[Path], rows: Path, pace: Pace = BRISK) -> dict[str, tuple[float, float, float]]:
    timed = turns.timed(sys.executable, models, rows, ENVIRON, pace)
    sides = [{name: tuple(getattr(one, name) for one in rounds) for name in TIMED} for rounds in timed.models]
    series = {name: Series(candidate=sides[0][name], champion=sides[1][name]) for name in TIMED}
    found = cost_ratios(Costs(key="", way="onnx", series=series), 0.05)
    return {
        one.name: (one.ratio, one.interval.low, one.interval.high)
        for one in found
        if one.ratio is not None and one.interval is not None
    }


def test_a_model_that_does_twice_the_work_is_found_out(tmp_path: Path) -> None:
    models = [onnx_models.write(tmp_path / name, layers) for name, layers in (("a.onnx", 120), ("b.onnx", 60))]
    found = ratios(models, arrays(tmp_path))
    assert found["predict_p50_ms"][1] > 1.2
    assert found["predict_rows_per_second"][2] < 1 / 1.2


def test_the_same_model_twice_is_never_called_slower_by_a_fifth(tmp_path: Path) -> None:
    models = [onnx_models.write(tmp_path / name, 30) for name in ("a.onnx", "b.onnx")]
    for _ in range(3):
        found = ratios(models, arrays(tmp_path))
        assert found["predict_p50_ms"][1] < 1.2, found
        assert found["peak_memory_bytes"][1] < 1.02, found


def test_a_first_model_is_timed_alone(tmp_path: Path) -> None:
    model = onnx_models.write(tmp_path / "a.onnx", 2)
    timed = turns.timed(sys.executable, [model], arrays(tmp_path), ENVIRON, Pace(rounds=2, quads=1, calls=5, batches=1))
    assert [len(rounds) for rounds in timed.models] == [2]
    assert timed.rows == 64
    assert timed.runtime.startswith("onnxruntime ")
    assert timed.models[0][0].predict_p50_ms <= timed.models[0][0].predict_p95_ms
    assert timed.models[0][0].peak_memory_bytes > 10_000_000


QUICK = Pace(rounds=1, quads=1, calls=3, batches=1)


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "cannot be timed"), (b"\x80\x04K\x01.", "cannot be timed"), (b"version https://git-lfs", "cannot be timed")],
    ids=["empty", "a pickle", "a pointer"],
)
def test_what_is_no_onnx_is_said_in_one_line(content: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "bad.onnx").write_bytes(content)
    with pytest.raises(InputError, match=said) as caught:
        turns.timed(sys.executable, [tmp_path / "bad.onnx"], arrays(tmp_path), ENVIRON, QUICK)
    assert (caught.value.code, caught.value.where) == ("E-CST-001", "bad.onnx")
    assert "\n" not in caught.value.message


def test_columns_that_the_model_wants_and_the_rows_lack_are_named(tmp_path: Path) -> None:
    model = onnx_models.write(tmp_path / "a.onnx", 1)
    with pytest.raises(InputError, match="the rows have no columns humidity; they have temperature"):
        turns.timed(sys.executable, [model], arrays(tmp_path, temperature=np.ones(3)), ENVIRON, QUICK)


def test_rows_without_a_row_cannot_be_timed(tmp_path: Path) -> None:
    model = onnx_models.write(tmp_path / "a.onnx", 1)
    none = arrays(tmp_path, **{name: np.ones(0) for name in onnx_models.COLUMNS})
    with pytest.raises(InputError, match="cannot be timed"):
        turns.timed(sys.executable, [model], none, ENVIRON, QUICK)


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("exit 3", "it ended with 3"),
        ("echo hello", "cannot be timed"),
        ("echo '[]'", "it answered no object"),
        ("echo '{\"ready\": true}'", "it answered without ready, runtime, rows"),
        ("echo oh dear >&2; exit 1", "oh dear"),
    ],
)
def test_an_interpreter_that_is_none_is_found_out(program: str, said: str, tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\n{program}\n")
    python.chmod(0o755)
    model = onnx_models.write(tmp_path / "a.onnx", 1)
    with pytest.raises(InputError, match=said):
        turns.timed(str(python), [model], arrays(tmp_path), ENVIRON, QUICK)


def test_an_interpreter_that_is_not_there_is_said(tmp_path: Path) -> None:
    model = onnx_models.write(tmp_path / "a.onnx", 1)
    with pytest.raises(InputError, match="No such file"):
        turns.timed(str(tmp_path / "nothing"), [model], arrays(tmp_path), ENVIRON, QUICK)


# ---- rows ------------------------------------------------------------------------------------------------------------

TABLE = pa.table(
    {
        "id": [1, 2],
        "number": pa.array([1.5, None]),
        "word": pa.array(["a", None]),
        "flag": [True, False],
        "time": pa.array([0, 1], pa.timestamp("us")),
        "coded": pa.array(["x", "y"]).dictionary_encode(),
        "nested": [[1], [2]],
    }
)


def test_rows_become_plain_arrays(tmp_path: Path) -> None:
    pq.write_table(TABLE, tmp_path / "rows.parquet")
    timing_rows.write_arrays(tmp_path / "rows.parquet", tmp_path / "rows.npz", {"id"}, shown="rows.parquet")
    with np.load(tmp_path / "rows.npz", allow_pickle=False) as found:
        assert sorted(found.files) == ["coded", "flag", "number", "time", "word"]
        assert found["time"].tolist() == [0, 1]
        assert found["word"].tolist() == ["a", ""]
        assert np.isnan(found["number"][1])


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".arrow", ".feather", ".parquet"])
def test_every_format_of_rows_is_read(suffix: str, tmp_path: Path) -> None:
    from pyarrow import csv, feather

    table, path = TABLE.select(["id", "number"]), tmp_path / f"rows{suffix}"
    if suffix == ".parquet":
        pq.write_table(table, path)
    elif suffix in (".csv", ".tsv"):
        csv.write_csv(table, path, csv.WriteOptions(delimiter="," if suffix == ".csv" else "\t"))
    else:
        feather.write_feather(table, str(path), compression="uncompressed")
    timing_rows.write_arrays(path, tmp_path / "rows.npz", set(), shown=path.name)
    with np.load(tmp_path / "rows.npz", allow_pickle=False) as found:
        assert found["id"].tolist() == [1, 2]


@pytest.mark.parametrize(
    ("name", "content"),
    [("rows.txt", b"a"), ("rows.parquet", b"PAR1"), ("rows.csv", b""), ("rows.csv", b"a,b\n"), ("rows.arrow", b"x")],
)
def test_rows_that_cannot_be_read_are_refused(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError) as caught:
        timing_rows.write_arrays(tmp_path / name, tmp_path / "rows.npz", set(), shown=name)
    assert (caught.value.code, caught.value.where) == ("E-CST-002", name)
