"""What GitHub does after a merge, run by the real act: pushes of jobs, bots' pull requests, environments and gates."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tidegate.simulator.gates import Protection
from tidegate.simulator.hub import Hub, opened
from tidegate.simulator.run_record import RunRecord

pytestmark = pytest.mark.simulator

PROJECT = Path(__file__).with_name("simulator_project")
LISTENER = "name: Checks\non: pull_request\njobs: {look: {name: Look, runs-on: ubuntu-24.04, steps: [{run: 'true'}]}}\n"


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    files = {f".github/workflows/{name}": (PROJECT / name).read_text() for name in ("release.yml", "deploy.yml")}
    files |= {".github/workflows/checks.yml": LISTENER, "file.txt": "old\n", "README.md": "# Project\n"}
    source = tmp_path / "project"
    for name, text in files.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(text)
    subprocess.run(["git", "init", "--quiet", str(source)], check=True, timeout=30)
    with opened(source, os.environ, tmp_path / "hub", tell=lambda run, progress: None) as running:
        yield running


def _merged(hub: Hub, edits: dict[str, str]) -> list[RunRecord]:
    pull, _ = hub.open_pull_request("topic", edits, title="Change it")
    return hub.merge(pull)


def _named(records: list[RunRecord], name: str) -> RunRecord:
    return next(record for record in records if record.run.name == name)


def _get(hub: Hub, path: str, **query: str) -> requests.Response:
    token = hub.github.token("read-all")
    headers = {"Authorization": f"Bearer {token}"}
    return requests.get(
        f"{hub.github.api_url}/repos/{hub.github.repository}/{path}", query, headers=headers, timeout=10
    )


def test_a_merge_is_a_push_whose_jobs_push_propose_and_dispatch(hub: Hub) -> None:
    records = _merged(hub, {"file.txt": "new\n"})
    release = _named(records, "Release")
    said = release.job("Promote").outputs["propose"]
    assert said == {"pushed": "yes", "opened": "201", "again": "422", "dispatched": "204"}
    assert release.run.event == "push"
    # A push with the job's token starts nothing; the dispatched workflow runs.
    assert [record.run.name for record in records] == ["Release", "Deploy"]
    assert _named(records, "Deploy").run.event == "workflow_dispatch"
    assert _named(records, "Deploy").job("Deploy").outputs["deploy"] == {"environment": "production"}
    assert hub.origin.git("log", "-1", "--format=%s", "main") == "staging runs it"
    assert hub.origin.git("tag", "--list") == "v1"
    assert hub.github.ask("GET", f"/repos/{hub.github.repository}/git/ref/heads/main")["object"][
        "sha"
    ] == hub.origin.tip("main")


def test_a_job_that_may_only_read_cannot_push(hub: Hub) -> None:
    release = _named(_merged(hub, {"file.txt": "new\n"}), "Release")
    assert release.job("Read").outputs["try"] == {"pushed": "no"}
    assert hub.origin.tip("forbidden") is None


def test_a_protected_branch_takes_no_push(hub: Hub) -> None:
    hub.origin.protect("main")
    release = _named(_merged(hub, {"file.txt": "new\n"}), "Release")
    assert release.job("Promote").outputs["propose"]["pushed"] == "no"
    assert "GH006" in "\n".join(release.job("Promote").log)
    assert hub.origin.git("log", "-1", "--format=%s", "main") == "Change it (#1)"


def test_a_bots_pull_request_has_runs_that_wait_for_approval(hub: Hub) -> None:
    _merged(hub, {"file.txt": "new\n"})
    pull = hub.pull_of("onwards")
    assert pull is not None
    [held] = _get(hub, "actions/runs", head_sha=pull.head, event="pull_request").json()["workflow_runs"]
    assert (held["status"], held["conclusion"], held["name"]) == ("completed", "action_required", "Checks")
    [record] = hub.approve_runs(pull)
    assert record.run.conclusion == "success"
    newest = _get(hub, "actions/workflows/checks.yml/runs", per_page="1").json()["workflow_runs"]
    assert [run["conclusion"] for run in newest] == ["success"]


def test_the_pull_request_of_a_merged_commit_is_found(hub: Hub) -> None:
    _merged(hub, {"README.md": "# New\n"})
    commit = hub.origin.tip("main")
    [found] = _get(hub, f"commits/{commit}/pulls").json()
    assert (found["number"], found["merge_commit_sha"], bool(found["merged_at"])) == (1, commit, True)
    assert [pull["number"] for pull in _get(hub, f"commits/{hub.pulls[1].head}/pulls").json()] == [1]
    assert _get(hub, f"commits/{hub.origin.tip('main~1') or '0' * 40}/pulls").json() == []


def _in_background(hub: Hub) -> tuple[threading.Thread, list[RunRecord]]:
    records: list[RunRecord] = []
    thread = threading.Thread(target=lambda: records.extend(_merged(hub, {"deploy.txt": "1\n"})))
    thread.start()
    return thread, records


def _until(hub: Hub) -> None:
    deadline = time.monotonic() + 30
    while not hub.github.proxy.gates.waiting():
        assert time.monotonic() < deadline, "no job came to the gate"
        time.sleep(0.05)


@pytest.mark.parametrize(("state", "result"), [("approved", "success"), ("rejected", "failure")])
def test_a_job_of_an_environment_waits_for_its_reviewers(hub: Hub, state: str, result: str) -> None:
    gates = hub.github.proxy.gates
    gates.environments["production"] = Protection(reviewers=("visitor",))
    thread, records = _in_background(hub)
    _until(hub)
    [run] = _get(hub, "actions/runs", status="waiting").json()["workflow_runs"]
    place = f"{hub.github.api_url}/repos/{hub.github.repository}/actions/runs/{run['id']}/pending_deployments"
    answers = []
    for login in (hub.github.owner, "visitor"):
        headers = {"Authorization": f"Bearer {hub.github.personal_token(login)}"}
        [pending] = requests.get(place, headers=headers, timeout=10).json()
        body = {"environment_ids": [pending["environment"]["id"]], "state": state, "comment": "seen"}
        answers.append(requests.post(place, json=body, headers=headers, timeout=10).status_code)
    thread.join(timeout=60)
    assert answers == [422, 200]
    assert records[0].job("Deploy").result == result
    ran = (hub.folder / "order").read_text().split() if (hub.folder / "order").exists() else []
    assert ("begun" in ran, "always" in ran) == (state == "approved", state == "approved")
    deployments = _get(hub, "deployments", environment="production").json()
    states = [_get(hub, f"deployments/{made['id']}/statuses").json()[0]["state"] for made in deployments]
    assert states == (["success"] if state == "approved" else [])


def test_one_run_at_a_time_in_a_concurrency_group_and_none_is_cancelled(hub: Hub) -> None:
    pull, _ = hub.open_pull_request("topic", {"deploy.txt": "1\n"}, title="x")
    headers = {"Authorization": f"Bearer {hub.github.personal_token(hub.github.owner)}"}
    place = f"{hub.github.api_url}/repos/{hub.github.repository}/actions/workflows/deploy.yml/dispatches"
    order = {"ref": "main", "inputs": {"environment": "production"}}
    assert requests.post(place, json=order, headers=headers, timeout=10).status_code == 204
    runs = hub.dispatcher.live.together(lambda: hub.merge(pull), hub.carry_out_orders)
    assert [record.run.conclusion for records in runs for record in records] == ["success", "success"]
    words = [line.split()[0] for line in (hub.folder / "order").read_text().splitlines()]
    assert [word for word in words if word != "always"] == ["begun", "ended", "begun", "ended"]
