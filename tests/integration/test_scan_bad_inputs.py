"""What is wrong with live data is an error with the file's name or a finding, never a crash and never "no drift"."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fixtures import drift
from tidegate.adapters.scan import engine
from tidegate.adapters.scan.extent import extent
from tidegate.core.drift.finding import Found, WindowFindings
from tidegate.core.drift.profile import Numbers, Profile
from tidegate.core.drift.verdict import of_one
from tidegate.errors import InputError

SPAN = (datetime(2024, 3, 4), datetime(2024, 3, 11))
ROWS = 600


def columns(rows: int = ROWS) -> dict[str, Any]:
    random = np.random.default_rng(rows)
    return {
        "time": [SPAN[0] + timedelta(minutes=row) for row in range(rows)],
        "size": random.normal(size=rows),
        "city": [("Oslo", "Rome")[place] for place in random.integers(0, 2, rows)],
    }


REFERENCE: Profile = drift.profile({name: value for name, value in columns(5_000).items() if name != "time"})


def write(path: Path, **changed: Any) -> Path:
    values = {name: value for name, value in {**columns(), **changed}.items() if value is not None}
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(values), path)
    return path


def check(*paths: Path) -> WindowFindings:
    """The window's findings, read as a check reads it."""
    window = engine.windows(paths, REFERENCE.columns, [SPAN], time="time", cluster=REFERENCE.cluster)[0]
    return of_one(REFERENCE, window, drift.RULES)


def test_good_data_is_calm(tmp_path: Path) -> None:
    assert check(write(tmp_path / "a.parquet")).found is Found.CALM


def cut(path: Path, keep: float) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])


def garble(path: Path) -> None:
    """Pages of zeros between a good beginning and a good end."""
    data = bytearray(path.read_bytes())
    data[100 : len(data) // 2] = bytes(len(data) // 2 - 100)
    path.write_bytes(data)


FILES: dict[str, tuple[Callable[[Path], Any], str]] = {
    "0 bytes": (lambda path: path.write_bytes(b""), "E-DAT-001"),
    "cut in the middle": (lambda path: cut(path, 0.5), "E-DAT-010"),
    "only the magic": (lambda path: path.write_bytes(b"PAR1"), "E-DAT-010"),
    "magic twice": (lambda path: path.write_bytes(b"PAR1" * 4), "E-DAT-010"),
    "damaged pages": (garble, "E-DAT-010"),
    "text": (lambda path: path.write_text("time,size\n"), "E-DAT-010"),
    "a Git LFS pointer": (lambda path: path.write_text("version https://git-lfs.github.com/spec/v1\n"), "E-DAT-030"),
    "a DVC pointer": (lambda path: path.write_text("outs:\n- md5: abc\n"), "E-DAT-030"),
    "no file": (lambda path: path.unlink(), "E-DAT-003"),
    "no column of times": (lambda path: pq.write_table(pa.table({"size": [1.0]}), path), "E-DRF-021"),
    "times that are numbers": (lambda path: write(path, time=np.arange(ROWS)), "E-DRF-021"),
    "times that are none": (lambda path: write(path, time=["yesterday"] * ROWS), "E-DRF-021"),
    "a column twice": (
        lambda path: pq.write_table(pa.table([[1.0], [2.0], [SPAN[0]]], names=["size", "size", "time"]), path),
        "E-DAT-002",
    ),
}


@pytest.mark.parametrize(("breaking", "code"), FILES.values(), ids=FILES.keys())
def test_a_broken_file_is_named(breaking: Callable[[Path], Any], code: str, tmp_path: Path) -> None:
    path = write(tmp_path / "live.parquet")
    breaking(path)
    with pytest.raises(InputError) as raised:
        check(path)
    assert raised.value.code == code
    assert "live.parquet" in raised.value.where
    assert "Traceback" not in str(raised.value)


@pytest.mark.parametrize("case", ["cut in the middle", "no column of times", "times that are none", "no file"])
def test_the_extent_of_a_broken_file_is_an_error_too(case: str, tmp_path: Path) -> None:
    breaking, code = FILES[case]
    path = write(tmp_path / "live.parquet")
    breaking(path)
    with pytest.raises(InputError, match=r"live\.parquet") as raised:
        extent([path], "time")
    assert raised.value.code == code


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    (path := tmp_path / "live.xlsx").write_bytes(b"PK\x03\x04")
    with pytest.raises(InputError, match=r"E-DAT-011 .*live\.xlsx"):
        check(path)


CSV = {
    "a word among numbers": ("time,size,city\n2024-03-04 00:00:00,1.0,Oslo\n2024-03-04 01:00:00,12a,Rome\n", "12a"),
    "a cell too many": ("time,size,city\n2024-03-04 00:00:00,1.0,Oslo,Rome\n", "Expected 3 columns"),
    "a time that is none": ("time,size,city\nyesterday,1.0,Oslo\n", "yesterday"),
    "a NUL byte": ("time,size,city\n\0", "not CSV text"),
    "Latin-1": ("time,size,city\n2024-03-04 00:00:00,1.0,K\xf8benhavn\n", "UTF"),
}


@pytest.mark.parametrize(("text", "told"), CSV.values(), ids=CSV.keys())
def test_broken_csv_tells_what_and_where(text: str, told: str, tmp_path: Path) -> None:
    (path := tmp_path / "live.csv").write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError) as raised:
        check(path)
    assert raised.value.code == "E-DAT-004"
    assert told in raised.value.message
    assert "live.csv" in raised.value.where


def test_an_empty_folder_and_a_header_alone_are_unknown(tmp_path: Path) -> None:
    assert check(tmp_path).found is Found.UNKNOWN
    (tmp_path / "live.csv").write_text("time,size,city\n")
    assert check(tmp_path).found is Found.UNKNOWN


def test_files_that_writers_leave_beside_the_data_are_no_data(tmp_path: Path) -> None:
    write(tmp_path / "part" / "0.parquet")
    (tmp_path / "_temporary.parquet").write_bytes(b"")
    (tmp_path / ".hidden.csv").write_bytes(b"")
    assert check(tmp_path).rows == ROWS


UNKNOWN = {
    "no rows": {"time": [], "size": pa.array([], pa.float64()), "city": pa.array([], pa.string())},
    "one row": {"time": [SPAN[0]], "size": [1.0], "city": ["Oslo"]},
    "all before the window": {"time": [SPAN[0] - timedelta(days=9)] * ROWS},
    "no row has a time": {"time": pa.nulls(ROWS, pa.timestamp("us"))},
}


@pytest.mark.parametrize("changed", UNKNOWN.values(), ids=UNKNOWN.keys())
def test_a_window_that_says_nothing_is_unknown(changed: dict[str, Any], tmp_path: Path) -> None:
    answer = check(write(tmp_path / "a.parquet", **changed))
    assert answer.found is Found.UNKNOWN
    assert "unknown" in answer.sentence


SIZES = columns()["size"]
DRIFTED: dict[str, tuple[dict[str, Any], str]] = {
    "a column is missing": ({"size": None}, "schema"),
    "numbers are text": ({"size": [str(value) for value in SIZES]}, "schema"),
    "numbers are booleans": ({"size": SIZES > 0}, "schema"),
    "numbers are times": ({"size": pa.array(np.arange(ROWS), pa.timestamp("s"))}, "schema"),
    "numbers are lists": ({"size": [[value] for value in SIZES]}, "schema"),
    "numbers are structures": ({"size": [{"x": value} for value in SIZES]}, "schema"),
    "words are bytes": ({"city": [b"Oslo"] * ROWS}, "schema"),
    "words are fractions": ({"city": SIZES}, "schema"),
    "all null": ({"size": pa.nulls(ROWS, pa.float64())}, "missing"),
    "the null type": ({"size": pa.nulls(ROWS)}, "missing"),
    "all NaN": ({"size": np.full(ROWS, np.nan)}, "missing"),
    "half of the words null": ({"city": ["Oslo", None, "Rome", None] * (ROWS // 4)}, "missing"),
    "one value only": ({"size": np.full(ROWS, 0.25)}, "distribution"),
    "infinities": ({"size": np.where(np.arange(ROWS) % 10 == 0, np.inf, SIZES)}, "infinite"),
    "all infinite": ({"size": np.full(ROWS, -np.inf)}, "infinite"),
    "a sentinel": ({"size": np.where(np.arange(ROWS) % 5 == 0, -999, SIZES)}, "distribution"),
    "numbers beyond squaring": ({"size": np.where(np.arange(ROWS) % 5 == 0, 1e300, SIZES)}, "distribution"),
    "other words": ({"city": ["OSLO", "ROME"] * (ROWS // 2)}, "new words"),
    "numbers for words": ({"city": np.arange(ROWS) % 7}, "new words"),
}


@pytest.mark.parametrize(("changed", "subject"), DRIFTED.values(), ids=DRIFTED.keys())
def test_data_that_is_not_as_it_was_is_a_finding(changed: dict[str, Any], subject: str, tmp_path: Path) -> None:
    answer = check(write(tmp_path / "a.parquet", **changed))
    name = next(iter(changed))
    assert answer.found is Found.DRIFTED
    assert any((item.column, item.subject, item.found) == (name, subject, Found.DRIFTED) for item in answer.findings)


SAME: dict[str, dict[str, Any]] = {
    "float32": {"size": SIZES.astype("float32")},
    "float16": {"size": SIZES.astype("float16")},
    "decimals": {"size": [Decimal(f"{value:.6f}") for value in SIZES]},
    "a dictionary": {"city": pa.array(columns()["city"]).dictionary_encode()},
    "large strings": {"city": pa.array(columns()["city"], pa.large_string())},
    "string views": {"city": pa.array(columns()["city"], pa.string_view())},
    "times in nanoseconds": {"time": pa.array(columns()["time"], pa.timestamp("ns"))},
    "times as text": {"time": [moment.isoformat() for moment in columns()["time"]]},
    "times with a zone": {"time": pa.array(columns()["time"], pa.timestamp("us", "UTC"))},
    "a column more": {"weight": SIZES},
    "a nested column more": {"tags": [["a", None]] * ROWS, "place": [{"x": 1}] * ROWS},
    "a column name with a dot": {"size.of": SIZES},
}


@pytest.mark.parametrize("changed", SAME.values(), ids=SAME.keys())
def test_the_same_values_of_another_make_are_calm(changed: dict[str, Any], tmp_path: Path) -> None:
    answer = check(write(tmp_path / "a.parquet", **changed))
    assert answer.found is Found.CALM, answer.sentence
    assert answer.rows == ROWS


def test_files_that_disagree_about_the_schema_are_told(tmp_path: Path) -> None:
    write(tmp_path / "1.parquet")
    write(tmp_path / "2.parquet", size=[str(value) for value in SIZES])
    write(tmp_path / "3.parquet", city=None)
    answer = check(tmp_path)
    assert answer.rows == 3 * ROWS
    assert {item.column: item.sentence for item in answer.findings if item.subject == "schema"} == {
        "size": '"size" was a number and is of another kind now: "string" in 600 rows.',
        "city": '"city" is missing in files of 600 of 1,800 rows.',
    }


def test_a_profile_with_clusters_needs_them_in_the_data(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet")
    with pytest.raises(InputError, match="E-DRF-020") as raised:
        engine.windows([path], REFERENCE.columns, [SPAN], time="time", cluster="user")
    assert "a.parquet" in raised.value.where


def test_numbers_beyond_squaring_leave_finite_moments(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", size=np.array([1e300, -1e300, 1e308, 1e308] * 150))
    found = engine.everything([path], REFERENCE.columns).part.columns["size"]
    assert isinstance(found, Numbers)
    assert np.isfinite([found.moments.mean, found.moments.m2]).all()
