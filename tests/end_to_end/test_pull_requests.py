"""The real workflow files, run by the real runner, on the example: what people see at the end of a pull request.

One simulated GitHub serves a whole module; every pull request there is real (its own branch, merge commit and runs).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tidegate.commands.simulate import OWN_TESTS
from tidegate.simulator.hub import Hub, opened
from tidegate.simulator.run_record import RunRecord
from tidegate.simulator.scenario import SCENES, Played, Scene, edited, play

pytestmark = [pytest.mark.simulator, pytest.mark.slow]

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    folder = tmp_path_factory.mktemp("github")
    with opened(ROOT, dict(os.environ), folder, tell=lambda run, progress: None, disabled=OWN_TESTS) as running:
        yield running


def played(hub: Hub, name: str) -> Played:
    (result,) = play(hub, [SCENES[name]], lambda scene: None)
    return result


def steps(records: list[RunRecord]) -> dict[str, str]:
    return {step.name: step.result for record in records for job in record.jobs for step in job.steps}


def of_pull_request(records: list[RunRecord]) -> RunRecord:
    """The unprivileged run; the others were started by it."""
    return next(record for record in records if record.run.event == "pull_request")


def required(records: list[RunRecord]) -> str:
    """Result of the job that branch protection asks for."""
    return of_pull_request(records).job("tidegate").result


@pytest.fixture(scope="module")
def story(hub: Hub) -> dict[str, Any]:
    """One pull request through three runs and two pushes: better, the same once more, worse."""
    better, worse = SCENES["better"], SCENES["worse"]
    pull, first = hub.open_pull_request("story", edited(hub, better.values), title=better.title)
    after_first = hub.github.comments(pull.number)
    good = pull.head
    second = hub.reopen(pull)
    third = hub.push(pull, edited(hub, worse.values), worse.title)
    return {
        "records": [first, second, third],
        "after_first": after_first,
        "comments": hub.github.comments(pull.number),
        "checks": {"good": hub.github.check_runs(good), "bad": hub.github.check_runs(pull.head)},
    }


def test_three_runs_and_two_pushes_leave_one_comment(hub: Hub, story: dict[str, Any]) -> None:
    (first,) = story["after_first"]
    assert "Ready to promote" in first["body"]
    visible = [comment for comment in story["comments"] if comment["node_id"] not in hub.github.minimized]
    (last,) = visible
    assert "Not promotable" in last["body"]
    assert "rmse" in last["body"]


def test_the_check_of_each_commit_says_what_was_decided_for_it(story: dict[str, Any]) -> None:
    for commit, conclusion in (("good", "success"), ("bad", "failure")):
        checks = [check for check in story["checks"][commit] if check["name"] == "tidegate / bike-demand"]
        assert {(check["status"], check["conclusion"]) for check in checks} == {("completed", conclusion)}


def test_the_required_job_follows_the_gate(story: dict[str, Any]) -> None:
    assert [required(records) for records in story["records"]] == ["success", "success", "failure"]


def test_the_second_run_of_the_same_commit_trains_nothing_again(story: dict[str, Any]) -> None:
    evaluate = of_pull_request(story["records"][1]).job("Evaluate bike-demand")
    assert "restored" in "\n".join(evaluate.log) or "nothing to train" in "\n".join(evaluate.log)


def test_evidence_that_cannot_tell_is_not_a_pass(hub: Hub) -> None:
    undecided = played(hub, "undecided")
    (comment,) = undecided.comments
    assert undecided.check == "failure"
    assert "ndecided" in comment["body"]
    assert "more rows" in comment["body"]
    assert required(undecided.records) == "failure"


def test_the_first_model_is_judged_by_its_absolute_gates(hub: Hub) -> None:
    first = played(hub, "first")
    (comment,) = first.comments
    assert first.check == "success"
    assert "no champion" in comment["body"].lower()


def test_a_readme_only_change_trains_nothing_and_says_nothing(hub: Hub) -> None:
    readme = played(hub, "readme-only")
    assert readme.check in (None, "neutral")
    assert readme.comments == []
    assert "Train model" not in steps(readme.records)
    assert required(readme.records) == "success"


def test_a_forks_report_is_posted_by_the_privileged_half(hub: Hub) -> None:
    fork = played(hub, "fork")
    (comment,) = fork.comments
    assert fork.check == "success"
    assert "Ready to promote" in comment["body"]
    assert "Report on bike-demand" not in [
        job.name for job in of_pull_request(fork.records).jobs if job.result != "skipped"
    ]
    assert any(record.run.event == "workflow_run" for record in fork.records)


@pytest.mark.parametrize("name", ["killed", "lost"])
def test_a_killed_run_leaves_a_failed_check_and_not_a_pending_one(hub: Hub, name: str) -> None:
    dead = played(hub, name)
    assert dead.check in ("failure", "cancelled")
    (comment,) = dead.comments
    assert "Ready to promote" not in comment["body"]


def test_every_request_of_a_pull_request_stays_within_the_budget(hub: Hub) -> None:
    """At most 15 requests for a whole run with its report (`threats-and-faults` A6 in the design)."""
    start = len(hub.github.log)
    scene = Scene(name="budget", title="Count", values=SCENES["better"].values)
    (result,) = play(hub, [scene], lambda scene: None)
    ours = [exchange for exchange in hub.github.log[start:] if "/git/" not in exchange.path]
    assert result.as_expected
    assert len(ours) <= 15, [f"{exchange.method} {exchange.path}" for exchange in ours]
