"""The log keeps what it can, counts what it cannot, and shows no file that is not whole."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.server.observation.log_file import ABANDONED, LogFiles
from tidegate.server.observation.prediction_log import Entry, LogRules, PredictionLog, below_one_another, in_sample
from tidegate.server.release.folder import Release

MOMENT = 1_700_000_000_000_000


def entry(*ids: str, rows: int = 1) -> Entry:
    count = len(ids) * rows
    columns = [[1.5] * count, [2] * count, [True] * count, ["red"] * count, [6.25] * count]
    return Entry(MOMENT, [(0.25, identity, rows) for identity in ids], columns)


class Disk:
    """Stands for the files; `broken` says what goes wrong."""

    def __init__(self) -> None:
        self.files: list[int] = []
        self.broken: Exception | None = None

    def batch(self, table: list[Any]) -> list[Any]:
        return list(table)

    def write(self, batches: list[list[Any]]) -> None:
        if self.broken:
            raise self.broken
        self.files.append(sum(len(batch[0]) for batch in batches))


def logged(disk: Any, tmp_path: Path, entries: list[Entry], **rules: Any) -> tuple[PredictionLog, list[str]]:
    said: list[str] = []
    log = PredictionLog(disk, LogRules(folder=tmp_path, **rules), said.append)
    for one in entries:
        log.add(one)
    log.start()
    assert log.close(30)
    return log, said


def counts(log: PredictionLog) -> dict[str, int]:
    lines = [line for line in log.lines() if line.startswith("tidegate_log_rows_total")]
    return {line.split('"')[1]: int(line.rpartition(" ")[2]) for line in lines}


def waiting(log: PredictionLog) -> int:
    return int(list(log.lines())[-1].rpartition(" ")[2])


def test_everything_left_is_written_at_the_end(tmp_path: Path) -> None:
    disk = Disk()
    log, _ = logged(disk, tmp_path, [entry("a"), entry("b", "c", rows=2)])
    assert disk.files == [5]
    assert counts(log) == {"written": 5, "not_in_sample": 0, "dropped_queue_full": 0, "dropped_write_failed": 0}
    assert waiting(log) == 0


def test_a_file_is_finished_after_its_rows(tmp_path: Path) -> None:
    disk = Disk()
    logged(disk, tmp_path, [entry("a", rows=1000) for _ in range(5)], rows=2000)
    assert disk.files == [2000, 2000, 1000]


def test_a_file_is_finished_after_its_time(tmp_path: Path) -> None:
    disk = Disk()
    log = PredictionLog(disk, LogRules(folder=tmp_path, seconds=0.01), lambda _: None)  # type: ignore[arg-type]
    log.add(entry("a"))
    log.start()
    deadline = time.monotonic() + 30
    while not disk.files and time.monotonic() < deadline:
        time.sleep(0.01)
    assert disk.files == [1]
    log.close(30)


def test_what_does_not_fit_the_queue_is_dropped_and_counted(tmp_path: Path) -> None:
    disk = Disk()
    log, _ = logged(disk, tmp_path, [entry("a", rows=6), entry("b", rows=6), entry("c", rows=4)], waiting=10)
    assert disk.files == [10]
    assert counts(log)["dropped_queue_full"] == 6


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), pa.ArrowInvalid("bad")])
def test_a_failing_disk_loses_rows_counts_them_and_says_so_once(tmp_path: Path, error: Exception) -> None:
    disk = Disk()
    disk.broken = error
    log, said = logged(disk, tmp_path, [entry("a", rows=1000), entry("b", rows=1000)], rows=1000)
    assert counts(log)["dropped_write_failed"] == 2000
    assert counts(log)["written"] == waiting(log) == 0
    assert len(said) == 1
    assert "1000 rows of the prediction log were lost" in said[0]


def test_times_ids_and_rows_of_requests() -> None:
    table = below_one_another([entry("a", "b", rows=2), entry("c")], 1.0)
    assert table[:3] == [[MOMENT - 250_000] * 5, ["a", "a", "b", "b", "c"], [0, 1, 0, 1, 0]]
    assert table[3] == [1.5] * 5


@given(st.lists(st.text(min_size=1), min_size=1, unique=True), st.floats(0, 0.999))
def test_a_sample_keeps_whole_requests_the_same_everywhere(ids: list[str], share: float) -> None:
    once = below_one_another([entry(*ids, rows=2)], share)
    apart = below_one_another([entry(identity, rows=2) for identity in ids], share)
    assert once == apart
    assert once[1] == [identity for identity in ids if in_sample(identity, share) for _ in range(2)]
    assert len({len(column) for column in once}) == 1


def test_a_sample_has_its_size() -> None:
    kept = sum(in_sample(f"request-{number}", 0.1) for number in range(10_000))
    assert 900 < kept < 1100


def test_rows_outside_the_sample_are_counted(tmp_path: Path) -> None:
    log, _ = logged(Disk(), tmp_path, [entry("a"), entry("b")], share=0.0)
    assert counts(log)["not_in_sample"] == 2
    assert waiting(log) == 0


def test_a_file_has_the_rows_with_their_types(tmp_path: Path, fruit: Release) -> None:
    files = LogFiles(tmp_path / "log", fruit.signature, "7", "w")
    table = below_one_another([entry("a", "b")], 1.0)
    table[3] = [1.5, None]
    path = files.write([files.batch(table)])
    read = pq.read_table(path)
    assert read.schema.names == [
        *("request_time", "request_id", "request_row", "model_version"),
        *("size", "count", "fresh", "colour", "price"),
    ]
    assert read.schema.field("request_time").type == pa.timestamp("us", tz="UTC")
    assert read.schema.field("count").type == pa.int64()
    assert read.column("size").to_pylist() == [1.5, None]
    assert read.column("model_version").to_pylist() == ["7", "7"]
    assert [path] == list((tmp_path / "log").iterdir())


def test_values_come_back_to_the_bit(tmp_path: Path, wide: Release) -> None:
    files = LogFiles(tmp_path, wide.signature, "7", "w")
    table = [[MOMENT], ["a"], [0], [0.1], [1e-40], [3.4e38], [2], [0.1], [0.2], [0.3]]
    read = pq.read_table(files.write([files.batch(table)]))
    single = read.schema.field("a").type
    assert single == pa.float32()
    assert read.column("b").to_pylist() == pa.array([1e-40], pa.float32()).to_pylist()
    assert read.column("scores_2").to_pylist() == pa.array([0.3], pa.float32()).to_pylist()


def test_a_failed_write_leaves_nothing(tmp_path: Path, fruit: Release) -> None:
    files = LogFiles(tmp_path, fruit.signature, "7", "w")
    files.batch(below_one_another([entry("a")], 1.0))
    with pytest.raises(Exception, match="not"):
        files.write(["not a batch"])
    assert list(tmp_path.iterdir()) == []


def test_only_what_killed_processes_left_long_ago_is_cleared_away(tmp_path: Path, fruit: Release) -> None:
    old, young = tmp_path / ".predictions-1.parquet.part", tmp_path / ".predictions-2.parquet.part"
    for path in (old, young):
        path.touch()
    past = time.time() - ABANDONED - 1
    os.utime(old, (past, past))
    LogFiles(tmp_path, fruit.signature, "7", "w").batch(below_one_another([entry("a")], 1.0))
    assert list(tmp_path.iterdir()) == [young]
