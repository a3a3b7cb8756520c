"""One pass over files: the same counts whatever the files, their pieces, their format and the threads."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fixtures import drift
from tidegate.adapters.scan import engine
from tidegate.adapters.scan.distinct import KEPT, Distinct, mixed
from tidegate.adapters.scan.extent import Extent, extent
from tidegate.adapters.scan.number_tally import typed
from tidegate.core.drift.profile import Column, Numbers, Words
from tidegate.core.drift.window import Window

ROOT = Path(__file__).parents[2]
START = datetime(2024, 3, 4)
COLUMNS = {
    "size": Column(kind="number", edges=(-1.0, 0.0, 0.5, 2.0)),
    "number": Column(kind="number", edges=(1.5, 3.0)),
    "city": Column(kind="category", words=("Oslo", "Rome")),
    "open": Column(kind="category", words=("false", "true")),
    "tags": Column(kind="other"),
}


def table(rows: int = 500, seed: int = 0) -> pa.Table:
    random = np.random.default_rng(seed)
    size = random.normal(size=rows)
    size[random.random(rows) < 0.02] = np.nan
    return pa.table(
        {
            "time": pa.array([START + timedelta(minutes=30 * row) for row in range(rows)], pa.timestamp("us")),
            "size": pa.array(size, mask=random.random(rows) < 0.05),
            "number": pa.array(random.integers(0, 6, rows), mask=random.random(rows) < 0.01),
            "city": pa.array(
                [("Oslo", "Rome", "Bergen", None)[place] for place in random.choice(4, rows, p=[0.5, 0.3, 0.1, 0.1])]
            ),
            "open": pa.array(random.random(rows) < 0.4),
            "tags": pa.array([None if row % 50 == 0 else ["a"] for row in range(rows)]),
        }
    )


def everything(*paths: Path, threads: int | None = None) -> Window:
    return engine.everything(paths, COLUMNS, time="time", cluster="date", threads=threads)


def put(path: Path, rows: pa.Table, **options: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(rows, path, **options)
    return path


def test_counts_are_those_of_the_obvious_way(tmp_path: Path) -> None:
    rows = table()
    part = everything(put(tmp_path / "a.parquet", rows)).part
    values = rows["size"].to_numpy()
    size, city = part.columns["size"], part.columns["city"]
    assert isinstance(size, Numbers)
    assert isinstance(city, Words)
    expected = drift.numbers(values, COLUMNS["size"].edges)
    assert (size.counts, size.nulls) == (expected.counts, expected.nulls)
    assert size.moments.mean == pytest.approx(expected.moments.mean, rel=1e-12)
    assert size.moments.m2 == pytest.approx(expected.moments.m2, rel=1e-12)
    assert (size.moments.low, size.moments.high) == (expected.moments.low, expected.moments.high)
    counts = {entry["values"]: entry["counts"] for entry in rows["city"].value_counts().to_pylist()}
    assert city.counts == {"Oslo": counts["Oslo"], "Rome": counts["Rome"]}
    assert (city.other, city.examples, city.nulls) == (counts["Bergen"], {"Bergen": counts["Bergen"]}, counts[None])
    days = pc.strftime(rows["time"], "%Y-%m-%d").to_numpy()
    assert part.clusters == len(set(days)) == 11
    assert city.null_clusters == len(set(days[rows["city"].is_null().to_numpy()]))
    assert city.other_clusters == len(set(days[pc.equal(rows["city"], "Bergen").fill_null(False).to_numpy()]))
    assert size.null_clusters == len(set(days[np.isnan(values)]))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    order=st.permutations(list(range(60))),
    cuts=st.sets(st.integers(1, 59), max_size=4),
    group=st.integers(1, 60),
    threads=st.integers(1, 3),
)
def test_order_pieces_and_threads_do_not_matter(
    tmp_path_factory: pytest.TempPathFactory, order: list[int], cuts: set[int], group: int, threads: int
) -> None:
    rows, place = table(60), tmp_path_factory.mktemp("pieces")
    shuffled = rows.take(order)
    borders = [0, *sorted(cuts), 60]
    for number, (first, last) in enumerate(pairwise(borders)):
        put(place / f"{number}.parquet", shuffled.slice(first, last - first), row_group_size=group)
    pieces = everything(place, threads=threads)
    whole = everything(put(place / "whole.parquet", rows))
    assert counts(whole) == counts(pieces)
    assert moments(whole) == pytest.approx(moments(pieces), rel=1e-9)


def counts(window: Window) -> list[Any]:
    """All that must be equal to the last row: everything but mean and squared deviations."""
    told: list[Any] = [window.part.rows, window.part.clusters]
    for name, summary in window.part.columns.items():
        if isinstance(summary, Numbers):
            ends = (summary.moments.count, summary.moments.low, summary.moments.high)
            told.append((name, summary.counts, summary.nulls, summary.null_clusters, summary.infinite, ends))
        else:
            told.append((name, summary))
    return told


def moments(window: Window) -> list[float]:
    found = [summary.moments for summary in window.part.columns.values() if isinstance(summary, Numbers)]
    return [number for moment in found for number in (moment.mean, moment.m2)]


def test_a_repeated_scan_is_the_same_to_the_last_bit(tmp_path: Path) -> None:
    path = put(tmp_path / "a.parquet", table(5_000), row_group_size=300)
    assert everything(path, threads=2) == everything(path, threads=2)


def test_csv_and_parquet_say_the_same(tmp_path: Path) -> None:
    rows = table().drop_columns(["tags"])
    known = {name: column for name, column in COLUMNS.items() if name != "tags"}
    numbers = rows.set_column(1, "size", pc.if_else(pc.is_nan(rows["size"]), None, rows["size"]))
    parquet = put(tmp_path / "a.parquet", numbers)
    pa_csv.write_csv(numbers, text := tmp_path / "a.csv")
    one, other = (engine.everything([path], known, time="time", cluster="date") for path in (parquet, text))
    assert counts(one) == counts(other)


def test_windows_take_their_own_rows_and_tell_of_the_others(tmp_path: Path) -> None:
    rows = table(24 * 2 * 21)
    untimed = pa.array([None if row in (3, 500) else row for row in range(len(rows))], pa.int64()).is_null()
    times = pc.if_else(untimed, pa.scalar(None, pa.timestamp("us")), rows["time"])
    random = np.random.default_rng(3).permutation(len(rows))
    put(tmp_path / "a.parquet", rows.set_column(0, "time", times).take(random), row_group_size=97)
    weeks = [(START + timedelta(days=7 * week), START + timedelta(days=7 * week + 7)) for week in range(2)]
    found = engine.windows([tmp_path], COLUMNS, weeks, time="time", cluster="date")
    assert [window.part.rows for window in found] == [335, 335]
    assert [window.part.clusters for window in found] == [7, 7]
    assert {window.untimed for window in found} == {2}
    assert {window.outside for window in found} == {336}
    alone = engine.windows([tmp_path], COLUMNS, weeks[1:], time="time", cluster="date")
    assert counts(alone[0]) == counts(found[1])


def test_a_window_without_rows_is_empty_and_knows_the_columns(tmp_path: Path) -> None:
    put(tmp_path / "a.parquet", table())
    later = START + timedelta(days=900)
    found = engine.windows([tmp_path], COLUMNS, [(later, later + drift.WEEK)], time="time", cluster="date")[0]
    assert (found.part.rows, found.part.clusters, found.outside) == (0, 0, 500)
    assert set(found.seen) == set(COLUMNS)


def test_the_extent_of_the_data(tmp_path: Path) -> None:
    put(tmp_path / "a.parquet", table(10))
    put(tmp_path / "b.parquet", table(40).slice(20))
    pa_csv.write_csv(table(50).select(["time", "size"]).slice(45), tmp_path / "c.csv")
    assert extent([tmp_path], "time") == Extent(first=START, last=START + timedelta(minutes=30 * 49))


def test_a_clock_that_is_ahead_does_not_move_the_windows(tmp_path: Path) -> None:
    put(tmp_path / "a.parquet", table(10))
    ahead = pa.table({"time": pa.array([START + timedelta(days=9_000)] * 3, pa.timestamp("us")), "number": [1] * 3})
    put(tmp_path / "b.parquet", ahead)
    found = extent([tmp_path], "time", until=START + timedelta(days=1))
    assert found == Extent(first=START, last=START + timedelta(minutes=30 * 9), later=3)


UNITS = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_whole_numbers_are_times_where_their_unit_is_known(unit: str, suffix: str, tmp_path: Path) -> None:
    whole = table(40)
    seconds = pc.cast(pc.cast(whole["time"], pa.timestamp("s")), pa.int64())
    counted = whole.set_column(0, "time", pc.multiply(seconds, UNITS[unit])).select(["time", "size", "city"])
    columns = {name: COLUMNS[name] for name in ("size", "city")}
    if suffix == "csv":
        pa_csv.write_csv(counted, tmp_path / "a.csv")
    else:
        put(tmp_path / "a.parquet", counted)
    assert extent([tmp_path], "time", unit) == Extent(first=START, last=START + timedelta(minutes=30 * 39))
    span = (START, START + timedelta(hours=5))
    found = engine.windows([tmp_path], columns, [span], time="time", cluster="date", unit=unit)[0]
    assert (found.part.rows, found.part.clusters) == (10, 1)


def test_times_with_a_zone_are_brought_to_utc(tmp_path: Path) -> None:
    times = pa.array([START], pa.timestamp("ms", "UTC")).cast(pa.timestamp("ms", "America/New_York"))
    put(tmp_path / "a.parquet", pa.table({"time": times, "number": [1]}))
    assert extent([tmp_path], "time") == Extent(first=START, last=START)


CLUSTERS = {
    "numbers": pa.array([7, 7, 8, -1] * 25),
    "words": pa.array(["u7", "u7", "u8", "u9"] * 25),
    "dictionary": pa.array(["u7", "u7", "u8", "u9"] * 25).dictionary_encode(),
    "dates": pa.array([19_000, 19_000, 19_001, 19_002] * 25, pa.int32()).cast(pa.date32()),
    "numbers and null": pa.array([7, 7, 8, None] * 25),
}


@pytest.mark.parametrize("users", CLUSTERS.values(), ids=CLUSTERS.keys())
def test_clusters_may_be_a_column(users: pa.Array, tmp_path: Path) -> None:
    rows = pa.table({"number": pa.array([1, None, 2, 3] * 25), "user": users})
    put(tmp_path / "a.parquet", rows, row_group_size=10)
    part = engine.everything([tmp_path], {"number": COLUMNS["number"]}, cluster="user").part
    assert (part.clusters, part.columns["number"].null_clusters) == (3, 1)


def test_the_number_of_very_many_clusters_is_close_and_mergeable() -> None:
    one, other, both = Distinct(), Distinct(), Distinct()
    codes = mixed(np.arange(300_000, dtype=np.uint64))
    both.add(codes)
    one.add(codes[:200_000])
    other.add(codes[150_000:])
    other.merge(one)
    assert other.number == both.number == pytest.approx(300_000, rel=0.01)
    few = Distinct()
    few.add(np.repeat(codes[: KEPT - 1], 2))
    assert few.number == KEPT - 1


@pytest.mark.parametrize(
    "kind", ["int8", "uint8", "int16", "int32", "int64", "uint64", "float16", "float32", "float64"]
)
def test_every_number_type_is_cut_at_the_same_places(kind: str, tmp_path: Path) -> None:
    """Edges that the type cannot hold exactly, or at all, still cut where they are."""
    borders = (-300.0, -1.0, 0.1, 1.0, 2.5, 70_000.0)
    random = np.random.default_rng(0)
    values = np.concatenate([random.integers(0, 4, 300), np.array([0.1, 1.0, 2.5])]).astype(kind)
    put(tmp_path / "a.parquet", pa.table({"x": pa.array(values)}))
    found = engine.everything([tmp_path], {"x": Column(kind="number", edges=borders)}).part.columns["x"]
    assert isinstance(found, Numbers)
    assert found.counts == drift.numbers(values.astype(float), borders).counts
    assert all(
        float(edge) <= border for edge, border in zip(typed(borders[2:4], np.dtype(kind)), borders[2:4], strict=True)
    )


def test_the_counts_are_those_of_the_examples_own_profile(tmp_path: Path) -> None:
    """`model/data_profile.py` and the scan count the same rows alike: an upstream file is the only link."""
    sys.path.insert(0, str(ROOT / "model"))
    try:
        import data_profile
    finally:
        sys.path.pop(0)
    from tidegate.core.drift import document

    rows = table(2_000).drop_columns(["tags"])
    known = rows.filter(pc.is_valid(rows["size"]))
    written = data_profile.profile(known, dict.fromkeys(["size", "number", "city", "open"], "feature"), "time")
    reference = document.profile(written, "profile.json")
    scanned = engine.everything(
        [put(tmp_path / "a.parquet", known)], reference.columns, time="time", cluster=reference.cluster
    ).part
    again = document.part_document(scanned)
    assert again["rows"] == written["total"]["rows"]
    assert again["clusters"] == written["total"]["clusters"]
    for name, expected in written["total"]["columns"].items():
        found = again["columns"][name]
        assert {key: found[key] for key in ("counts", "nulls")} == {key: expected[key] for key in ("counts", "nulls")}
        for moment in expected.keys() & {"mean", "m2", "min", "max"}:
            assert found[moment] == pytest.approx(expected[moment], rel=1e-9)
