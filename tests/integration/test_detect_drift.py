"""`detect-drift` on a real repository: what it says, what it leaves, and that saying it again changes nothing."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from jsonschema import Draft202012Validator

from fixtures import drift
from fixtures.drift_world import CONTRACT, MOVED, START, WEEK, DriftWorld, rows
from tidegate.commands import detect_drift
from tidegate.core.answer import Answer, Verdict
from tidegate.core.drift import document
from tidegate.errors import InputError

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "scripts" / "tidegate" / "drift.schema.json").read_text())


@pytest.fixture
def world(tmp_path: Path) -> DriftWorld:
    return DriftWorld(tmp_path / "repository").made()


def state(answer: Answer) -> str:
    return answer.outputs["state"]


def of_the_form(world: DriftWorld) -> None:
    problems = [
        f"{error.json_path} {error.message}" for error in Draft202012Validator(SCHEMA).iter_errors(world.evidence)
    ]
    assert problems == []


def test_data_like_the_reference_is_calm(world: DriftWorld) -> None:
    world.weeks(0, 1, 2)
    world.over(2)
    answer = world.check()
    assert (answer.verdict, state(answer), answer.exit_code) == (Verdict.PASS, "calm", None)
    assert answer.outputs["drifted"] == "[]"
    assert "3 windows" in answer.sentence
    of_the_form(world)


def test_a_column_that_moved_is_drift_in_two_of_three_windows(world: DriftWorld) -> None:
    world.weeks(0)
    world.weeks(1, **MOVED)
    world.over(1)
    assert state(world.check()) == "watch"
    world.weeks(2, **MOVED)
    world.over(2)
    answer = world.check()
    assert (answer.verdict, state(answer)) == (Verdict.FAIL, "drift")
    assert json.loads(answer.outputs["drifted"]) == ["size"]
    assert answer.verdict.exit_code == 1
    of_the_form(world)


def test_a_world_that_came_back_is_calm_again(world: DriftWorld) -> None:
    world.weeks(0, 1, **MOVED)
    world.weeks(2)
    world.over(2)
    assert state(world.check()) == "calm"


UNKNOWN: dict[str, tuple[Any, int]] = {
    "no file": (lambda world: None, 3),
    "no window is over": (lambda world: world.week(0), 3),
    "one row": (lambda world: (world.week(0, rows=1), world.over(0)), 3),
    "no row in the latest window": (lambda world: (world.week(0), world.week(3, rows=1)), 3),
    "no profile": (lambda world: (world.weeks(0), world.without_profile()), 2),
    "a profile cut short": (lambda world: (world.weeks(0), cut(world.root / "model" / "profile.json")), 2),
    "a file cut short": (lambda world: (world.weeks(0), cut(world.root / "live" / "000.parquet")), 2),
    "no folder": (lambda world: (world.root / "live").rmdir(), 2),
    "no column of times": (lambda world: world.week(0, time=None), 2),
}


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:300])


@pytest.mark.parametrize(("breaking", "code"), UNKNOWN.values(), ids=UNKNOWN.keys())
def test_what_cannot_be_found_out_is_unknown_and_loud(breaking: Any, code: int, world: DriftWorld) -> None:
    breaking(world)
    answer = world.check("--prometheus", "drift.prom", issue=True)
    assert (answer.verdict, state(answer), answer.exit_code) == (Verdict.UNDECIDED, "unknown", code)
    assert "nknown" in answer.sentence
    assert "Traceback" not in answer.sentence
    assert [note.level for note in answer.annotations] == ["error"]
    assert 'tidegate_drift_state{model="rides",state="unknown"} 1' in (world.root / "drift.prom").read_text()
    assert [issue["title"] for issue in world.github.issues.open()] == ["rides: drift is unknown"]
    of_the_form(world)


def test_a_changed_schema_is_drift_at_once(world: DriftWorld) -> None:
    world.weeks(0)
    world.week(1, size=None)
    world.over(1)
    answer = world.check()
    assert state(answer) == "drift"
    assert '"size"' in answer.sentence


def test_a_clock_that_is_ahead_moves_no_window(world: DriftWorld) -> None:
    world.weeks(0, 1, **MOVED)
    world.over(1)
    before = state(world.check())
    world.week(4_000, rows=3)
    answer = world.check()
    assert (before, state(answer)) == ("drift", "drift")
    assert any("later than the clock" in note for note in world.evidence["result"]["notes"])


def test_data_that_stopped_coming_is_unknown(world: DriftWorld) -> None:
    (world.root / "tidegate.yaml").write_text(CONTRACT.replace("window: 7d", "window: 7d, max_age: 14d"))
    world.weeks(0, 1, 2)
    world.over(2)
    world.now = START + WEEK * 4
    assert state(world.check()) == "calm"
    world.now += timedelta(days=60)
    answer = world.check()
    assert (state(answer), answer.exit_code) == ("unknown", 3)
    assert "max_age" in answer.sentence
    of_the_form(world)


def test_saying_it_again_late_or_from_the_beginning_changes_no_byte(world: DriftWorld) -> None:
    world.weeks(0, 1, 2, labels=True)
    world.weeks(2, **MOVED)
    world.over(2)
    world.check()
    first = (world.root / ".tidegate" / "detect-drift.json").read_bytes()
    for moment in (world.now, world.now + timedelta(days=60)):
        world.now = moment
        world.check()
        assert (world.root / ".tidegate" / "detect-drift.json").read_bytes() == first
    for name in ("detect-drift.json", "drift-rides.html"):
        (world.root / ".tidegate" / name).unlink()
    world.check()
    assert (world.root / ".tidegate" / "detect-drift.json").read_bytes() == first


def test_until_is_what_would_have_been_said_then(world: DriftWorld) -> None:
    world.weeks(0, 1)
    world.over(1)
    then = world.check().outputs
    world.weeks(2, 3, **MOVED)
    world.over(3)
    assert state(world.check()) == "drift"
    past = world.check("--until", (START + WEEK * 2).isoformat()).outputs
    assert {**past, "html": ""} == {**then, "html": ""}
    with pytest.raises(InputError, match="E-ARG-020"):
        world.check("--until", "yesterday")


def test_labels_that_prove_the_model_worse_are_drift_though_no_column_moved(world: DriftWorld) -> None:
    for number in range(3):
        world.week(number, labels=True, error=2.0)
    world.over(2)
    answer = world.check()
    result = world.evidence["result"]
    assert state(answer) == "drift", answer.sentence
    whole = next(item for item in result["performance"] if not item["slice"])
    assert (whole["metric"], whole["found"]) == ("rmse", "drifted")
    assert whole["released"]["value"] == pytest.approx(1.0, abs=0.1)
    assert whole["live"]["value"] == pytest.approx(2.0, abs=0.3)
    assert {item["slice"] for item in result["performance"]} == {"", "city=Oslo", "city=Rome", "city=Turin"}
    of_the_form(world)


def test_labels_that_come_late_count_in_their_own_windows(world: DriftWorld) -> None:
    """Two weeks whose labels have come are worse; in the latest, which has none yet, no column moved."""
    world.week(0, labels=True, error=2.5)
    world.week(1, labels=True, error=2.5)
    world.week(2, error=2.5)
    world.over(2)
    answer = world.check()
    windows = world.evidence["result"]["windows"]
    assert [window["worse"] for window in windows] == [True, True, None]
    assert (state(answer), windows[-1]["found"]) in {("drift", "calm"), ("drift", "drifted")}
    assert "labels" in answer.sentence


def test_labels_in_another_order_twice_and_for_rows_of_nobody_are_joined_by_id(world: DriftWorld) -> None:
    world.week(0, labels=True)
    world.over(0)
    world.check()
    before = world.evidence["result"]["performance"]
    table = pq.read_table(world.root / "labels" / "000.parquet")
    strange = pa.table({"ride": [-1, -2], "truth": [1e9, 1e9]})
    shuffled = table.take(np.random.default_rng(0).permutation(len(table)))
    pq.write_table(pa.concat_tables([shuffled, strange, shuffled]), world.root / "labels" / "000.parquet")
    world.check()
    assert world.evidence["result"]["performance"] == before


def test_labels_may_be_called_otherwise(world: DriftWorld) -> None:
    text = CONTRACT.replace("labels: {path: labels}", "id: ride, labels: {path: labels, id: order, target: paid}")
    (world.root / "tidegate.yaml").write_text(text)
    world.week(0, labels=True)
    world.over(0)
    path = world.root / "labels" / "000.parquet"
    pq.write_table(pq.read_table(path).rename_columns(["order", "paid"]), path)
    world.check()
    result = world.evidence["result"]
    assert result["performance"][0]["live"]["rows"] == 400
    assert {"truth"} <= {item["column"] for item in result["windows"][-1]["findings"]}


LABELS: dict[str, tuple[Any, str]] = {
    "no column of ids": (pa.table({"order": [1], "truth": [1.0]}), "E-DRF-022"),
    "no truth": (pa.table({"ride": [1]}), "E-DRF-022"),
    "ids that are lists": (pa.table({"ride": [[1]], "truth": [1.0]}), "E-DRF-024"),
    "words in one file and numbers in another": (pa.table({"ride": [1], "truth": ["much"]}), "E-DRF-024"),
}


@pytest.mark.parametrize(("table", "code"), LABELS.values(), ids=LABELS.keys())
def test_labels_that_cannot_be_joined_are_unknown_and_say_why(table: pa.Table, code: str, world: DriftWorld) -> None:
    world.week(0, labels=True)
    world.over(0)
    pq.write_table(table, world.root / "labels" / "zzz.parquet")
    answer = world.check()
    assert (state(answer), answer.exit_code) == ("unknown", 2)
    assert code in answer.sentence


def test_a_truth_that_moved_is_seen_in_the_labels(world: DriftWorld) -> None:
    """Twice as many rides and a model that follows: the labels' own drift is told, and excused by performance."""
    values = rows(400, 0)
    truth = values["truth"] + 4
    said = truth + np.random.default_rng(1).normal(0, 1, 400)
    world.week(0, labels=True, truth=truth, said=said)
    world.over(0)
    world.check()
    window = world.evidence["result"]["windows"][-1]
    drifted = {item["column"] for item in window["findings"] if item["found"] == "drifted"}
    assert drifted == {"truth", "said"}
    assert (window["worse"], window["found"]) == (False, "calm")


def test_the_reference_is_the_profile_of_the_release_and_not_of_the_work_tree(world: DriftWorld) -> None:
    world.weeks(0, 1)
    world.over(1)
    world.release(world.commit_of_head())
    moved = rows(4_000, 7)
    moved["size"] = moved["size"] + 5
    told = {name: moved[name] for name in ("size", "age", "city", "said", "truth")}
    profile = document.document(drift.profile(told, {"said": "prediction", "truth": "label"}))
    (world.root / "model" / "profile.json").write_text(json.dumps(profile))
    world.commit("another profile")
    answer = world.check()
    against = world.evidence["result"]["against"]
    assert state(answer) == "calm", answer.sentence
    assert (against["kind"], against["version"], against["environment"]) == ("release", "7", "production")


def test_live_data_elsewhere_on_the_machine(world: DriftWorld, tmp_path: Path) -> None:
    world.weeks(0)
    world.over(0)
    (world.root / "live").rename(tmp_path / "log")
    assert state(world.check()) == "unknown"
    assert state(world.check("--live", str(tmp_path / "log"))) == "calm"


def test_a_pattern_of_files_and_csv(world: DriftWorld) -> None:
    (world.root / "tidegate.yaml").write_text(CONTRACT.replace("path: live,", "path: live/*.csv,"))
    world.weeks(0)
    world.over(0)
    for path in (world.root / "live").glob("*.parquet"):
        pa_csv.write_csv(pq.read_table(path), path.with_suffix(".csv"))
        path.write_bytes(b"not read")
    assert state(world.check()) == "calm"


def test_a_contract_without_drift_says_what_to_add(world: DriftWorld) -> None:
    (world.root / "tidegate.yaml").write_text(CONTRACT.partition("    drift:")[0])
    with pytest.raises(InputError, match="E-DRF-004"):
        world.check()


def test_a_dry_run_leaves_nothing(world: DriftWorld) -> None:
    world.weeks(0, 1, **MOVED)
    world.over(1)
    parser = argparse.ArgumentParser()
    detect_drift.configure(parser)
    options = parser.parse_args(["--issue", "--prometheus", "drift.prom"])
    answer = detect_drift.run(world.settings(dry_run=True), options, now=world.now)
    assert state(answer) == "drift"
    assert not (world.root / ".tidegate").exists()
    assert not (world.root / "drift.prom").exists()
    assert world.github.asked == []


def test_times_may_be_whole_numbers(world: DriftWorld) -> None:
    (world.root / "tidegate.yaml").write_text(CONTRACT.replace("time: time,", "time: time, unit: ms,"))
    for number, size in ((0, 400), (1, 1)):
        start = START + WEEK * number
        moments = [
            int((start + WEEK * (place / size) - datetime(1970, 1, 1)) / timedelta(milliseconds=1))
            for place in range(size)
        ]
        world.week(number, rows=size, time=moments)
    assert state(world.check()) == "calm"


WITHOUT_PANDAS = """
import sys
class Nowhere:
    def find_spec(self, name, *_):
        if name.partition(".")[0] == "pandas":
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Nowhere())
sys.path.insert(0, sys.argv[2])
from tidegate.cli import main
sys.exit(main(["detect-drift", "-C", sys.argv[1]]))
"""


def test_the_locked_environment_has_no_pandas_and_needs_none(world: DriftWorld) -> None:
    world.weeks(0, 1, labels=True)
    world.over(1)
    lock = (ROOT / "scripts" / "requirements" / "detect-drift.txt").read_text()
    command = [sys.executable, "-c", WITHOUT_PANDAS, str(world.root), str(ROOT / "scripts")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "\npandas==" not in f"\n{lock}"
    assert (ended.returncode, ended.stdout.partition(":")[0]) == (0, "No drift"), ended.stderr
