"""model-drift.yml as it is, on the example as it is: by its schedule, and by hand with a look at the past."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from fixtures.people import issues, pressed
from tidegate.commands.simulate import OWN_TESTS, TWICE
from tidegate.simulator.hub import Hub, opened
from tidegate.simulator.year.looked import looked

pytestmark = [pytest.mark.simulator, pytest.mark.slow]

ROOT = Path(__file__).parents[2]
DUE = datetime(2026, 11, 24, 4, 23)
NAME = "Model drift"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    folder = tmp_path_factory.mktemp("github")
    with opened(ROOT, dict(os.environ), folder, tell=lambda run, progress: None, disabled=OWN_TESTS | TWICE) as running:
        yield running


def test_a_look_at_the_past_is_evidence_and_no_news(hub: Hub) -> None:
    (record,) = pressed(hub, "model-drift.yml", until="2012-03-06")
    assert (record.run.name, record.run.event) == (NAME, "workflow_dispatch")
    found = looked(hub.github.runs, [record])
    assert (found.state, found.worse, found.asked) == ("drift", True, "")
    assert record.job("Detect drift").result == "failure"
    assert issues(hub, "drift") == []
    assert hub.pull_of("tidegate/") is None


def test_the_schedule_opens_one_issue_and_one_request(hub: Hub) -> None:
    (record,) = hub.scheduled(DUE)
    found = looked(hub.github.runs, [record])
    assert (record.run.event, found.state, found.asked) == ("schedule", "drift", "request")
    pull = hub.pull_of("tidegate/retrain/")
    assert pull is not None
    assert "data.dvc" in hub.origin.changed("refs/heads/main", pull.head)
    (issue,) = issues(hub, "drift")
    assert (issue["state"], issue["title"]) == ("open", "bike-demand: drift")
    assert f"Retraining is asked for in #{pull.number}." in issue["body"]
