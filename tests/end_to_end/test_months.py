"""Months through the deployed server by the real workflow files: drift, its issue, a retraining, and a way back."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from fixtures.people import issues, pressed
from fixtures.proxies import needs_proxy
from tidegate.commands.simulate import OWN_TESTS, TWICE
from tidegate.simulator.hub import Hub, opened
from tidegate.simulator.year import ending
from tidegate.simulator.year.account import Month
from tidegate.simulator.year.replay import Year

pytestmark = [pytest.mark.simulator, pytest.mark.slow, needs_proxy]

ROOT = Path(__file__).parents[2]
UNSEEN, MONTHS = 2, 4
"""In March demand jumps, and in April the first retrained model answers; before, nobody looks."""


@dataclass(frozen=True)
class Told:
    """Months that were played, the GitHub that they were played on, and every line that was printed."""

    year: Year
    hub: Hub
    lines: list[str]

    def month(self, name: str) -> Month:
        return next(month for month in self.year.months if month.name == name)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    folder, lines = tmp_path_factory.mktemp("github"), list[str]()
    with opened(ROOT, dict(os.environ), folder, tell=lambda run, progress: None, disabled=OWN_TESTS | TWICE) as hub:
        year = Year(hub=hub, count=MONTHS, unseen=UNSEEN, say=lines.append)
        year.play()
        yield Told(year, hub, [*lines, *ending.told(year)])
    listing = subprocess.run(["ps", "-A", "-w", "-w", "-o", "args="], capture_output=True, text=True, check=True)
    assert [line for line in listing.stdout.splitlines() if str(folder) in line] == []


def test_it_ends_as_it_must(told: Told) -> None:
    assert told.year.good, "\n".join(told.lines)


def test_every_hour_was_answered_by_the_deployed_server_and_counted_once(told: Told) -> None:
    assert [month.errors.rows for month in told.year.months] == [743, 718]
    assert told.year.lost == 0


def test_in_march_it_drifts_an_issue_opens_and_a_retraining_is_released_by_canary(told: Told) -> None:
    march = told.month("2012-03")
    assert (march.state, march.versions) == ("drift", ("1",))
    assert march.errors.live == pytest.approx(march.errors.frozen, abs=1e-9)
    assert "rentals" in march.drifted
    assert "opens" in march.action
    assert "is promoted: version 2 runs" in march.action
    shares = [line for line in told.lines if "version 1" in line and "version 2" in line]
    assert [any(f"version 2 {share} %" in line for line in shares) for share in (40, 60, 100)] == [True] * 3


def test_what_was_trained_again_answers_better_than_what_was_not(told: Told) -> None:
    """Measured on what clients were answered, and held against the first model by the toolkit's own comparison."""
    april = told.month("2012-04")
    assert april.versions == ("1", "2")
    assert april.errors.live < april.errors.frozen
    assert told.year.compared is not None
    assert told.year.compared.better, told.year.compared.told


def test_the_issue_names_the_request(told: Told) -> None:
    (issue,) = issues(told.hub, "drift")
    assert "Retraining is asked for in #" in issue["body"]
    assert [line for line in told.lines if "drift" in line and "rentals" in line]


def test_the_button_for_going_back_runs_the_version_before_and_has_git_say_so(told: Told) -> None:
    """environment-rollback.yml, pressed by a person; last, because it undoes what the others look at."""
    hub = told.hub
    records = pressed(hub, "environment-rollback.yml", environment="production", to="", reason="the kiosks complain")
    (back,) = [record for record in records if record.run.name == "Environment rollback"]
    assert (back.run.event, back.run.conclusion) == ("workflow_dispatch", "success")
    assert {step.result for job in back.jobs for step in job.steps} == {"success"}
    revert = hub.pull_of("tidegate/")
    assert revert is not None
    shown = hub.github.pull_request(revert.number)
    assert "the kiosks complain" in shown["body"]
    hub.merge(revert)
    release = hub.file("environments/production/release.yaml")
    assert "version: 1\n" in release
