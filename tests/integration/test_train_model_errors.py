"""`tidegate train-model` when it cannot find out: which error, where, and nothing that looks like a result."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest

from pipelines import Project, environment, project
from tidegate.errors import InfrastructureError, InputError, Problems, SecurityRefusal
from trainings import (
    edit_code,
    failing,
    said,
    settings_of,
    train,
)


@pytest.fixture
def here(tmp_path: Path) -> Project:
    return project(tmp_path / "project")


def test_a_failing_stage_is_an_error_with_its_last_lines(here: Project) -> None:
    script = "import sys\n[print('epoch', n) for n in range(40)]\nsys.exit('out of luck: password=hunter22')\n"
    here.write("model/steps.py", script)
    error = failing(here)
    assert isinstance(error, InputError)
    assert error.code == "E-DVC-030"
    assert error.message == "Stage prepare failed (exit code 1)."
    assert len(error.log) == 20
    assert "out of luck: password=[redacted]" in error.log
    assert "epoch 39" in error.log


def test_a_killed_stage_is_named_as_killed(here: Project) -> None:
    here.write("model/steps.py", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n")
    assert "killed (signal 9: out of memory, as a rule)" in failing(here).message


def test_conflict_markers_in_the_lock_are_an_error_with_the_line(here: Project) -> None:
    here.write("model/dvc.lock", here.read("model/dvc.lock") + "<<<<<<< ours\n")
    error = failing(here)
    assert (error.code, error.exit_code) == ("E-DVC-002", 2)
    assert re.fullmatch(r"model/dvc\.lock:\d+", error.where)


def test_a_deleted_script_is_an_error_and_not_unchanged(here: Project) -> None:
    here.forget_outputs()
    here.forget("model/steps.py")
    error = failing(here)
    assert (error.code, error.where) == ("E-DVC-013", "model/steps.py")


def test_a_metrics_file_that_git_lost_is_an_error_and_not_unchanged(here: Project) -> None:
    here.forget("model/reports/metrics.json")
    assert failing(here).where == "model/reports/metrics.json"


def test_a_pipeline_without_definition_is_an_error(here: Project) -> None:
    here.forget("model/dvc.yaml")
    assert (error := failing(here)).code == "E-DVC-006"
    assert error.where == "model/dvc.yaml"


def test_what_dvc_says_about_a_broken_definition_is_passed_on(here: Project) -> None:
    here.replace("model/dvc.yaml", "deps: [build/prepared.csv, steps.py]", "deps: [artifacts/model.json]")
    error = failing(here)
    assert (error.code, error.exit_code, error.where) == ("E-DVC-009", 2, "model/dvc.yaml")
    assert "both a dependency and an output" in error.message


@pytest.mark.parametrize(
    ("written", "code"),
    [("NaN", "E-MET-004"), ("Infinity", "E-MET-004"), ("'high'", "E-MET-005"), ("None", "E-MET-005")],
)
def test_a_metric_that_is_no_finite_number_never_passes(here: Project, written: str, code: str) -> None:
    value = f"float('{written}')" if code == "E-MET-004" else written
    here.replace("model/steps.py", '"mae": round(error, 6)', f'"mae": {value}')
    error = failing(here)
    assert error.code == code
    assert error.where == "model/reports/metrics.json /mae"
    assert error.exit_code == (1 if code == "E-MET-004" else 2)


def test_damaged_bytes_from_the_cache_are_refused(here: Project) -> None:
    digest = here.recorded("reports/predictions.csv")
    cached = here.root / ".dvc/cache/files/md5" / digest[:2] / digest[2:]
    cached.chmod(0o644)
    cached.write_bytes(b"x" + cached.read_bytes()[1:])
    cached.chmod(0o444)
    here.forget("model/reports/predictions.csv")
    error = failing(here)
    assert isinstance(error, SecurityRefusal)
    assert (error.code, error.where) == ("E-DVC-011", "model/reports/predictions.csv")


def test_training_on_damaged_data_is_refused(here: Project) -> None:
    january = (here.root / "data/2024-01.csv").read_bytes()
    stored = next(
        path for path in (here.root / ".dvc/storage").rglob("*") if path.is_file() and path.read_bytes() == january
    )
    stored.chmod(0o644)
    stored.write_bytes(stored.read_bytes().replace(b"2024-01-02", b"2024-01-03"))
    stored.chmod(0o444)
    here.replace(".dvc/config", "verify = true", "verify = false")
    edit_code(here)
    here.forget_outputs()
    here.forget_cache()
    error = failing(here)
    assert (error.code, error.where) == ("E-DVC-011", "data")


def test_a_remote_without_the_objects_is_infrastructure(here: Project) -> None:
    here.forget_outputs()
    here.forget_cache()
    here.forget(".dvc/storage")
    error = failing(here)
    assert isinstance(error, InfrastructureError)
    assert error.code == "E-DVC-010"


def test_a_remote_whose_plugin_is_missing_is_named(here: Project) -> None:
    here.forget_outputs()
    here.forget_cache()
    here.replace(".dvc/config", "url = storage", "url = s3://bucket/models")
    assert (error := failing(here)).code == "E-DVC-008"
    assert "dvc-s3" in error.message


def test_a_remote_that_refuses_does_not_matter_where_the_cache_has_everything(here: Project, tmp_path: Path) -> None:
    """A fork's run has no credentials; the runner's cache may hold what it needs."""
    here.forget_outputs()
    here.replace("model/params.yaml", "offset: 0.5", "offset: 2.5")
    program = tmp_path / "bin" / "dvc"
    program.parent.mkdir()
    refusal = "case \"$*\" in *pull*) echo 'ERROR: Unable to locate credentials'; exit 255;; esac"
    program.write_text(f'#!/bin/sh\n{refusal}\nexec {sys.executable} -I -m dvc "$@"\n')
    program.chmod(0o755)
    settings = settings_of(here, PATH=f"{program.parent}{os.pathsep}{environment()['PATH']}")
    assert train(here, settings).sentence.startswith("trained: 2 of 3 stages ran")
    assert "Trying with what DVC's cache holds" in said(settings)

    here.replace("model/params.yaml", "offset: 2.5", "offset: 3.5")
    here.forget_outputs()
    here.forget_cache()
    with pytest.raises(InputError, match="Unable to locate credentials"):
        train(here, settings)


def test_every_wrong_metric_is_told_at_once(here: Project) -> None:
    here.replace("model/steps.py", '"rows": len(found)', '"rows": None, "names": ["a"]')
    error = failing(here)
    assert isinstance(error, Problems)
    assert [problem.where.split(" ")[1] for problem in error.problems] == ["/rows", "/names"]
