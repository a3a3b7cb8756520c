"""The second engine says what the embedded one says, on DuckDB and on Spark: same profile, same numbers."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import reduce
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fixtures.engines import counts, moments
from tidegate.adapters.scan import engine, extent
from tidegate.adapters.scan.database import engine as database
from tidegate.adapters.scan.database.place import Place, Source, opened
from tidegate.core.drift import document
from tidegate.core.drift.profile import Column, Part, Profile, merge
from tidegate.core.drift.window import Window

# Ibis calls what newer DuckDB, pandas and Spark have other names for.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
START = datetime(2024, 3, 4)
WEEKS = [(START + timedelta(days=7 * week), START + timedelta(days=7 * week + 7)) for week in range(2)]
COLUMNS = {
    "size": Column(kind="number", edges=(-1.0, 0.0, 0.5, 2.0)),
    "number": Column(kind="number", edges=(-(2.0**70), 1.5, 3.0)),
    "share": Column(kind="number", edges=(0.1, 0.5)),
    "price": Column(kind="number", edges=(1.0, 2.5)),
    "city": Column(kind="category", words=("Oslo", "Rome")),
    "open": Column(kind="category", words=("false", "true")),
    "grade": Column(kind="category", words=("0", "1", "2")),
    "unlisted": Column(kind="category"),
    "tags": Column(kind="other"),
    'a name with spaces, a dot. and a "quote"': Column(kind="number"),
}
FEW = {name: COLUMNS[name] for name in ("size", "number", "city", "tags")}
"""One of each kind: Spark takes a second of processor time for each question of each column, however few the rows."""
DUCKDB = "duckdb://"
SPARK = "spark://local[2]"
SPARK_OPTIONS = "&".join(
    (
        "spark.sql.shuffle.partitions=1",
        "spark.sql.adaptive.enabled=false",
        "spark.sql.codegen.wholeStage=false",
        "spark.sql.codegen.factoryMode=NO_CODEGEN",  # of few rows, compiling is all the work
    )
)


def table(rows: int = 500, seed: int = 0) -> pa.Table:
    """Every kind of column with everything that is odd in it: nulls, NaN, infinities, words nobody listed."""
    random = np.random.default_rng(seed)
    size = random.normal(size=rows)
    size[random.random(rows) < 0.02] = np.nan
    size[random.random(rows) < 0.01] = np.inf
    size[random.random(rows) < 0.01] = -np.inf
    cities = ("Oslo", "Rome", "Bergen", "Ålesund", "", None)
    return pa.table(
        {
            "time": pa.array([START + timedelta(minutes=30 * row) for row in range(rows)], pa.timestamp("us")),
            "size": pa.array(size, mask=random.random(rows) < 0.05),
            "number": pa.array(random.integers(0, 6, rows), pa.int32(), mask=random.random(rows) < 0.01),
            "share": pa.array(random.choice([0.1, 0.2, 0.5, 0.7], rows).astype("float32")),
            "price": pa.array([f"{cents / 100:.2f}" for cents in random.integers(0, 500, rows)]).cast(
                pa.decimal128(10, 2)
            ),
            "city": pa.array([cities[place] for place in random.choice(6, rows, p=[0.5, 0.3, 0.06, 0.04, 0.02, 0.08])]),
            "open": pa.array(random.random(rows) < 0.4),
            "grade": pa.array(random.integers(0, 5, rows), pa.int16()),
            "unlisted": pa.array([f"word {row % 30:02d}" for row in range(rows)]),
            "tags": pa.array([None if row % 50 == 0 else ["a"] for row in range(rows)]),
            'a name with spaces, a dot. and a "quote"': pa.array(random.normal(size=rows)),
            "more": pa.array(range(rows)),
        }
    )


def put(path: Path, rows: pa.Table) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(rows, path)
    return path


def java() -> bool:
    home = os.environ.get("JAVA_HOME", "")
    return bool(shutil.which("java") or (home and (Path(home) / "bin" / "java").is_file()))


needs_java = pytest.mark.skipif(not java(), reason="Spark needs Java, and this machine has none.")
URLS = [pytest.param(DUCKDB, id="duckdb"), pytest.param(f"{SPARK}?{SPARK_OPTIONS}", id="spark", marks=needs_java)]


@pytest.fixture(scope="module", params=URLS)
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """One session for all tests: Java takes seconds to start."""
    yield request.param
    if request.param.startswith("spark"):
        from pyspark.sql import SparkSession

        SparkSession.builder.getOrCreate().stop()


def files(url: str, *paths: Path) -> Source:
    return opened(Place(url=url, folder=Path(), files=paths), {})


def same(one: Window, other: Window) -> None:
    assert counts(one.part) == counts(other.part)
    assert moments(one.part) == pytest.approx(moments(other.part), rel=1e-9)
    assert one.seen == other.seen
    assert (one.start, one.end, one.untimed, one.outside) == (other.start, other.end, other.untimed, other.outside)


def test_windows_are_those_of_the_embedded_engine(url: str, tmp_path: Path) -> None:
    """Rows without a time, rows outside, files that lack a column or have another kind of it, a window without rows."""
    rows = table(24 * 2 * 16)
    untimed = pa.array([None if row in (3, 500) else row for row in range(len(rows))], pa.int64()).is_null()
    put(tmp_path / "a.parquet", rows.set_column(0, "time", pc.if_else(untimed, None, rows["time"])))
    put(tmp_path / "b.parquet", rows.slice(0, 77).drop_columns(["number", "tags"]))
    put(tmp_path / "c.parquet", rows.slice(0, 5).set_column(1, "size", pa.array(["a"] * 5)))
    spans = [*WEEKS, (START + timedelta(days=900), START + timedelta(days=907))]
    expected = engine.windows([tmp_path], FEW, spans, time="time", cluster="date")
    source = files(url, tmp_path)
    for found, wanted in zip(database.windows(source, FEW, spans, time="time", cluster="date"), expected, strict=True):
        same(found, wanted)
    later = START + timedelta(days=9)
    assert database.extent(source, "time", until=later) == extent.extent([tmp_path], "time", until=later)


@pytest.mark.parametrize("cluster", [None, "user"])
def test_independent_rows_and_clusters_of_a_column(cluster: str | None, tmp_path: Path) -> None:
    users = pa.array([None if row % 40 == 0 else f"u{row % 13}" for row in range(500)])
    path = put(tmp_path / "a.parquet", table().append_column("user", users))
    one = engine.everything([path], COLUMNS, cluster=cluster)
    same(database.everything(files(DUCKDB, path), COLUMNS, cluster=cluster), one)


def test_only_the_rows_of_one_version(tmp_path: Path) -> None:
    versions = pa.array([(None, "7", "8")[row % 3] for row in range(500)])
    path = put(tmp_path / "a.parquet", table().append_column("model_version", versions))
    asked: dict[str, Any] = {"time": "time", "cluster": "date", "only": ("model_version", "8")}
    (one,) = engine.windows([path], COLUMNS, WEEKS[:1], **asked)
    (other,) = database.windows(files(DUCKDB, path), COLUMNS, WEEKS[:1], **asked)
    assert one.part.rows == 112
    same(other, one)


def test_numbers_beyond_squaring(tmp_path: Path) -> None:
    path = put(tmp_path / "a.parquet", pa.table({"size": np.array([1e300, -1e300, 1e308, 1e308] * 15)}))
    columns = {"size": COLUMNS["size"]}
    one, other = engine.everything([path], columns).part, database.everything(files(DUCKDB, path), columns).part
    assert counts(one) == counts(other)
    assert np.isfinite(moments(other)).all()


DAYS = 3


@pytest.fixture(scope="module")
def by_day(url: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Part], Part]:
    """The profile of each day, made by either engine in turns, and that of all of them by the database."""
    rows, place = table(DAYS * 48), tmp_path_factory.mktemp("pieces")
    asked: dict[str, Any] = {"time": "time", "cluster": "date"}
    parts = []
    for day in range(DAYS):
        path = put(place / f"{day}.parquet", rows.slice(48 * day, 48))
        embedded = day == 1
        found = (
            engine.everything([path], FEW, **asked) if embedded else database.everything(files(url, path), FEW, **asked)
        )
        parts.append(found.part)
    return parts, database.everything(files(url, place), FEW, **asked).part


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(list(range(DAYS))), cuts=st.sets(st.integers(1, DAYS - 1)))
def test_profiles_of_pieces_merge_to_that_of_the_whole(
    by_day: tuple[list[Part], Part], order: list[int], cuts: set[int]
) -> None:
    """In any order and grouping, as long as no day is split; a piece may come from either engine."""
    parts, whole = by_day
    shuffled = [parts[day] for day in order]
    groups = [reduce(merge, shuffled[first:last]) for first, last in pairwise([0, *sorted(cuts), DAYS])]
    merged = reduce(merge, groups)
    assert counts(merged) == counts(whole)
    assert moments(merged) == pytest.approx(moments(whole), rel=1e-9)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 1_000), cut=st.integers(1, 299))
def test_rows_may_be_split_anywhere_where_they_are_independent(
    tmp_path_factory: pytest.TempPathFactory, seed: int, cut: int
) -> None:
    rows, place = table(300, seed), tmp_path_factory.mktemp("halves")
    halves = [
        put(place / f"{number}.parquet", half) for number, half in enumerate((rows.slice(0, cut), rows.slice(cut)))
    ]
    one, other = (database.everything(files(DUCKDB, half), COLUMNS).part for half in halves)
    whole = database.everything(files(DUCKDB, place), COLUMNS).part
    assert counts(merge(one, other)) == counts(merge(other, one)) == counts(whole)
    assert moments(merge(one, other)) == pytest.approx(moments(whole), rel=1e-9)


def test_the_profile_on_disk_is_the_same(url: str, tmp_path: Path) -> None:
    """Golden: the bytes that a release keeps, with moments to nine digits."""
    path = put(tmp_path / "a.parquet", table())
    asked: dict[str, Any] = {"time": "time", "cluster": "date"}
    parts = (
        engine.everything([path], COLUMNS, **asked).part,
        database.everything(files(url, path), COLUMNS, **asked).part,
    )
    one, other = (_rounded(document.document(Profile(cluster="date", columns=COLUMNS, total=part))) for part in parts)
    assert one == other
    assert len(str(one)) < 4_000


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    return float(f"{value:.9g}") if isinstance(value, float) else value
