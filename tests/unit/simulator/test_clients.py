"""What clients send, and how it is drawn who answers them."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.errors import InputError
from tidegate.simulator.clients import rows
from tidegate.simulator.clients.shares import WIDTH, bar, shares


@pytest.mark.parametrize(
    ("given_shares", "drawn"),
    [
        ({"1": 100}, "████████████████████████ version 1 100 %"),
        ({"1": 75, "2": 25}, "██████████████████▓▓▓▓▓▓ version 1 75 %, version 2 25 %"),
        ({"1": 0, "2": 100}, "▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓▓ version 1 0 %, version 2 100 %"),
        ({}, "                         "),
    ],
    ids=["alone", "a quarter", "taken over", "nobody"],
)
def test_shares_are_drawn_side_by_side(given_shares: dict[str, int], drawn: str) -> None:
    assert bar(given_shares) == drawn


@given(st.integers(0, 100))
def test_the_bar_is_as_wide_as_it_is(share: int) -> None:
    assert len(bar({"1": 100 - share, "2": share}).split(" version")[0]) == WIDTH


def test_shares_are_read_from_the_records_in_the_order_of_their_start(tmp_path: Path) -> None:
    for name, record in {
        "b": {"started": "2", "version": "2", "weight": 25},
        "a": {"started": "1", "version": "1", "weight": 75},
    }.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "process.json").write_text(json.dumps(record))
    (tmp_path / "c").mkdir()
    (tmp_path / "c/process.json").write_text("{")
    assert list(shares(tmp_path).items()) == [("1", 75), ("2", 25)]


def _stored() -> Mapping[str, bytes]:
    columns: dict[str, list[object]] = {name: ["x"] for name in rows.COLUMNS}
    stream = io.BytesIO()
    pq.write_table(pa.table(columns | {"timestamp": [datetime(2012, 1, 1)], "instant": [1]}), stream)
    return {
        rows.TRACKED: b"outs:\n- md5: aabb.dir\n",
        f"{rows.STORAGE}/aa/bb.dir": json.dumps([{"md5": "ccdd", "relpath": "requests/2012-01.parquet"}]).encode(),
        f"{rows.STORAGE}/cc/dd": stream.getvalue(),
    }


def test_rows_are_found_through_the_pointer_and_times_become_numbers() -> None:
    [body] = rows.bodies(_stored().__getitem__, months=["2012-01"])
    [record] = json.loads(body)["dataframe_records"]
    assert record["timestamp"] == 1_325_376_000_000_000
    assert list(record) == list(rows.COLUMNS)


def test_a_month_that_is_not_there_is_named() -> None:
    with pytest.raises(InputError, match=r"requests/2099-01\.parquet") as caught:
        rows.bodies(_stored().__getitem__, months=["2099-01"])
    assert caught.value.code == "E-SIM-040"
