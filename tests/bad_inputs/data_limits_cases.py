"""Data that is larger than memory, and series of times with holes: rows D15 and D07."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bad_inputs.cases import Case
from bad_inputs.data_cases import case, data, no, parquet, suite

_ROWS, _COLUMNS = 1_000_000, 24
_ROOM = 1024 * 1024**2
"""Of address space: enough for Great Expectations and for two of the columns, not for a frame of all of them."""
_ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "MALLOC_ARENA_MAX"), "1")


def _wide() -> bytes:
    """Some 200 MB of numbers in a file that repeats itself."""
    repeated = np.arange(_ROWS, dtype=np.int64) % 1000
    sink = io.BytesIO()
    table = pa.table({"instant": repeated, **{f"x{number}": repeated for number in range(_COLUMNS)}})
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue()


def _between(column: str, **more: Any) -> dict[str, Any]:
    kwargs = {"column": column, "min_value": 0, "max_value": 999, **more}
    return {"type": "expect_column_values_to_be_between", "kwargs": kwargs}


_EACH = [_between(f"x{number}") for number in range(_COLUMNS)]
_ACROSS = _between("x0", row_condition="x1 >= 0", condition_parser="pandas")
_NAMES = {"type": "expect_column_to_exist", "kwargs": {"column": "x23"}}
_COUNT = {"type": "expect_table_row_count_to_be_between", "kwargs": {"min_value": _ROWS, "max_value": _ROWS}}


def bounded(name: str, *expectations: Mapping[str, Any], **more: Any) -> Case:
    """A suite on all rows in a process that may not have the memory for all columns at once."""
    rules = {"rows.json": suite(*map(dict, expectations))}
    bounds: dict[str, Any] = {"process": True, "address_space": _ROOM, "environ": _ONE_THREAD, "seconds": 300.0}
    return case(name, data(suites=rules, a_dot_parquet=_wide()), **{**bounds, **more})


_HOUR = timedelta(hours=1)


def _hours(*without: datetime, twice: tuple[datetime, ...] = ()) -> bytes:
    """Two days around the last Sunday of October 2024 in Berlin, with the hour that comes twice."""
    start = datetime(2024, 10, 26)
    hours = [start + number * _HOUR for number in range(48)]
    hours = sorted([*hours, datetime(2024, 10, 27, 2), *twice])
    for one in without:
        hours.remove(one)
    return parquet(instant=list(range(len(hours))), time=pa.array(hours, pa.timestamp("us")))


def _on_the_clock(content: bytes, **clock: str) -> Any:
    told = {"column": "time", "zone": "Europe/Berlin", "every": "1h", **clock}
    rules = suite({"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "time"}})
    rules = rules.replace('"rows": "all"', f'"rows": "all", "clock": {str(told).replace(chr(39), chr(34))}')
    return data(suites={"rows.json": rules}, a_dot_parquet=content)


_SPRING = [datetime(2024, 3, 31) + number * _HOUR for number in range(6)]
CASES = (
    bounded("D15-larger-than-memory-column-by-column", *_EACH, _NAMES, _COUNT, exit=0),
    bounded(
        "D15-larger-than-memory-all-at-once",
        *_EACH,
        _ACROSS,
        code="E-DAT-040",
        mentions=("1,000,000 rows of 25 columns need about 0.7 GiB of memory", "each-file", "nothing was checked"),
    ),
    no("D07-clocks-go-back-whole", _on_the_clock(_hours()), exit=0),
    no(
        "D07-clocks-go-back-hour-lost",
        _on_the_clock(_hours(datetime(2024, 10, 27, 2))),
        "time: expected every 1h on the clocks of Europe/Berlin",
        "1 odd time in all files",
    ),
    no(
        "D07-hour-doubled",
        _on_the_clock(_hours(twice=(datetime(2024, 10, 26, 5),))),
        "1 odd time in all files",
    ),
    no(
        "D07-clocks-go-forward-whole",
        _on_the_clock(parquet(instant=list(range(5)), time=[hour for hour in _SPRING if hour.hour != 2])),
        exit=0,
    ),
    no(
        "D07-hour-that-never-was",
        _on_the_clock(parquet(instant=list(range(6)), time=_SPRING)),
        "1 odd time in all files",
    ),
    case(
        "D07-unknown-zone",
        _on_the_clock(_hours(), zone="Europe/Berln"),
        code="E-DAT-020",
        mentions=("there is no time zone", 'Did you mean "Europe/Berlin"?'),
        seconds=90.0,
    ),
    case(
        "D07-clock-of-no-column",
        _on_the_clock(_hours(), column="tiem"),
        code="E-DAT-020",
        mentions=("there is no column 'tiem'",),
        seconds=90.0,
    ),
    case(
        "D07-clock-without-step", _on_the_clock(_hours(), every="hourly"), code="E-DAT-020", mentions=("15m, 1h or 1d",)
    ),
)
