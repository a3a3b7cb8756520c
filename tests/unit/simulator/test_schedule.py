"""Schedules are read as GitHub reads them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from tidegate.errors import InputError
from tidegate.simulator import schedule, triggers, workflow_yaml

WORKFLOWS = Path(__file__).parents[3] / ".github/workflows"


@pytest.mark.parametrize(
    ("line", "moment", "due"),
    [
        ("23 4 * * *", "2012-04-04T04:23", True),
        ("23 4 * * *", "2012-04-04T04:24", False),
        ("23 4 * * *", "2012-04-04T05:23", False),
        ("*/15 * * * *", "2012-04-04T05:45", True),
        ("*/15 * * * *", "2012-04-04T05:46", False),
        ("5/20 * * * *", "2012-04-04T05:45", True),
        ("0 9-17/4 * * MON-FRI", "2012-04-04T13:00", True),
        ("0 9-17/4 * * mon-fri", "2012-04-08T13:00", False),
        ("0 0 1,15 * *", "2012-04-15T00:00", True),
        ("0 0 * FEB *", "2012-03-01T00:00", False),
        ("0 0 13 * 5", "2012-04-06T00:00", True),
        ("0 0 13 * 5", "2012-04-13T00:00", True),
        ("0 0 13 * 5", "2012-04-07T00:00", False),
        ("0 0 */2 * 0", "2012-04-08T00:00", False),
        ("0 0 * * 0", "2012-04-08T00:00", True),
    ],
)
def test_a_line_is_due_in_its_minutes(line: str, moment: str, due: bool) -> None:
    assert schedule.due(line, datetime.fromisoformat(moment)) is due


@pytest.mark.parametrize("line", ["", "* * * *", "60 * * * *", "x * * * *", "* * 0 * *", "5-1 * * * *", "*/0 * * * *"])
def test_a_line_that_is_none_is_refused(line: str) -> None:
    with pytest.raises(InputError) as caught:
        schedule.due(line, datetime(2012, 1, 1))
    assert caught.value.code == "E-SIM-045"


def test_a_schedule_starts_the_workflows_that_have_its_line_and_no_other() -> None:
    daily = {"on": {"schedule": [{"cron": "1 1 * * *"}, {"cron": "2 2 * * *"}], "workflow_dispatch": None}}
    assert triggers.starts(daily, "schedule", of="2 2 * * *")
    assert not triggers.starts(daily, "schedule", of="3 3 * * *")
    assert not triggers.starts({"on": ["push"]}, "schedule", of="2 2 * * *")
    assert schedule.lines({"on": "schedule"}) == ()


def test_the_example_looks_for_drift_every_day_but_never_at_a_full_hour() -> None:
    workflow = workflow_yaml.load((WORKFLOWS / "model-drift.yml").read_text(), "model-drift.yml")
    (line,) = schedule.lines(workflow)
    assert (
        len([1 for hour in range(24) for minute in range(60) if schedule.due(line, datetime(2012, 4, 4, hour, minute))])
        == 1
    )
    assert not any(schedule.due(line, datetime(2012, 4, 4, hour)) for hour in range(24))
