"""The example's live months join its training data: whole months with labels, once, as the same bytes."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "model"))

import extend_data  # noqa: E402
import parquet_files  # noqa: E402
from import_data import LABELS, SCHEMA  # noqa: E402

STORE = ROOT / ".dvc" / "storage" / "files" / "md5"
UNTIL = "2012-03-12T00:00:00"


def tracked(name: str) -> Path:
    """A live file where the remote, which is a folder of this repository, keeps it."""
    digest = next(
        line.split()[-1] for line in (ROOT / "model" / "live.dvc").read_text().splitlines() if "md5: " in line
    )
    entries = json.loads((STORE / digest[:2] / digest[2:]).read_bytes())
    found: str = next(entry["md5"] for entry in entries if entry["relpath"] == name)
    return STORE / found[:2] / found[2:]


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    for kind in ("requests", "labels"):
        (tmp_path / kind).mkdir()
        for month in ("2012-01", "2012-02", "2012-03"):
            (tmp_path / kind / f"{month}.parquet").symlink_to(tracked(f"{kind}/{month}.parquet"))
    (tmp_path / "data").mkdir()
    return tmp_path


def extend(folders: Path, until: str = UNTIL, live: str = "requests") -> dict[str, str]:
    """Name → digest of what the data has afterwards."""
    extend_data.main([str(folders / "data"), str(folders / live), str(folders / "labels"), until])
    return {path.name: hashlib.md5(path.read_bytes()).hexdigest() for path in (folders / "data").iterdir()}  # noqa: S324


def test_months_that_are_over_join_in_the_form_of_the_others(folders: Path) -> None:
    found = extend(folders)
    assert sorted(found) == ["2012-01.parquet", "2012-02.parquet"]
    table = pq.read_table(folders / "data" / "2012-02.parquet")
    assert table.schema.equals(SCHEMA)
    assert table.num_rows == 692
    assert table["timestamp"].to_pylist() == sorted(table["timestamp"].to_pylist())
    assert extend(folders) == found
    assert extend(folders, "2012-04-01T00:00:00") | found == extend(folders)


def test_a_month_whose_labels_are_late_waits(folders: Path) -> None:
    labels = folders / "labels" / "2012-02.parquet"
    table = pq.read_table(labels)
    labels.unlink()
    pq.write_table(table.slice(0, table.num_rows // 2), labels)
    assert sorted(extend(folders)) == ["2012-01.parquet"]


def test_the_services_own_log_gives_the_same_bytes(folders: Path) -> None:
    """Its ids are texts, its times numbers, requests come twice, and some are a smoke test's."""
    (folders / "log").mkdir()
    for path in (folders / "requests").iterdir():
        table = pq.read_table(path)
        ids = table["instant"].cast(pa.string())
        log = table.drop_columns(["instant", "timestamp"])
        log = log.append_column("timestamp", table["timestamp"].cast(pa.int64())).append_column("request_id", ids)
        log = log.append_column("model_version", pa.array(["3"] * len(log)))
        smoke = log.slice(0, 3).set_column(
            log.schema.get_field_index("request_id"), "request_id", pa.array(["s-1", "", "x"])
        )
        pq.write_table(pa.concat_tables([log, log.slice(5, 9), smoke]), folders / "log" / f"part-{path.name}")
    from_log = extend(folders, live="log")
    for path in (folders / "data").iterdir():
        path.unlink()
    assert extend(folders) == from_log


def test_rows_and_labels_are_the_published_ones(folders: Path) -> None:
    """What was published as one table came as requests and as labels: together they are it again."""
    extend(folders)
    table = pq.read_table(folders / "data" / "2012-01.parquet")
    labels = parquet_files.read([folders / "labels" / "2012-01.parquet"], ["instant", *LABELS])
    assert table.select(["instant", *LABELS]).equals(labels.cast(table.select(["instant", *LABELS]).schema))
    assert extend_data.end_of("2011-12") == dt.datetime(2012, 1, 1)


def test_no_files_are_told(folders: Path) -> None:
    (folders / "nothing").mkdir()
    with pytest.raises(SystemExit, match="holds no Parquet files"):
        extend(folders, live="nothing")
