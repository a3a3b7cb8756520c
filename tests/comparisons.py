"""A repository as a pull request brings it to `compare-models`: a champion on `main`, a candidate on `change`."""

from __future__ import annotations

import argparse
import io
import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tidegate.adapters import evidence as store
from tidegate.commands import compare_models
from tidegate.console import Console
from tidegate.core.answer import Answer
from tidegate.settings import Settings
from tidegate.steps.comparison.reference import Champions

PREDICTIONS = "model/reports/predictions.parquet"
CONTRACT = """\
version: 1
models:
  bike:
    path: model
    data: {tracked: data.dvc, expectations: model/expectations}
    evaluation:
      predictions: model/reports/predictions.parquet
      id: instant
      target: rentals
      prediction: predicted
      cluster: date
      slices: [weather]
    gates:
      - {metric: rmse, no_worse_by: 1%}
      - {metric: mae, at_most: 60}
"""
DAYS, HOURS = 120, 24


def table(scale: float = 1.0, *, noise: float = 0.0, **replaced: Any) -> pa.Table:
    """A hold-out of 120 days whose predictions are off by a fixed error times `scale`, plus seeded noise."""
    random = np.random.default_rng(0)
    rows = DAYS * HOURS
    truth = random.integers(0, 500, rows)
    error = np.repeat(random.normal(0, 15, DAYS), HOURS) + random.normal(0, 40, rows)
    columns = {
        "instant": np.arange(rows),
        "rentals": truth,
        "predicted": truth + scale * error + np.random.default_rng(1).normal(0, 1, rows) * noise,
        "date": [f"2012-{day:03}" for day in np.repeat(np.arange(DAYS), HOURS)],
        "weather": np.random.default_rng(2).choice(["clear", "mist"], rows),
    }
    return pa.table({**columns, **replaced})


def run_git(folder: Path, *arguments: str, time: int | None = None) -> str:
    identity = {f"GIT_{role}_{part}": "a@b" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
    dates = {} if time is None else {f"GIT_{role}_DATE": f"@{time} +0000" for role in ("AUTHOR", "COMMITTER")}
    variables = {**os.environ, **identity, **dates, "GIT_CONFIG_GLOBAL": os.devnull}
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, env=variables, capture_output=True, text=True, check=True).stdout.strip()


class Repository:
    """A repository on disk with a champion on `main` and a candidate in the work tree of `change`.

    `time` is what its commits are dated by, in seconds; None: now.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "repository"
        self.folder.mkdir()
        self.champions: dict[str, Path] = {}
        self.time: int | None = None
        run_git(self.folder, "init", "-q", "-b", "main")
        self.write("tidegate.yaml", CONTRACT)
        self.write(".gitignore", "model/reports/\n.tidegate/\n")

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def commit(self, **lock: str) -> str:
        if lock:
            self.write("model/dvc.lock", lock_file(**lock))
        run_git(self.folder, "add", ".")
        run_git(self.folder, "commit", "-qm", "change", "--allow-empty", time=self.time)
        return run_git(self.folder, "rev-parse", "HEAD")

    def champion(self, predictions: pa.Table, **lock: str) -> str:
        """Commit a model to `main` and start the branch `change` from it."""
        found = self.commit(**(lock or {"model": "1" * 32}))
        self.champions[found] = self.folder.parent / f"{found}.parquet"
        pq.write_table(predictions, self.champions[found])
        run_git(self.folder, "checkout", "-qB", "change")
        return found

    def candidate(self, predictions: pa.Table) -> None:
        (self.folder / PREDICTIONS).parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(predictions, self.folder / PREDICTIONS)

    def compare(self, *arguments: str, environ: Mapping[str, str] | None = None, **collaborators: Any) -> Answer:
        settings = Settings(
            workspace=self.folder,
            config="tidegate.yaml",
            model=None,
            environ=environ or {},
            console=Console(stream=io.StringIO()),
            dry_run="--dry-run" in arguments,
        )
        parser = argparse.ArgumentParser()
        compare_models.configure(parser)
        options = parser.parse_args([argument for argument in arguments if argument != "--dry-run"])
        given = {"output": lambda settings, model, commit, output: self.champions[commit], **collaborators}
        return compare_models.run(settings, options, Champions(**given))

    @property
    def result(self) -> Mapping[str, Any]:
        found = store.read(self.folder / ".tidegate", "compare-models")
        assert found is not None
        return found.result


def lock_file(**artifacts: str) -> str:
    """What DVC records of two stages: one that writes a model, one that writes predictions from it."""
    model = artifacts.get("model", "1" * 32)
    predictions = {"hash": "md5", "md5": artifacts["predictions"], "size": 1} if "predictions" in artifacts else {}
    return json.dumps(
        {
            "schema": "2.0",
            "stages": {
                "train": {"cmd": "x", "outs": [{"path": "model.onnx", "hash": "md5", "md5": model, "size": 1}]},
                "evaluate": {
                    "cmd": "y",
                    "deps": [{"path": "model.onnx", "hash": "md5", "md5": model, "size": 1}],
                    "outs": [{"path": "reports/predictions.parquet", **predictions}],
                },
            },
        }
    )
