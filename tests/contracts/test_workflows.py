"""Rules for workflow and action files that no linter knows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted(ROOT.glob(".github/workflows/*.yml"))
ACTIONS = sorted(ROOT.glob("actions/*/action.yml"))
PINS = ROOT / "tests" / "contracts" / "pins.txt"


def load(path: Path) -> dict[Any, Any]:
    return yaml.safe_load(path.read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def jobs() -> Iterator[Any]:
    for path in WORKFLOWS:
        for name, job in load(path)["jobs"].items():
            yield pytest.param(path, job, id=f"{path.stem}.{name}")


def steps_of(path: Path) -> list[dict[str, Any]]:
    document = load(path)
    if "runs" in document:
        return list(document["runs"]["steps"])
    return [step for job in document["jobs"].values() for step in job.get("steps", [])]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_workflow_starts_from_nothing(path: Path) -> None:
    document = load(path)
    assert document["permissions"] == {}
    assert document["concurrency"]["group"]
    assert "pull_request_target" not in document[True]


@pytest.mark.parametrize(("path", "job"), list(jobs()))
def test_job_is_bounded_named_and_pinned_to_an_image(path: Path, job: dict[str, Any]) -> None:
    assert "timeout-minutes" in job
    assert job["name"]
    assert "permissions" in job
    assert "latest" not in str(job["runs-on"])


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_grant_has_its_reason(path: Path) -> None:
    for line in path.read_text(encoding="utf-8").splitlines():
        if re.match(r"\s+[a-z-]+: (read|write)\b", line):
            assert re.search(r"(read|write) # \S+", line), line


@pytest.mark.parametrize("path", [*WORKFLOWS, *ACTIONS], ids=lambda path: str(path.relative_to(ROOT)))
def test_no_expression_reaches_a_shell(path: Path) -> None:
    assert not [step for step in steps_of(path) if "${{" in step.get("run", "")]


@pytest.mark.parametrize("path", [*WORKFLOWS, *ACTIONS], ids=lambda path: str(path.relative_to(ROOT)))
def test_foreign_actions_are_pinned_to_a_known_commit(path: Path) -> None:
    known = PINS.read_text(encoding="utf-8").split("\n")
    for line in path.read_text(encoding="utf-8").splitlines():
        if match := re.search(r"uses: (\S+)( # (\S+))?", line):
            target = match.group(1)
            assert target.startswith("$/") or f"{target} # {match.group(3)}" in known, line


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_privileged_trigger_never_checks_out(path: Path) -> None:
    if "workflow_run" in load(path)[True]:
        assert not [step for step in steps_of(path) if "checkout" in step.get("uses", "") or "run" in step]
    assert "allow-unsafe-pr-checkout" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_checkout_keeps_no_credentials(path: Path) -> None:
    for step in steps_of(path):
        if "actions/checkout@" in step.get("uses", ""):
            assert step["with"]["persist-credentials"] is False


def test_the_job_that_runs_foreign_code_can_write_nothing() -> None:
    evaluate = load(ROOT / ".github/workflows/model-pull-request.yml")["jobs"]["evaluate"]
    assert evaluate["permissions"] == {"contents": "read"}


def test_the_required_job_always_concludes() -> None:
    job = load(ROOT / ".github/workflows/model-pull-request.yml")["jobs"]["tidegate"]
    assert job["if"] == "always()"
    assert set(job["needs"]) == {"changes", "evaluate"}


def test_the_schedule_keeps_away_from_full_hours() -> None:
    """Full and half hours are when schedules are late or dropped."""
    crons = [one["cron"] for path in WORKFLOWS for one in (load(path)[True] or {}).get("schedule", [])]
    assert crons
    assert all(int(cron.split()[0]) % 15 for cron in crons)


def test_the_check_that_is_required_is_concluded_by_nothing_but_the_pull_requests_own_run() -> None:
    """What judges a retraining whose runs are held must not make it look ready to be merged."""
    names = [job["name"] for path in WORKFLOWS for job in load(path)["jobs"].values()]
    assert names.count("tidegate") == 1
    retrain = load(ROOT / ".github/workflows/model-retrain.yml")["jobs"]
    assert retrain["evaluate"]["permissions"] == {"contents": "read"}
    assert set(retrain["report"]["permissions"]) == {"pull-requests", "checks"}


def test_a_retraining_is_asked_for_on_the_default_branch_and_never_for_a_look_at_the_past() -> None:
    job = load(ROOT / ".github/workflows/model-drift.yml")["jobs"]["retrain"]
    conditions = [part.strip() for part in job["if"].split("&&")]
    assert "inputs.until == ''" in conditions
    assert "github.ref_name == github.event.repository.default_branch" in conditions
    assert "always()" in conditions  # drift ends the job before with exit code 1


def test_what_judges_a_held_retraining_does_what_the_usual_run_does() -> None:
    def actions(path: str) -> list[str]:
        steps = load(ROOT / ".github/workflows" / path)["jobs"]["evaluate"]["steps"]
        return [step["uses"] for step in steps if step.get("uses", "").startswith("$/")]

    assert actions("model-retrain.yml") == actions("model-pull-request.yml")


DEPLOYING = [
    pytest.param(path, job, id=f"{path.stem}.{name}")
    for path in WORKFLOWS
    for name, job in load(path)["jobs"].items()
    if any(
        re.search(r"/actions/(deploy-model|rollback-release)$", step.get("uses", "")) for step in job.get("steps", [])
    )
]


def test_there_are_deployments() -> None:
    assert DEPLOYING


@pytest.mark.parametrize(("path", "job"), DEPLOYING)
def test_a_deployment_has_a_github_environment_and_is_never_cancelled(path: Path, job: dict[str, Any]) -> None:
    assert job["environment"]["name"]
    place = job["environment"]["name"]
    assert job["concurrency"] == {"group": f"tidegate-deploy-{place}", "cancel-in-progress": False}


RELEASING = [path for path in WORKFLOWS if path.stem in ("model-release", "environment-deploy")]


@pytest.mark.parametrize("path", RELEASING, ids=lambda path: path.stem)
def test_what_writes_a_release_takes_nothing_from_a_cache(path: Path) -> None:
    assert not [step for step in steps_of(path) if "cache" in step.get("uses", "")]


@pytest.mark.parametrize("path", RELEASING, ids=lambda path: path.stem)
def test_a_release_starts_from_the_default_branch_alone(path: Path) -> None:
    (first,) = (job for job in load(path)["jobs"].values() if "needs" not in job)
    assert first["if"] == "github.ref_name == github.event.repository.default_branch"


def test_no_merge_is_dropped_because_another_came_after_it() -> None:
    release = load(ROOT / ".github/workflows/model-release.yml")
    assert release["concurrency"]["queue"] == "max"
    assert release["concurrency"]["cancel-in-progress"] is False


@pytest.mark.parametrize("path", ACTIONS, ids=lambda path: path.parent.name)
def test_action_is_a_form(path: Path) -> None:
    document = load(path)
    assert [step["name"] for step in document["runs"]["steps"]] == ["Prepare Tidegate", document["name"]]
    for name, definition in document["inputs"].items():
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", name)
        assert definition["description"].endswith(".")
        assert "default" in definition
    passed = document["runs"]["steps"][1].get("env", {})
    for name in set(document["inputs"]) - {"token"}:
        assert passed["INPUT_" + name.upper().replace("-", "_")] == f"${{{{ inputs.{name} }}}}"
