"""A small project on the simulated GitHub: what a job sees, may do and leaves, run by the real act."""

from __future__ import annotations

import os
import subprocess
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tidegate.errors import InputError
from tidegate.simulator import tools
from tidegate.simulator.act import Death
from tidegate.simulator.hub import Hub, opened
from tidegate.simulator.run_record import RunRecord

pytestmark = pytest.mark.simulator

PROJECT = Path(__file__).with_name("simulator_project")
FILES = {
    ".github/workflows/model.yml": (PROJECT / "model.yml").read_text(),
    ".github/workflows/called.yml": (PROJECT / "called.yml").read_text(),
    ".github/workflows/after.yml": (PROJECT / "after.yml").read_text(),
    "actions/comment/action.yml": (PROJECT / "comment_action.yml").read_text(),
    "file.txt": "old",
    "README.md": "# Project\n",
}


def _project(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    subprocess.run(["git", "init", "--quiet", str(folder)], check=True, timeout=30)
    return folder


@contextmanager
def _hub(folder: Path, files: Mapping[str, str], *, private: bool = False, **variables: str) -> Iterator[Hub]:
    environ = {**os.environ, "TIDEGATE_CANARY": "1", "GITHUB_CANARY": "1", "AWS_CANARY": "1", **variables}
    source = _project(folder / "project", files)
    with opened(source, environ, folder / "hub", tell=lambda run, progress: None, private=private) as hub:
        yield hub


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with _hub(tmp_path_factory.mktemp("own"), FILES) as running:
        yield running


@pytest.fixture(scope="module")
def own(hub: Hub) -> list[RunRecord]:
    pull, records = hub.open_pull_request("topic", {"file.txt": "new"}, title="Change it")
    assert pull.number == 1
    return records


def _output(record: RunRecord, job: str, step: str, name: str) -> str:
    return record.job(job).outputs[step][name]


def test_a_pull_request_runs_the_workflow_and_then_the_one_that_listens(own: list[RunRecord]) -> None:
    assert [(record.run.name, record.run.event, record.run.conclusion) for record in own] == [
        ("Model", "pull_request", "success"),
        ("After", "workflow_run", "success"),
    ]
    results = {job.name: job.result for job in own[0].jobs}
    assert results == {
        "Plan": "success",
        "Evaluate a": "success",
        "Evaluate b": "success",
        "call / inner": "success",
        "Never": "skipped",
        "End": "success",
    }


def test_jobs_check_out_the_merge_commit_one_commit_deep_and_can_fetch_the_base(own: list[RunRecord], hub: Hub) -> None:
    assert _output(own[0], "Plan", "plan", "head") == hub.origin.tip("refs/pull/1/merge")
    assert _output(own[0], "Plan", "plan", "commits") == "1"
    assert _output(own[0], "Plan", "plan", "changed") == "file.txt"


def test_jobs_see_nothing_of_the_caller_and_no_terminal(own: list[RunRecord]) -> None:
    assert _output(own[0], "Plan", "plan", "secrets") == "0"
    assert _output(own[0], "Plan", "plan", "terminal") == "no"


def test_artifacts_travel_between_jobs_and_to_the_run_that_follows(own: list[RunRecord], hub: Hub) -> None:
    assert _output(own[0], "Evaluate a", "got", "text") == "new"
    assert _output(own[1], "Report", "got", "text") == "new success"
    with zipfile.ZipFile(hub.github.runs.artifact(own[0].run.id, "evidence")) as archive:
        assert archive.namelist() == ["a.json"]


def test_each_job_may_what_its_permissions_say(own: list[RunRecord]) -> None:
    statuses = {name: _output(own[0], name, "comment", "status") for name in ("Plan", "Evaluate a", "call / inner")}
    assert statuses == {"Plan": "403", "Evaluate a": "201", "call / inner": "403"}
    assert _output(own[1], "Report", "comment", "status") == "201"


def test_summaries_annotations_and_seconds_are_kept(own: list[RunRecord]) -> None:
    plan = own[0].job("Plan")
    assert plan.summary == "# planned\n"
    assert [(note.level, note.message, note.file) for note in plan.annotations] == [
        ("warning", "mind this", "file.txt")
    ]
    assert all(step.seconds > 0 for step in plan.steps)


def test_jobs_are_check_runs_of_the_head(own: list[RunRecord], hub: Hub) -> None:
    checks = {run["name"]: run["conclusion"] for run in hub.github.check_runs(own[0].run.head_sha)}
    assert checks["Plan"] == "success"
    assert checks["Never"] == "skipped"


def test_a_cache_is_kept_for_the_next_run_and_a_failure_is_one(own: list[RunRecord], hub: Hub) -> None:
    pull, records = hub.open_pull_request("bad", {"file.txt": "bad"}, title="Make it bad")
    assert records[0].run.conclusion == "failure"
    assert records[0].job("Evaluate a").result == "failure"
    assert records[0].job("End").result == "failure"
    assert _output(records[1], "Report", "got", "text") == "bad failure"
    records = hub.push(pull, {"file.txt": "good"}, "Mend it")
    assert records[0].run.conclusion == "success"
    records = hub.reopen(pull)
    assert _output(records[0], "Evaluate a", "got", "cached") == "yes"
    assert len({record.run.id for record in records}) == 2


def test_a_path_filter_starts_nothing(own: list[RunRecord], hub: Hub) -> None:
    assert hub.open_pull_request("words", {"README.md": "# Words\n"}, title="Words")[1] == []


def test_a_forks_run_writes_nothing_and_the_run_that_follows_may(own: list[RunRecord], hub: Hub) -> None:
    pull, records = hub.open_pull_request("idea", {"file.txt": "theirs"}, title="Idea", from_fork=True)
    assert _output(records[0], "Evaluate a", "comment", "status") == "403"
    assert _output(records[1], "Report", "comment", "status") == "201"
    assert _output(records[1], "Report", "got", "text") == "theirs success"
    assert records[0].run.head_repository["full_name"] == pull.head_repository != hub.github.repository
    assert records[0].run.pull_requests == ()


def _left(hub: Hub) -> list[str]:
    listing = subprocess.run(["ps", "-A", "-o", "args="], capture_output=True, text=True, check=True, timeout=10)
    ours = (f"/act pull_request --json -W {hub.folder}", "sleep 61.25", "sleep 62.25")
    return [line for line in listing.stdout.splitlines() if any(mark in line for mark in ours)]


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with _hub(
        tmp_path_factory.mktemp("slow"), {".github/workflows/slow.yml": (PROJECT / "slow.yml").read_text()}
    ) as running:
        yield running


def test_a_killed_step_fails_its_job_and_the_rest_goes_on(slow: Hub) -> None:
    _, [record] = slow.open_pull_request("step", {"a": "1"}, title="x", death=Death(step="Train model"))
    assert [(step.name, step.result) for step in record.job("Train").steps] == [
        ("Train model", "failure"),
        ("Keep", "success"),
    ]
    assert record.run.conclusion == "failure"
    assert record.job("End").result == "failure"
    assert record.seconds < 20


def test_a_lost_runner_leaves_a_cancelled_run_and_no_process(slow: Hub) -> None:
    death = Death(step="Train model", of="runner")
    _, [record] = slow.open_pull_request("runner", {"a": "2"}, title="x", death=death)
    assert record.run.conclusion == "cancelled"
    assert record.job("Train").result in ("cancelled", "failure")
    assert record.seconds < 20
    assert _left(slow) == []


def test_a_run_that_takes_too_long_is_cancelled(slow: Hub) -> None:
    slow.dispatcher.seconds = 1.0
    _, [record] = slow.open_pull_request("late", {"a": "3"}, title="x")
    assert record.run.conclusion == "cancelled"
    assert record.seconds < 20
    assert _left(slow) == []


def test_a_private_repository_gives_its_commits_to_tokens_only(tmp_path: Path) -> None:
    text = (PROJECT / "read.yml").read_text()
    with _hub(tmp_path, {".github/workflows/read.yml": text}, private=True) as hub:
        _, [record] = hub.open_pull_request("topic", {"a": "1"}, title="x")
        assert record.job("Read").steps[0].result == "success"
        assert _output(record, "Read", "fetch", "got") == "no"


def test_a_workflow_that_act_cannot_read_is_named(tmp_path: Path) -> None:
    text = "name: Broken\non: pull_request\njobs: {a: {runs-on: ubuntu-24.04, steps: [{uses: 5, run: x}], bad: 1}}\n"
    with (
        _hub(tmp_path, {".github/workflows/broken.yml": text}) as hub,
        pytest.raises(InputError, match="act cannot run it") as caught,
    ):
        hub.open_pull_request("topic", {"a": "1"}, title="x")
    assert caught.value.where == ".github/workflows/broken.yml"


def test_tools_are_kept_under_their_own_path_for_the_next_machine(tmp_path: Path) -> None:
    text = """
name: Tools
on: pull_request
jobs:
  use:
    name: Use
    runs-on: ubuntu-24.04
    steps: [{id: tool, run: 'echo "cache=$RUNNER_TOOL_CACHE" >> "$GITHUB_OUTPUT"'}]
"""
    cache = tmp_path / "cache"
    cache.mkdir()
    installed = tools.emulator(os.environ).node.parents[3]
    (cache / "tidegate").symlink_to(installed.parent)
    with _hub(tmp_path, {".github/workflows/tools.yml": text}, XDG_CACHE_HOME=str(cache)) as hub:
        _, [record] = hub.open_pull_request("topic", {"a": "1"}, title="x")
        assert _output(record, "Use", "tool", "cache") == str(cache)
