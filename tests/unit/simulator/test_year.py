"""The year's bookkeeping: every hour is asked once, labels are late, and errors are those of the answers."""

from __future__ import annotations

import json
import math
import zipfile
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fixtures.releases import linear
from tidegate.core.answer import Verdict
from tidegate.errors import InfrastructureError
from tidegate.simulator.act_log import JobRun
from tidegate.simulator.clients import rows
from tidegate.simulator.run_record import RunRecord
from tidegate.simulator.runs import Runs
from tidegate.simulator.story.releases import Standing
from tidegate.simulator.year import account, answers, ending, labels, surroundings
from tidegate.simulator.year.account import Errors, Month
from tidegate.simulator.year.answers import Answer, Frozen
from tidegate.simulator.year.comparison import Compared
from tidegate.simulator.year.looked import looked
from tidegate.simulator.year.replay import Year
from tidegate.simulator.year.stream import Hour, Stream

if TYPE_CHECKING:
    from tidegate.simulator.hub import Hub

START = datetime(2012, 1, 31)


def hours(count: int, first: datetime = START) -> list[Hour]:
    return [
        Hour(
            instant=100 + number,
            moment=first + timedelta(hours=number),
            body=b"%d" % number,
            casual=number,
            registered=1,
            rentals=number + 1,
        )
        for number in range(count)
    ]


def test_each_hour_is_asked_once_and_moves_the_clock() -> None:
    stream = Stream(hours(5))
    assert stream.now == START
    assert [request.id for request in stream.requests(START + timedelta(hours=2))] == ["100", "101"]
    assert (stream.now, stream.left) == (START + timedelta(hours=2), 3)
    assert [request.body for request in stream.requests()] == [b"2", b"3", b"4"]
    assert (stream.now, stream.left, len(stream.asked)) == (START + timedelta(hours=5), 0, 5)


@pytest.mark.parametrize(
    ("last", "now", "moment"),
    [
        (datetime(2012, 3, 31, 23), datetime(2012, 4, 1), datetime(2012, 4, 4, 5, 41)),
        (datetime(2012, 12, 31, 23), datetime(2012, 12, 1), datetime(2013, 1, 4, 5, 41)),
        (datetime(2012, 3, 31, 23), datetime(2012, 4, 4, 6), datetime(2012, 4, 5, 5, 41)),
    ],
    ids=["three days later", "over New Year", "a canary took longer"],
)
def test_drift_is_looked_for_when_a_months_labels_are_there(last: datetime, now: datetime, moment: datetime) -> None:
    assert surroundings.checked(last, now) == moment


def test_labels_come_late_and_a_month_goes_on_growing(tmp_path: Path) -> None:
    asked = hours(48)
    assert labels.deliver(tmp_path, asked, START + labels.LATE + timedelta(hours=30)) == 30
    assert pq.read_table(tmp_path / "2012-02.parquet").num_rows == 6
    assert labels.deliver(tmp_path, asked, START + labels.LATE + timedelta(hours=40)) == 40
    table = pq.read_table(tmp_path / "2012-02.parquet")
    assert table["instant"].to_pylist() == list(range(124, 140))
    assert table["rentals"].to_pylist() == [hour.rentals for hour in asked[24:40]]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["2012-01.parquet", "2012-02.parquet"]


def _logged(folder: Path, name: str, rows: list[tuple[str, str, float]]) -> None:
    columns = zip(*rows, strict=True)
    names = ("request_id", "model_version", "predicted")
    pq.write_table(pa.table(dict(zip(names, map(list, columns), strict=True))), folder / name)


def test_the_log_is_read_by_hour_and_a_smoke_tests_questions_are_nobodys(tmp_path: Path) -> None:
    _logged(tmp_path, "predictions-1.parquet", [("100", "1", 5.0), ("host-1f", "2", 6.0)])
    _logged(tmp_path, "predictions-2.parquet", [("101", "2", 7.0), ("100", "2", 8.0)])
    assert answers.logged(tmp_path) == {
        100: Answer(version="1", predicted=5.0),
        101: Answer(version="2", predicted=7.0),
    }
    answers.written(tmp_path, 2)


def test_errors_are_those_of_the_hours_that_were_answered() -> None:
    asked = hours(3)
    log = {100: Answer(version="1", predicted=4.0), 102: Answer(version="2", predicted=3.0)}
    found = account.errors(asked, log, {100: 1.0, 101: 99.0, 102: 10.0})
    assert found == Errors(rows=2, frozen=math.sqrt(49 / 2), live=math.sqrt(9 / 2))
    assert account.versions(asked, log) == ("1", "2")
    assert math.isnan(account.errors(asked, {}, {}).live)


def test_the_table_is_one_row_a_month_with_its_numbers_under_one_another() -> None:
    month = Month(
        name="2012-03",
        errors=Errors(rows=743, frozen=122.04, live=98.76),
        versions=("1", "2"),
        state="drift",
        drifted=("rentals",),
        worse=True,
        action="issue #1 opens",
        seconds=1.25,
    )
    head, row, whole = account.table([month], Errors(rows=1_439, frozen=100.0, live=90.0))
    assert row.split("  ")[0] == "2012-03"
    assert "rentals, errors" in row
    assert row.endswith("v1+v2  issue #1 opens")
    ends = {head.index("live") + 4, row.index("98.8") + 4, whole.index("90.0") + 4}
    assert len(ends) == 1
    assert "1,439" in whole
    assert account.document(month)["rmse_live"] == 98.76


@pytest.mark.parametrize(
    ("low", "high", "better"), [(-9.0, -1.0, True), (-9.0, 0.5, False), (1.0, 2.0, False)], ids=["yes", "open", "no"]
)
def test_training_again_is_better_only_when_the_whole_interval_says_so(low: float, high: float, better: bool) -> None:
    found = Compared(difference=(low + high) / 2, low=low, high=high)
    assert found.better is better
    assert ("not proven" not in found.told) is better


def _record(runs: Runs, files: dict[str, object]) -> RunRecord:
    run = runs.create(
        name="Drift",
        path=".github/workflows/drift.yml",
        event="schedule",
        head_branch="main",
        head_sha="a" * 40,
        repository={"id": 1},
        head_repository={"id": 1},
    )
    for name, content in files.items():
        with zipfile.ZipFile(runs.artifact(run.id, name.partition(".")[0]), "w") as archive:
            archive.writestr(name, json.dumps(content))
    return RunRecord(run=run, jobs=[JobRun(id="detect", name="Detect")], seconds=1.0)


def test_what_a_run_found_out_is_read_from_its_artifacts(tmp_path: Path) -> None:
    findings = [
        {"column": "rentals", "found": "drifted"},
        {"column": "rentals", "found": "drifted"},
        {"column": "season", "found": "calm"},
    ]
    drift = {"state": "drift", "sentence": "It moved.", "windows": [{"findings": findings, "worse": None}]}
    asked = {"action": "wait", "sentence": "the cooldown ends 2012-06-25"}
    files: dict[str, object] = {"detect-drift.json": {"result": drift}, "request-retraining.json": {"result": asked}}
    runs = Runs(tmp_path)
    found = looked(runs, [_record(runs, files)])
    assert (found.state, found.drifted, found.worse) == ("drift", ("rentals",), False)
    assert (found.asked, found.why) == ("wait", "the cooldown ends 2012-06-25")


def test_a_run_without_evidence_is_not_taken_for_calm(tmp_path: Path) -> None:
    runs = Runs(tmp_path)
    with pytest.raises(InfrastructureError, match="no evidence"):
        looked(runs, [_record(runs, {})])


def test_a_frozen_model_answers_the_very_requests_that_clients_sent() -> None:
    asked = [replace(hour, body=rows.body({"x": float(number)})) for number, hour in enumerate(hours(3))]
    assert Frozen(linear(2.0)).answers(asked) == [0.0, 2.0, 4.0]


def _year(**changes: Any) -> Year:
    """A year that ended as it must, but for the changes."""
    standing = Standing(wanted="2", running="2", recorded="2")
    better = Compared(difference=-30.0, low=-33.0, high=-27.0)
    ended: dict[str, Any] = {"whole": Errors(rows=9, frozen=123.0, live=93.0), "compared": better, "standing": standing}
    return Year(**{"hub": cast("Hub", None), "count": 1, "say": print, **ended, **changes})


@pytest.mark.parametrize(
    ("changes", "good"),
    [
        ({}, True),
        ({"compared": None}, True),
        ({"compared": Compared(difference=-1.0, low=-3.0, high=1.0)}, False),
        ({"lost": 1}, False),
        ({"standing": Standing(wanted="3", running="2", recorded="2")}, False),
        ({"whole": None}, False),
    ],
    ids=["all of it", "nothing was released", "not proven better", "a lost request", "not agreed", "not played"],
)
def test_a_year_is_good_only_when_all_of_it_is(changes: dict[str, Any], good: bool, tmp_path: Path) -> None:
    lines: list[str] = []
    found = ending.answer(_year(**changes), tmp_path / "kept", lines.append, 61.4)
    assert found.verdict is (Verdict.PASS if good else Verdict.FAIL)
    assert found.sentence.endswith("in 61 s")
    assert ("not as it should" in found.sentence) is (not good and changes != {"whole": None})
    assert json.loads((tmp_path / "kept/months.json").read_text()) == found.data
    assert any("all" in line for line in lines) is (changes != {"whole": None})
