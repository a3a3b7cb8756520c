"""`detect-drift` where a database holds live data: the same answer, and what is wrong with it told without secrets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fixtures.drift_world import CONTRACT, MOVED, START, DriftWorld, rows
from tidegate.core.answer import Verdict

# Ibis calls what newer DuckDB, pandas and drivers have other names for.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]
FILES = "live: {path: live, time: time, window: 7d, labels: {path: labels}}"
POSTGRES = "'postgres://me@127.0.0.1:9/x', password_from: RIDES_PASSWORD"
TABLES = "live: {source: duckdb://ops.duckdb, table: logs.rides, time: time, window: 7d, labels: {table: truths}}"


def made(tmp_path: Path, live: str) -> DriftWorld:
    return DriftWorld(tmp_path / "repository", contract=CONTRACT.replace(FILES, live)).made()


def loaded(world: DriftWorld) -> None:
    """What lies in live/ and labels/ as tables of a database."""
    import duckdb

    with duckdb.connect(str(world.root / "ops.duckdb")) as link:
        link.execute("create schema logs")
        for table, folder in (("logs.rides", "live"), ("truths", "labels")):
            if list((world.root / folder).iterdir()):
                link.execute(f"create table {table} as from read_parquet('{world.root / folder}/*.parquet')")


def filled(world: DriftWorld) -> None:
    world.weeks(0, labels=True)
    world.weeks(1, 2, labels=True, **MOVED)
    world.over(2)


def test_a_table_says_what_files_say(tmp_path: Path) -> None:
    """Findings, intervals, performance on labels of another table: everything but where it was read."""
    files, tables = made(tmp_path / "files", FILES), made(tmp_path / "tables", TABLES)
    for world in (files, tables):
        filled(world)
    loaded(tables)
    one, other = files.check(), tables.check()
    assert (one.outputs["state"], other.outputs["state"]) == ("drift", "drift")
    assert one.sentence == other.sentence
    expected, found = (json.loads(json.dumps(world.evidence["result"]), parse_float=_nine) for world in (files, tables))
    assert found.pop("live") == {
        "path": "logs.rides",
        "source": "duckdb://ops.duckdb",
        "time": "time",
        "window_seconds": 604_800,
        "labels": "truths",
    }
    expected.pop("live")
    assert found == expected
    assert found["performance"][0]["live"]["rows"] == 400


def _nine(number: str) -> float:
    return float(f"{float(number):.9g}")


def test_files_may_be_counted_by_a_database(tmp_path: Path) -> None:
    world = made(tmp_path, FILES.replace("path: live,", "path: live, source: 'duckdb://',"))
    filled(world)
    assert world.check().outputs["state"] == "drift"


WRONG: dict[str, tuple[str, str, int]] = {
    "no such file": (TABLES.replace("ops.duckdb", "other.duckdb"), "E-DAT-003", 2),
    "no database": (TABLES.replace("ops.duckdb", "live/000.parquet"), "E-DRF-028", 3),
    "no such table": (TABLES.replace("logs.rides", "logs.walks"), "E-DRF-029", 2),
    "no such table of labels": (TABLES.replace("truths", "lies"), "E-DRF-029", 2),
    "no column of times": (TABLES.replace("time: time", "time: at"), "E-DRF-021", 2),
    "no column of ids": (TABLES.replace("time: time", "time: time, id: walk"), "E-DRF-022", 2),
    "nobody knows it": (TABLES.replace("duckdb://ops.duckdb", "oracular://ops"), "E-DRF-027", 2),
    "not installed": (TABLES.replace("duckdb://ops.duckdb", "trino://ops/x"), "E-DRF-027", 2),
    "no secret": (
        TABLES.replace("duckdb://ops.duckdb", POSTGRES),
        "E-DRF-026",
        2,
    ),
}


@pytest.mark.parametrize(("live", "code", "ends"), WRONG.values(), ids=WRONG.keys())
def test_a_database_that_cannot_be_read_is_unknown_and_loud(live: str, code: str, ends: int, tmp_path: Path) -> None:
    world = made(tmp_path, live)
    filled(world)
    loaded(world)
    answer = world.check()
    assert (answer.verdict, answer.outputs["state"], answer.exit_code) == (Verdict.UNDECIDED, "unknown", ends)
    assert code in answer.sentence
    assert "Traceback" not in answer.sentence


def test_a_password_is_never_told(tmp_path: Path) -> None:
    """The driver's own message names host and port; what is secret comes from the job's environment."""
    world = made(tmp_path, TABLES.replace("duckdb://ops.duckdb", POSTGRES))
    world.environ = {"RIDES_PASSWORD": "hunter2/€"}
    answer = world.check()
    told = answer.sentence + (world.root / ".tidegate" / "detect-drift.json").read_text()
    assert "E-DRF-028" in answer.sentence
    assert "postgres://me@127.0.0.1:9/x" in told
    assert "hunter2" not in told


@pytest.mark.parametrize("source", ["", "source: 'duckdb://', "], ids=["embedded", "database"])
def test_answers_and_errors_of_another_version_are_not_the_releases(source: str, tmp_path: Path) -> None:
    """Half of a week was answered by the model before, badly; the release is as good as it was."""
    contract = CONTRACT.replace("2 of 3", "1 of 1").replace("live: {path", f"live: {{{source}path")
    world = DriftWorld(tmp_path / "repository", contract=contract).made()
    world.release(world.commit_of_head(), version="8")
    week = rows(800, 1, start=START)
    old = np.arange(800) % 2 == 0
    said = np.where(old, week["said"] + 6.0, week["said"])
    versions = pa.array(np.where(old, "7", "8"))
    world.week(0, labels=True, **{**week, "said": said, "model_version": versions})
    world.week(1, rows=1, model_version=["8"])
    answer = world.check()
    result: dict[str, Any] = world.evidence["result"]
    window = result["windows"][-1]
    assert answer.outputs["state"] == "calm", answer.sentence
    assert window["rows"] == 800
    assert "400 of 800 rows were answered by another version of the model." in window["notes"]
    assert next(item for item in result["performance"] if not item["slice"])["live"]["rows"] == 400
    mixed = pq.read_table(world.root / "live" / "000.parquet").drop_columns(["model_version"])
    pq.write_table(mixed, world.root / "live" / "000.parquet")
    world.week(1, rows=1)
    assert world.check().outputs["state"] == "drift"


def test_a_release_that_answered_nothing_yet_is_not_judged_by_others_answers(tmp_path: Path) -> None:
    world = made(tmp_path, FILES)
    world.release(world.commit_of_head(), version="9")
    world.week(
        0, labels=True, **{**rows(400, 1, start=START), "said": np.full(400, 99.0), "model_version": ["7"] * 400}
    )
    world.week(1, rows=1, model_version=["9"])
    answer = world.check()
    result = world.evidence["result"]
    assert answer.outputs["state"] == "calm", answer.sentence
    assert any("version 9 answered" in note for note in result["notes"])
    (said,) = [item for item in result["windows"][-1]["findings"] if item["column"] == "said"]
    assert said["found"] == "unknown"
