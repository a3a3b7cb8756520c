"""Which environments `environment-deploy.yml` deploys: the script of its first job, run as a runner runs it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines import Project, environment
from tidegate.simulator import workflow_yaml
from tidegate.simulator.triggers import starts

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


OVERLAY = "target: kubernetes\nkubernetes:\n  overlay: environments/{}/kubernetes\n"


@pytest.mark.parametrize(
    ("changed", "names"),
    [
        ("environments/staging/kubernetes/kustomization.yaml", ["staging"]),
        ("environments/production/kubernetes/patches/route.yaml", []),
        ("environments/base/kubernetes/deployer.yaml", ["staging"]),
        ("environments/base/monitoring/drift-rules.yaml", []),
    ],
    ids=["its own", "of one that others apply", "below all", "no overlay"],
)
def test_a_changed_overlay_deploys_where_deploy_model_applies_it(
    project: Project, changed: str, names: list[str]
) -> None:
    project.write("environments/staging/environment.yaml", OVERLAY.format("staging"))
    project.commit("an overlay")
    before = project.git("rev-parse", "HEAD")
    project.write(changed, "changed\n")
    project.commit("a merge")
    assert listed(project, before=before) == (0, names)


@pytest.mark.parametrize(
    ("file", "started"),
    [
        ("environments/staging/release.yaml", {"environment-deploy"}),
        ("environments/production/environment.yaml", {"environment-deploy"}),
        ("environments/staging/kubernetes/kustomization.yaml", {"environment-deploy"}),
        ("environments/base/kubernetes/deployer.yaml", {"environment-deploy"}),
        ("environments/base/monitoring/drift-rules.yaml", set()),
        ("data.dvc", {"model-release"}),
        ("model/params.yaml", {"model-release"}),
        ("tidegate.yaml", {"model-release"}),
    ],
)
def test_a_push_starts_the_release_of_a_model_or_the_deployment_of_an_environment(file: str, started: set[str]) -> None:
    """By the simulator's reading of `on:`, which its own tests hold against GitHub's words."""
    found = {
        name
        for name in ("model-release", "environment-deploy")
        if starts(_workflow(name), "push", branch="main", files=[file])
    }
    assert found == started


def test_a_merge_of_both_starts_both() -> None:
    files = ["environments/staging/environment.yaml", "model/params.yaml"]
    assert starts(_workflow("model-release"), "push", branch="main", files=files)
    assert starts(_workflow("environment-deploy"), "push", branch="main", files=files)


def _workflow(name: str) -> dict[str, Any]:
    return workflow_yaml.load(WORKFLOW.with_name(f"{name}.yml").read_text(encoding="utf-8"), name)


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


DEPLOYING = (("model-release", "deploy"), ("environment-deploy", "deploy"), ("environment-rollback", "rollback"))


@pytest.mark.parametrize(("name", "job"), DEPLOYING, ids=[name for name, _ in DEPLOYING])
@pytest.mark.parametrize("secret", ["", "apiVersion: v1\nusers: [{token: $(id) `id` %s}]"], ids=["none", "given"])
def test_a_kubeconfig_is_written_for_this_job_alone_and_nobody_else_can_read_it(
    tmp_path: Path, name: str, job: str, secret: str
) -> None:
    steps = _workflow(name)["jobs"][job]["steps"]
    (step,) = [one for one in steps if one["name"] == "Log in to the cluster"]
    assert step["env"] == {"CLUSTER": "${{ secrets.TIDEGATE_KUBECONFIG }}"}
    variables = tmp_path / "variables"
    variables.touch()
    environ = {**environment(), "CLUSTER": secret, "RUNNER_TEMP": str(tmp_path), "GITHUB_ENV": str(variables)}
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    written = tmp_path / "kubeconfig"
    assert (done.stdout, written.exists()) == ("", bool(secret))
    if secret:
        assert written.read_text(encoding="utf-8") == f"{secret}\n"
        assert written.stat().st_mode & 0o777 == 0o600
        assert variables.read_text(encoding="utf-8") == f"KUBECONFIG={written}\n"
