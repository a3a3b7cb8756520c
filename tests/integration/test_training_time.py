"""How long a model was trained: by the record that names its file, and of this run by its own evidence."""

from __future__ import annotations

import hashlib
import io
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from comparisons import lock_file, run_git
from tidegate.adapters import evidence as store
from tidegate.adapters.mlflow import recording
from tidegate.console import Console
from tidegate.core.answer import Verdict
from tidegate.core.contract import DataSource, Evaluation, Model
from tidegate.core.evidence import Evidence, Subject
from tidegate.core.training.tracking import FILE_TAG, SECONDS_TAG
from tidegate.settings import Settings
from tidegate.steps.pipeline import training_time

FILE = "sha256:" + "a" * 64


def recorded(folder: Path, *runs: tuple[str, str, int]) -> None:
    """A store with (seconds, status, start) of trainings that made `FILE`."""
    folder.mkdir(parents=True)
    with closing(sqlite3.connect(folder / "mlflow.db")) as database:
        database.execute("create table runs (run_uuid, status, start_time, lifecycle_stage)")
        database.execute("create table tags (key, value, run_uuid)")
        for number, (seconds, status, start) in enumerate(runs):
            database.execute("insert into runs values (?, ?, ?, 'active')", (str(number), status, start))
            tags = [(FILE_TAG, FILE, str(number)), (SECONDS_TAG, seconds, str(number))]
            database.executemany("insert into tags values (?, ?, ?)", tags)
        database.commit()


@pytest.mark.parametrize(
    ("runs", "seconds"),
    [
        ([("18.300", "FINISHED", 1)], 18.3),
        ([("18.300", "FINISHED", 1), ("20", "FINISHED", 2)], 20.0),
        ([("18.300", "FINISHED", 1), ("20", "FAILED", 2)], 18.3),
        ([("soon", "FINISHED", 1)], None),
        ([("nan", "FINISHED", 1)], None),
        ([("-3", "FINISHED", 1)], None),
        ([], None),
    ],
)
def test_the_newest_finished_training_of_a_file_counts(
    runs: list[tuple[str, str, int]], seconds: float | None, tmp_path: Path
) -> None:
    recorded(tmp_path / "mlflow", *runs)
    assert recording.training_seconds(tmp_path / "mlflow", {}, FILE) == seconds
    assert recording.training_seconds(tmp_path / "mlflow", {}, "sha256:other") is None


def test_no_store_a_broken_one_and_a_server_know_nothing(tmp_path: Path) -> None:
    assert recording.training_seconds(tmp_path / "none", {}, FILE) is None
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "mlflow.db").write_bytes(b"no database")
    assert recording.training_seconds(tmp_path / "bad", {}, FILE) is None
    recorded(tmp_path / "mlflow", ("5", "FINISHED", 1))
    assert (
        recording.training_seconds(tmp_path / "mlflow", {"MLFLOW_TRACKING_URI": "https://mlflow.example"}, FILE) is None
    )


class Project:
    """A commit whose lock says that stage `train` wrote model/model.onnx."""

    def __init__(self, folder: Path) -> None:
        run_git(folder, "init", "-q", "-b", "main")
        (folder / "model").mkdir()
        (folder / "model" / "dvc.lock").write_text(lock_file())
        stages = {name: {"cmd": "x"} for name in json.loads(lock_file())["stages"]}
        (folder / "model" / "dvc.yaml").write_text(json.dumps({"stages": stages}))
        run_git(folder, "add", ".")
        run_git(folder, "commit", "-qm", "first")
        self.commit = run_git(folder, "rev-parse", "HEAD")
        self.digest = f"sha256:{hashlib.sha256(b'model').hexdigest()}"
        columns = Evaluation(predictions="p", id="i", target="t", prediction="p", model="model/model.onnx")
        source = DataSource(tracked="d", expectations="e")
        self.model = Model(name="m", path="model", data=source, evaluation=columns, gates=())
        console = Console(stream=io.StringIO())
        self.settings = Settings(workspace=folder, config="c", model=None, environ={}, console=console)

    def trained(self, seconds: Any, **other: str) -> float | None:
        given = {"commit": self.commit, "model": "m", "sha256": self.digest, **other}
        result = {
            "stages": [{"name": "train", "state": "ran", "why": [], "seconds": seconds}, {"name": "evaluate"}],
            "artifacts": [{"path": "model/model.onnx", "sha256": given["sha256"], "bytes": 5}],
        }
        subject = Subject(commit=given["commit"])
        found = Evidence(
            command="train-model", model=given["model"], outcome=Verdict.PASS, subject=subject, result=result
        )
        store.write(self.settings.evidence, found)
        return training_time.of_candidate(self.settings, self.model, self.digest)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_the_stage_that_wrote_the_model_is_what_counts(project: Project) -> None:
    assert project.trained(18.3) == 18.3


@pytest.mark.parametrize(
    ("seconds", "other"),
    [
        (None, {}),
        (True, {}),
        (0, {}),
        ("18", {}),
        (18.3, {"commit": "0" * 40}),
        (18.3, {"model": "another"}),
        (18.3, {"sha256": FILE}),
    ],
    ids=["restored", "true", "zero", "text", "another commit", "another model", "another file"],
)
def test_what_did_not_train_this_very_file_says_nothing(project: Project, seconds: Any, other: dict[str, str]) -> None:
    assert project.trained(seconds, **other) is None


def test_evidence_that_cannot_be_read_says_nothing(project: Project) -> None:
    project.settings.evidence.mkdir()
    (project.settings.evidence / "train-model.json").write_text("{")
    assert training_time.of_candidate(project.settings, project.model, project.digest) is None
