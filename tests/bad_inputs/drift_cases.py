"""Live data that says nothing, or is not what its name says: rows D01 to D14 as `detect-drift` meets them.

Exit 2 where a person has to mend something, 3 where nothing can be known, 1 for drift. None of them is calm.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bad_inputs.cases import CONTRACT, Case
from fixtures import drift
from tidegate.core.drift import document

START = datetime(2024, 3, 4)
WEEK = timedelta(days=7)
SECTION = """\
    drift:
      profile: model/profile.json
      live: {path: live, time: time, window: 7d}
      fire_when: {columns: 0.3, windows: 1 of 1}
"""
Change = Callable[[Path], object]
FORMULA = '=cmd|"/c calc"!A1'


def rows(number: int = 300) -> dict[str, Any]:
    random = np.random.default_rng(1)
    return {
        "time": [START + WEEK * (place / max(number, 1)) for place in range(number)],
        "size": random.normal(size=number),
        "city": [("Oslo", "Rome")[place] for place in random.integers(0, 2, number)],
    }


def put(folder: Path, values: dict[str, Any], name: str = "0.parquet") -> None:
    pq.write_table(pa.table(values), folder / "live" / name)


def world(change: Change) -> Callable[[Path], None]:
    """A committed model with a week of good live data, the row that ends it, and then the change."""

    def build(folder: Path) -> None:
        for name in ("live", "model"):
            (folder / name).mkdir()
        reference = {"size": np.random.default_rng(0).normal(size=2_000), "city": ["Oslo", "Rome"] * 1_000}
        (folder / "model" / "profile.json").write_text(json.dumps(document.document(drift.profile(reference))))
        (folder / "tidegate.yaml").write_text(CONTRACT + SECTION)
        put(folder, rows())
        put(folder, {"time": [START + WEEK], "size": [0.0], "city": ["Oslo"]}, "1.parquet")
        change(folder)
        who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
        for command in (("init", "--quiet"), ("add", "tidegate.yaml"), ("commit", "--quiet", "--message", "m")):
            subprocess.run(["git", *who, *command], cwd=folder, check=True, capture_output=True)

    return build


def case(row: str, title: str, change: Change, *, ends: int, mentions: tuple[str, ...]) -> Case:
    return Case(id=row, title=title, build=world(change), exit=ends, mentions=mentions, arguments=("detect-drift",))


def live(folder: Path, name: str = "0.parquet") -> Path:
    return folder / "live" / name


def text(content: str) -> Change:
    def change(folder: Path) -> None:
        live(folder).unlink()
        live(folder, "0.csv").write_bytes(content.encode("latin-1"))

    return change


def profile(**changed: Any) -> Change:
    def change(folder: Path) -> None:
        path = folder / "model" / "profile.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **changed}))

    return change


def nothing_known(folder: Path) -> None:
    empty = drift.profile({"size": np.array([np.nan] * 50), "city": [None] * 50})  # type: ignore[list-item]
    (folder / "model" / "profile.json").write_text(json.dumps(document.document(empty)))


def constant(folder: Path) -> None:
    same = drift.profile({"size": np.full(500, 3.0), "city": ["Oslo"] * 500})
    (folder / "model" / "profile.json").write_text(json.dumps(document.document(same)))
    put(folder, {**rows(), "size": np.full(300, 3.0), "city": ["Oslo"] * 300})


HEADER = "time,size,city\n"
LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:0123\nsize 12\n"
NOT_CALM = ("Unknown, which is not the same as no drift",)
CASES = (
    case(
        "D01-live-0-bytes",
        "a file of 0 bytes",
        lambda f: live(f).write_bytes(b""),
        ends=2,
        mentions=(*NOT_CALM, "E-DAT-001", "0.parquet"),
    ),
    case(
        "D01-live-no-rows",
        "a table without rows",
        lambda f: put(f, {n: pa.array(v)[:0] for n, v in rows().items()}),
        ends=3,
        mentions=NOT_CALM,
    ),
    case(
        "D01-live-nothing",
        "an empty folder",
        lambda f: [path.unlink() for path in (f / "live").iterdir()],
        ends=3,
        mentions=NOT_CALM,
    ),
    case(
        "D02-live-missing",
        "a column that is missing",
        lambda f: put(f, {n: v for n, v in rows().items() if n != "size"}),
        ends=1,
        mentions=('"size"', "schema"),
    ),
    case(
        "D02-live-renamed",
        "a column that is renamed",
        lambda f: put(f, {("Size" if n == "size" else n): v for n, v in rows().items()}),
        ends=1,
        mentions=('"size"', "schema"),
    ),
    case(
        "D02-live-extra",
        "a column more",
        lambda f: put(f, {**rows(), "more": [1] * 300}),
        ends=0,
        mentions=("No drift",),
    ),
    case(
        "D03-live-type",
        "text in place of numbers",
        lambda f: put(f, {**rows(), "size": ["12a"] * 300}),
        ends=1,
        mentions=('"size"', "schema"),
    ),
    case(
        "D03-live-csv-word",
        "a word among numbers",
        text(HEADER + "2024-03-04 00:00:00,12a,Oslo\n"),
        ends=2,
        mentions=("E-DAT-004", "12a", "0.csv"),
    ),
    case(
        "D04-live-all-null",
        "all values missing",
        lambda f: put(f, {**rows(), "size": pa.nulls(300, pa.float64())}),
        ends=1,
        mentions=('"size"',),
    ),
    case(
        "D04-live-sentinel",
        "a sentinel for what is missing",
        lambda f: put(f, {**rows(), "size": np.where(np.arange(300) % 4, rows()["size"], -999)}),
        ends=1,
        mentions=('"size"',),
    ),
    case(
        "D06-live-unseen",
        "words never seen",
        lambda f: put(f, {**rows(), "city": ["Bergen"] * 300}),
        ends=1,
        mentions=('"city"',),
    ),
    case(
        "D07-live-two-formats",
        "dates in two formats",
        lambda f: put(f, {**rows(), "time": ["2024-03-04"] * 299 + ["4.3.2024"]}),
        ends=2,
        mentions=("E-DRF-021", "0.parquet"),
    ),
    case(
        "D08-live-latin-1",
        "a wrong encoding",
        text(HEADER + "2024-03-04 00:00:00,1.0,K\xf8benhavn\n"),
        ends=2,
        mentions=("E-DAT-004", "0.csv"),
    ),
    case("D08-live-nul", "a NUL byte", text(HEADER + "\0"), ends=2, mentions=("E-DAT-004",)),
    case(
        "D09-live-cut",
        "a file cut short",
        lambda f: live(f).write_bytes(live(f).read_bytes()[:-9]),
        ends=2,
        mentions=("E-DAT-010", "0.parquet"),
    ),
    case(
        "D09-live-magic",
        "another format under Parquet's name",
        lambda f: live(f).write_bytes(b"PK\x03\x04" * 9),
        ends=2,
        mentions=("E-DAT-010",),
    ),
    case(
        "D10-live-formula",
        "a formula for a word",
        lambda f: put(f, {**rows(), "city": [FORMULA] * 300}),
        ends=1,
        mentions=('"city"',),
    ),
    case(
        "D12-live-lfs",
        "a Git LFS pointer",
        lambda f: live(f).write_bytes(LFS),
        ends=2,
        mentions=("E-DAT-030", "git lfs pull"),
    ),
    case("D14-one-row", "a window of one row", lambda f: put(f, rows(1)), ends=3, mentions=NOT_CALM),
    case("D14-constant", "columns that are constant, as they were", constant, ends=0, mentions=("No drift",)),
    case("D14-null-reference", "a reference that is all null", nothing_known, ends=3, mentions=NOT_CALM),
    case("D14-no-profile-schema", "a profile of another version", profile(schema=9), ends=2, mentions=("E-DRF-001",)),
    case(
        "D14-profile-sums",
        "a profile whose counts do not add up",
        profile(total={"rows": 7, "clusters": 7, "columns": {}}),
        ends=2,
        mentions=("E-DRF-002",),
    ),
)
