"""A log in any pieces gives the same windows as all of it at once, and the same steps in the same order."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tidegate.adapters.scan import engine, ledger, tail
from tidegate.adapters.scan.growing import Columns
from tidegate.adapters.scan.ledger import Entry, Ledger
from tidegate.adapters.scan.stream import Stream
from tidegate.adapters.scan.tail import Limits, Stretch
from tidegate.core.drift.profile import Column, Numbers
from tidegate.core.drift.window import Window

START = datetime(2024, 3, 4)
WEEK = timedelta(days=7)
DESCRIBED = {
    "size": Column(kind="number", edges=(-1.0, 0.0, 1.0)),
    "city": Column(kind="category", words=("Oslo", "Rome")),
    "when": Column(kind="other"),
}
ROWS = 700
"""Twenty-five rows a day: four weeks."""


def rows() -> pa.Table:
    random = np.random.default_rng(3)
    size = random.normal(size=ROWS)
    size[::9] = np.nan
    city = np.array(["Oslo", "Rome", "Bergen", None], dtype=object)[random.integers(0, 4, ROWS)]
    times = [START + timedelta(days=place / 25) for place in range(ROWS)]
    return pa.table({"time": times, "size": size, "city": city, "when": times, "user": random.integers(0, 40, ROWS)})


def stream(cluster: str | None, block: int = 100) -> Stream:
    columns = Columns(described=DESCRIBED, clustered=cluster is not None, apart=frozenset({"time", cluster or "time"}))
    return Stream(asked=Stretch(columns=columns, time="time", window=WEEK, cluster=cluster, block=block), keep=2)


def taken(found: Stream, path: Path, group: int = 0) -> list[Window]:
    return found.take(tail.piece(path, group, found.asked, Limits(until=datetime.max), found.filled))


def again(found: Stream) -> Stream:
    """After a restart."""
    after = stream(found.asked.cluster, found.asked.block)
    after.restore(json.loads(json.dumps(found.document())))
    return after


def without_moments(window: Window) -> Any:
    """Everything but sums of floats, whose order tells."""
    columns = {
        name: (summary.counts, summary.nulls, summary.null_clusters) if isinstance(summary, Numbers) else summary
        for name, summary in window.part.columns.items()
    }
    return window.start, window.end, window.part.rows, window.part.clusters, columns, dict(window.seen)


@pytest.mark.parametrize("cluster", [None, "date", "user"], ids=["rows", "days", "users"])
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(1, ROWS - 1), max_size=6, unique=True), restart=st.booleans())
def test_pieces_add_up(cluster: str | None, cuts: list[int], restart: bool, tmp_path: Path) -> None:
    whole = rows()
    borders = [0, *sorted(cuts), ROWS]
    found, steps = stream(cluster), []
    for place, (start, end) in enumerate(pairwise(borders)):
        path = tmp_path / f"{place}.parquet"
        pq.write_table(whole.slice(start, end - start), path)
        steps += taken(found, path)
        found = again(found) if restart else found
    pq.write_table(whole, tmp_path / "whole.parquet")
    spans = [(START + WEEK, START + 2 * WEEK), (START + 2 * WEEK, START + 3 * WEEK)]
    scanned = engine.windows([tmp_path / "whole.parquet"], DESCRIBED, spans, time="time", cluster=cluster)
    assert [without_moments(window) for window in found.latest()] == [without_moments(window) for window in scanned]
    at_once = stream(cluster)
    expected = taken(at_once, tmp_path / "whole.parquet")
    assert [without_moments(step) for step in steps] == [without_moments(step) for step in expected]
    assert len(steps) == (27 if cluster == "date" else 7)


def test_days_wait_five_minutes_for_rows_that_come_late(tmp_path: Path) -> None:
    found, path = stream("date"), tmp_path / "0.parquet"

    def write(*moments: datetime) -> list[int]:
        pq.write_table(pa.table({"time": list(moments), "size": [0.0] * len(moments)}), path)
        return [step.part.rows for step in taken(found, path)]

    day = timedelta(days=1)
    assert write(START, START + day) == []
    assert write(START + timedelta(hours=23), START + day + timedelta(minutes=4)) == []
    assert write(START + day + timedelta(minutes=6)) == [2]
    assert write(START + timedelta(hours=12)) == []
    assert found.late == 1
    assert sum(growing.part.rows for growing in found.windows.values()) == 6


def test_what_is_kept_is_bounded_however_long_the_log(tmp_path: Path) -> None:
    found, path = stream(None), tmp_path / "0.parquet"
    sizes = []
    for week in range(40):
        times = [START + WEEK * week + timedelta(minutes=place) for place in range(60)]
        pq.write_table(pa.table({"time": times, "size": np.zeros(60), "city": ["Oslo"] * 60}), path)
        taken(found, path)
        sizes.append(len(json.dumps(found.document())))
    assert len(found.windows) == 3
    assert max(sizes[10:]) <= 1.02 * max(sizes[:10])


def test_files_that_went_are_forgotten_when_there_are_too_many() -> None:
    known = Ledger()
    for number in range(ledger.MOST_GONE + 50):
        known.put(str(number), Entry(size=1, modified=number))
    known.forget(["0", "1"])
    assert len(known.entries) == ledger.MOST_GONE + 2
    assert {"0", "1", str(ledger.MOST_GONE + 49)} <= known.entries.keys()
    assert "2" not in known.entries


@pytest.mark.parametrize(
    "broken",
    [
        {"a": {"size": 1}},
        {"a": {"size": -2, "modified": 0}},
        {"a": {"size": 1, "modified": 0, "groups": -1}},
        {"a": {"size": 1, "modified": "x"}},
        {"a": {"mood": 1}},
    ],
)
def test_a_ledger_that_is_not_whole_is_refused(broken: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        ledger.restored(broken)
