"""What a year changes in the example fits it: contract, environments, and the schedule that calls the workflow."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tidegate.adapters.contract import environment_file
from tidegate.adapters.contract import file as contract_file
from tidegate.simulator import permissions, schedule, workflow_yaml
from tidegate.simulator.permissions import RANK
from tidegate.simulator.story.surroundings import Surroundings
from tidegate.simulator.year import surroundings

ROOT = Path(__file__).resolve().parents[3]
PLACE = Surroundings("127.0.0.1:1111", "127.0.0.1:2222")
LAST = datetime(2012, 3, 31, 23)
LIVE, LABELS = Path("/runner/predictions"), Path("/runner/labels")


def _read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    found = surroundings.edits(_read, PLACE, live=LIVE, labels=LABELS)
    return {path: str(text) for path, text in found.items()}


def test_the_contract_reads_the_log_and_asks_no_sooner_than_its_windows_can_judge(
    texts: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "tidegate.yaml").write_text(texts["tidegate.yaml"], encoding="utf-8")
    model = contract_file.load(tmp_path / "tidegate.yaml", tmp_path).model(None)
    drift = model.drift
    assert drift is not None
    assert drift.live.labels is not None
    assert drift.retrain is not None
    assert (drift.live.id, drift.live.unit, drift.live.labels.id) == ("request_id", "us", "instant")
    assert drift.retrain.labelled_rows == 1400
    assert drift.retrain.cooldown == drift.fire_when.of * drift.live.window
    assert [gate.metric for gate in model.gates if gate.metric in ("mae", "wape")] == ["wape"]


def test_production_judges_few_requests_and_closes_its_log_at_once(texts: dict[str, str]) -> None:
    path = "environments/production/environment.yaml"
    found = environment_file.parse(texts[path].encode(), path, "production")
    assert (found.address, found.strategy.kind, found.after) == (PLACE.production, "canary", "staging")
    assert found.log.every < timedelta(seconds=1)


def test_the_schedule_calls_the_drift_workflow_with_inputs_that_it_has_and_all_that_it_needs(
    texts: dict[str, str],
) -> None:
    caller = workflow_yaml.load(texts[surroundings.SCHEDULE], surroundings.SCHEDULE)
    called = workflow_yaml.load(_read(surroundings.DRIFT), surroundings.DRIFT)
    job = caller["jobs"]["drift"]
    assert job["uses"] == f"./{surroundings.DRIFT}"
    assert job["with"] == {"live": str(LIVE), "labels": str(LABELS)}
    assert set(job["with"]) <= set(called["on"]["workflow_call"]["inputs"])
    for grants in permissions.job_grants(called).values():
        assert all(RANK[job["permissions"][scope]] >= RANK[level] for scope, level in grants.items())


def test_the_two_schedules_are_never_due_at_once(texts: dict[str, str]) -> None:
    caller = workflow_yaml.load(texts[surroundings.SCHEDULE], surroundings.SCHEDULE)
    (line,) = schedule.lines(caller)
    (usual,) = schedule.lines(workflow_yaml.load(_read(surroundings.DRIFT), surroundings.DRIFT))
    moment = surroundings.checked(LAST, LAST)
    assert schedule.due(line, moment)
    assert not schedule.due(usual, moment)
