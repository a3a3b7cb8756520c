"""A small real project for tests: Git, DVC with a folder remote, three stages that need nothing but Python.

It is made once per test process and copied for each test; `Project` has the verbs that tests speak in.
"""

from __future__ import annotations

import atexit
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

CONTRACT = """\
version: 1
models:
  demand:
    path: model
    data: {tracked: data.dvc, expectations: model/expectations}
    evaluation:
      predictions: model/reports/predictions.csv
      id: id
      target: sold
      prediction: predicted
      cluster: day
    gates:
      - {metric: mae, no_worse_by: 50%}
"""
PARAMS = """\
train:
  offset: 0.5   # added to every prediction
seed: 1
"""
PIPELINE = """\
stages:
  prepare:
    cmd: python3 steps.py prepare ../data build/prepared.csv
    deps: [../data, steps.py]
    outs: [build/prepared.csv]
  train:
    cmd: python3 steps.py train build/prepared.csv artifacts/model.json ${train.offset}
    deps: [build/prepared.csv, steps.py]
    params: [train.offset, seed]
    outs: [artifacts/model.json]
  evaluate:
    cmd: python3 steps.py evaluate build/prepared.csv artifacts/model.json reports
    deps: [build/prepared.csv, artifacts/model.json, steps.py]
    outs: [reports/predictions.csv]
    metrics: [{reports/metrics.json: {cache: false}}]
    plots: [{reports/plots: {cache: false}}]
"""
STEPS = """\
import csv, json, pathlib, sys

def rows(place):
    files = sorted(place.iterdir()) if place.is_dir() else [place]
    return [row for file in files for row in csv.DictReader(file.open())]

def write(place, found):
    place.parent.mkdir(exist_ok=True, parents=True)
    with place.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(found[0]))
        writer.writeheader()
        writer.writerows(found)

def prepare(source, target):
    write(pathlib.Path(target), rows(pathlib.Path(source)))

def train(source, target, offset):
    sold = [float(row["sold"]) for row in rows(pathlib.Path(source))]
    print("mean", sum(sold) / len(sold))
    model = pathlib.Path(target)
    model.parent.mkdir(exist_ok=True)
    model.write_text(json.dumps({"value": sum(sold) / len(sold) + float(offset)}))

def evaluate(source, model, target):
    value = json.loads(pathlib.Path(model).read_text())["value"]
    found = [{**row, "predicted": value} for row in rows(pathlib.Path(source))]
    folder = pathlib.Path(target)
    write(folder / "predictions.csv", found)
    error = sum(abs(float(row["sold"]) - value) for row in found) / len(found)
    (folder / "metrics.json").write_text(json.dumps({"mae": round(error, 6), "rows": len(found)}))
    (folder / "plots").mkdir(exist_ok=True)
    (folder / "plots" / "errors.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')

globals()[sys.argv[1]](*sys.argv[2:])
"""
IGNORED = "/data\n/.tidegate/\n__pycache__/\n/model/build/\n/model/artifacts/\n/model/reports/predictions.csv\n"


def environment() -> dict[str, str]:
    """The caller's environment in tests: nothing of the runner's, DVC and Git away from the user's own settings."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    private = {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_AUTHOR_NAME": "a person",
        "GIT_AUTHOR_EMAIL": "person@example.org",
        "GIT_COMMITTER_NAME": "a person",
        "GIT_COMMITTER_EMAIL": "person@example.org",
        "DVC_GLOBAL_CONFIG_DIR": _nowhere(),
        "DVC_SYSTEM_CONFIG_DIR": _nowhere(),
        "DVC_NO_ANALYTICS": "true",
        "DVC_TEST": "true",
    }
    return {**kept, **private}


@cache
def _nowhere() -> str:
    return str(temporary("settings"))


def temporary(what: str) -> Path:
    """A folder that does not exist yet, and is gone when this process ends."""
    folder = mkdtemp(prefix=f"tidegate-test-{what}-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder) / what


@dataclass(frozen=True)
class Project:
    """A repository with a pipeline whose outputs are on the DVC remote and in the cache."""

    root: Path

    def run(self, *command: str, at: str = ".", **variables: str) -> str:
        """Standard output of a program run in the project; it must succeed."""
        done = subprocess.run(
            command,
            cwd=self.root / at,
            env={**environment(), **variables},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    def git(self, *arguments: str) -> str:
        return self.run("git", *arguments).strip()

    def dvc(self, *arguments: str, at: str = ".") -> str:
        return self.run(sys.executable, "-I", "-m", "dvc", *arguments, at=at)

    def write(self, path: str, text: str) -> Path:
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
        return place

    def read(self, path: str) -> str:
        return (self.root / path).read_text(encoding="utf-8")

    def replace(self, path: str, old: str, new: str) -> None:
        text = self.read(path)
        assert old in text, f"{path} has no {old!r}"
        self.write(path, text.replace(old, new))

    def commit(self, message: str = "a change") -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)
        return self.git("rev-parse", "HEAD")

    def forget(self, *paths: str) -> None:
        """Delete files and folders of the work tree."""
        for path in paths:
            place = self.root / path
            shutil.rmtree(place) if place.is_dir() else place.unlink()

    def forget_cache(self) -> None:
        shutil.rmtree(self.root / ".dvc" / "cache", ignore_errors=True)

    def forget_outputs(self) -> None:
        """As a fresh clone has it: nothing that DVC keeps."""
        self.forget("data", "model/build", "model/artifacts", "model/reports/predictions.csv")

    def recorded(self, output: str) -> str:
        """The md5 that dvc.lock gives for an output, as written in it."""
        lines = self.read("model/dvc.lock").splitlines()
        place = max(number for number, line in enumerate(lines) if line.strip() == f"- path: {output}")
        return next(line.split()[1] for line in lines[place:] if line.strip().startswith("md5:"))

    def processes(self) -> list[str]:
        """What is still at work in the project: the command lines of processes whose folder is in it."""
        import psutil

        found: list[str] = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if Path(process.cwd()).is_relative_to(self.root):
                    found.append(" ".join(process.cmdline()))
        return found

    def json(self, path: str) -> dict[str, object]:
        found: dict[str, object] = json.loads(self.read(path))
        return found


@cache
def _template() -> Path:
    project = Project(temporary("project"))
    project.root.mkdir()
    project.git("init", "--quiet", "--initial-branch", "main")
    project.dvc("init", "--quiet")
    project.write(
        ".dvc/config", "[core]\n    remote = store\n['remote \"store\"']\n    url = storage\n    verify = true\n"
    )
    for month, rows in _MONTHS.items():
        project.write(f"data/{month}.csv", rows)
    files = {"tidegate.yaml": CONTRACT, "model/params.yaml": PARAMS, "model/dvc.yaml": PIPELINE}
    for path, text in {**files, "model/steps.py": STEPS, ".gitignore": IGNORED}.items():
        project.write(path, text)
    project.dvc("add", "--quiet", "data")
    project.dvc("repro", "--quiet", at="model")
    project.dvc("push", "--quiet")
    project.commit("a trained model")
    return project.root


def _rows(month: str, first: int) -> str:
    lines = [f"{first + number},{month}-{number % 28 + 1:02},{10 + (number * 7) % 13}" for number in range(84)]
    return "\n".join(["id,day,sold", *lines]) + "\n"


_MONTHS: Mapping[str, str] = {"2024-01": _rows("2024-01", 0), "2024-02": _rows("2024-02", 84)}


def project(place: Path) -> Project:
    """A copy of the project at `place`, with all that a laptop has: data, outputs, cache."""
    shutil.copytree(_template(), place, symlinks=True)
    return Project(place)
