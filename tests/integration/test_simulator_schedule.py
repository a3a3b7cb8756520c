"""A schedule on the simulated GitHub, run by the real act: what is due runs from `main`, and nothing else does."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from datetime import datetime

import pytest

from tidegate.simulator.hub import Hub, opened

pytestmark = pytest.mark.simulator

WORKFLOW = """
name: {name}
on:
{on}
jobs:
  look:
    name: Look
    runs-on: ubuntu-24.04
    steps:
      - id: look
        env:
          LINE: ${{{{ github.event.schedule }}}}
          EVENT: ${{{{ github.event_name }}}}
          BRANCH: ${{{{ github.ref_name }}}}
        run: echo "seen=$EVENT of $BRANCH by $LINE" >> "$GITHUB_OUTPUT"
"""
FILES = {
    "daily.yml": WORKFLOW.format(name="Daily", on='  schedule: [{cron: "23 4 * * *"}, {cron: "0 0 1 1 *"}]'),
    "other.yml": WORKFLOW.format(name="Other", on='  schedule: [{cron: "24 4 * * *"}]'),
    "same.yml": WORKFLOW.format(name="Same", on='  schedule: [{cron: "23 4 * * *"}]\n  push:'),
    "off.yml": WORKFLOW.format(name="Off", on='  schedule: [{cron: "23 4 * * *"}]'),
    "pushed.yml": WORKFLOW.format(name="Pushed", on="  push:"),
}


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    folder = tmp_path_factory.mktemp("schedule")
    source = folder / "project"
    for name, text in FILES.items():
        path = source / ".github/workflows" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    subprocess.run(["git", "init", "--quiet", str(source)], check=True, timeout=30)
    disabled = frozenset({"off.yml"})
    with opened(source, os.environ, folder / "hub", tell=lambda run, progress: None, disabled=disabled) as running:
        yield running


def test_what_is_due_runs_and_is_told_by_which_line(hub: Hub) -> None:
    records = hub.scheduled(datetime(2012, 4, 4, 4, 23))
    assert sorted(record.run.name for record in records) == ["Daily", "Same"]
    for record in records:
        assert record.run.event == "schedule"
        assert record.job("Look").outputs["look"] == {"seen": "schedule of main by 23 4 * * *"}


def test_the_same_minute_again_is_another_run_as_when_a_schedule_is_doubled(hub: Hub) -> None:
    first, second = (hub.scheduled(datetime(2012, 4, 4, 4, 24)) for _ in range(2))
    assert [record.run.name for record in (*first, *second)] == ["Other", "Other"]
    assert first[0].run.id != second[0].run.id


def test_a_minute_in_which_nothing_is_due_starts_nothing(hub: Hub) -> None:
    assert hub.scheduled(datetime(2012, 4, 4, 5, 23)) == []
