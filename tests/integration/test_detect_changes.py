"""`tidegate detect-changes` in repositories as workflows and people have them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

MAIN = Path(__file__).parents[2] / "scripts" / "tidegate" / "__main__.py"
CONTRACT = """\
version: 1
models:
  bike:
    path: model
    data: {tracked: data.dvc, expectations: model/expectations}
    evaluation: {predictions: model/predictions.parquet, id: id, target: label, prediction: p}
    gates: [{metric: rmse, no_worse_by: 1%}]
  taxi:
    path: taxi
    data: {tracked: taxi.dvc, expectations: taxi/expectations}
    evaluation: {predictions: taxi/predictions.parquet, id: id, target: label, prediction: p}
    gates: [{metric: rmse, no_worse_by: 1%}]
"""


def run_git(folder: Path, *arguments: str) -> str:
    identity = {f"GIT_{role}_{part}": "a@b" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(
        command, env={**os.environ, **identity}, capture_output=True, text=True, check=True
    ).stdout.strip()


def commit(folder: Path, **files: str) -> str:
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    run_git(folder, "add", ".")
    run_git(folder, "commit", "-qm", "change")
    return run_git(folder, "rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    run_git(folder, "init", "-q", "-b", "main")
    commit(folder, tidegate_dot_yaml=CONTRACT, data_dot_dvc="1", model__train_dot_py="1", README_dot_md="1")
    return folder


def detect(folder: Path, *arguments: str, **environ: str) -> tuple[int, dict[str, str], str]:
    """Exit code, outputs and standard error."""
    command = [sys.executable, "-I", str(MAIN), "detect-changes", "-C", str(folder), "--json", "-", *arguments]
    variables = {"PATH": os.environ["PATH"], "HOME": str(folder.parent), **environ}
    done = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, json.loads(done.stdout)["outputs"] if done.stdout else {}, done.stderr


def test_on_a_branch_what_differs_from_where_it_left_main_counts(repository: Path) -> None:
    run_git(repository, "checkout", "-qb", "topic")
    commit(repository, data_dot_dvc="2")
    (repository / "taxi").mkdir()
    (repository / "taxi" / "new.py").write_text("not committed yet")
    code, outputs, _ = detect(repository)
    assert (code, json.loads(outputs["models"]), outputs["any"]) == (0, ["bike", "taxi"], "true")


def test_a_readme_only_change_touches_nothing(repository: Path) -> None:
    run_git(repository, "checkout", "-qb", "topic")
    commit(repository, README_dot_md="2")
    code, outputs, _ = detect(repository)
    assert (code, outputs["models"], outputs["any"]) == (0, "[]", "false")
    assert json.loads(outputs["untouched"]) == ["bike", "taxi"]


def test_in_a_shallow_checkout_the_base_of_the_event_is_fetched(repository: Path, tmp_path: Path) -> None:
    base = run_git(repository, "rev-parse", "HEAD")
    run_git(repository, "checkout", "-qb", "topic")
    commit(repository, model__train_dot_py="2")
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", "--depth=1", f"file://{repository}", str(clone)], check=True)
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"base": {"sha": base}}}))
    code, outputs, stderr = detect(clone, GITHUB_ACTIONS="true", GITHUB_EVENT_PATH=str(event))
    assert (code, outputs.get("models")) == (0, '["bike"]'), stderr


def test_the_first_push_has_no_base_and_everything_counts(repository: Path, tmp_path: Path) -> None:
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"before": "0" * 40}))
    run_git(repository, "checkout", "-q", "--detach")
    run_git(repository, "branch", "-D", "main")
    code, outputs, _ = detect(repository, GITHUB_ACTIONS="true", GITHUB_EVENT_PATH=str(event))
    assert (code, json.loads(outputs["models"])) == (0, ["bike", "taxi"])


def test_a_base_that_nobody_has_is_infrastructure_and_says_what_to_do(repository: Path) -> None:
    run_git(repository, "remote", "add", "origin", str(repository))
    code, _, stderr = detect(repository, "--base", "1" * 40)
    assert code == 3
    assert "E-GIT-005" in stderr
    assert "fetch-depth" in stderr
    assert "Traceback" not in stderr


def test_a_base_that_looks_like_an_option_is_refused(repository: Path) -> None:
    code, _, stderr = detect(repository, "--base=--upload-pack=touch x")
    assert (code, "E-SEC-003" in stderr) == (4, True)


def test_without_credentials_the_base_is_the_first_parent_of_the_merge(repository: Path, tmp_path: Path) -> None:
    run_git(repository, "checkout", "-qb", "topic")
    commit(repository, model__train_dot_py="2")
    run_git(repository, "checkout", "-q", "main")
    commit(repository, README_dot_md="2")
    run_git(repository, "merge", "-q", "--no-ff", "-m", "merge", "topic")
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", "--depth=2", f"file://{repository}", str(clone)], check=True)
    run_git(clone, "remote", "set-url", "origin", str(tmp_path / "private"))
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"base": {"sha": "1" * 40}}}))
    code, outputs, stderr = detect(clone, GITHUB_ACTIONS="true", GITHUB_EVENT_PATH=str(event))
    assert (code, outputs.get("models")) == (0, '["bike"]'), stderr
