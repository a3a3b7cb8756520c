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
