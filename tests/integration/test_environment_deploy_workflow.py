"""Which environments `environment-deploy.yml` deploys: the script of its first job, run as a runner runs it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
import yaml

from pipelines import Project, environment

WORKFLOW = Path(__file__).parents[2] / ".github" / "workflows" / "environment-deploy.yml"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path / "here")
    made.root.mkdir()
    made.git("init", "--quiet", "--initial-branch", "main")
    for name in ("staging", "production"):
        made.write(f"environments/{name}/environment.yaml", "target: process\n")
        made.write(f"environments/{name}/release.yaml", "version: 1\n")
    made.write("environments/empty/environment.yaml", "target: process\n")
    made.commit("first")
    return made


def listed(project: Project, *, given: str = "", before: str = "") -> tuple[int, list[str]]:
    """The exit code and the names that go into the matrix."""
    steps = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["jobs"]["environments"]["steps"]
    script = next(step["run"] for step in steps if step.get("id") == "list")
    output = project.root / "output"
    output.write_text("", encoding="utf-8")
    environ = {**environment(), "GIVEN": given, "BEFORE": before, "GITHUB_OUTPUT": str(output)}
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    done = subprocess.run(command, cwd=project.root, env=environ, capture_output=True, text=True, check=False)
    text = output.read_text(encoding="utf-8")
    return done.returncode, json.loads(text.partition("=")[2]) if text else []


@pytest.mark.parametrize(
    ("changed", "names"),
    [
        (["environments/staging/release.yaml"], ["staging"]),
        (["environments/production/environment.yaml"], ["production"]),
        (["environments/production/release.yaml", "environments/staging/release.yaml"], ["production", "staging"]),
        (["environments/empty/environment.yaml"], []),
        (["environments/staging/notes.md", "model/params.yaml"], []),
    ],
)
def test_what_a_push_changed(project: Project, changed: list[str], names: list[str]) -> None:
    before = project.git("rev-parse", "HEAD")
    for path in changed:
        project.write(path, "changed\n")
    project.commit("a merge")
    assert listed(project, before=before) == (0, names)


@pytest.mark.parametrize("before", ["", "0" * 40, "f" * 40], ids=["none", "zeros", "gone"])
def test_without_a_commit_before_all_that_have_a_release(project: Project, before: str) -> None:
    assert listed(project, before=before) == (0, ["production", "staging"])


def test_an_environment_that_is_deleted_is_not_deployed(project: Project) -> None:
    before = project.git("rev-parse", "HEAD")
    project.git("rm", "--quiet", "-r", "environments/staging")
    project.git("commit", "--quiet", "-m", "gone")
    assert listed(project, before=before) == (0, [])


def test_the_one_that_was_asked_for(project: Project) -> None:
    assert listed(project, given="production") == (0, ["production"])


@pytest.mark.parametrize("given", ["nowhere", "empty", "../..", "*", "$(id)", '"]; x', "staging production", "-a"])
def test_what_is_no_environment_deploys_nothing(project: Project, given: str) -> None:
    assert listed(project, given=given) == (2, [])


def test_a_folder_of_a_hostile_name_is_passed_over(project: Project) -> None:
    project.write('environments/a"] b/release.yaml', "version: 1\n")
    project.commit("hostile")
    assert listed(project) == (0, ["production", "staging"])
