"""A small real project whose training depends on a seed, on code and on data, and notes every time that it runs."""

from __future__ import annotations

import argparse
import atexit
import io
import shutil
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from pipelines import Project, environment, project
from tidegate.commands import compare_models
from tidegate.console import Console
from tidegate.core.answer import Answer
from tidegate.settings import Settings

STEPS = """\
import csv, json, os, pathlib, random, sys

def rows(place):
    return [row for file in sorted(place.iterdir()) for row in csv.DictReader(file.open())]

def write(place, found):
    place.parent.mkdir(exist_ok=True, parents=True)
    with place.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(found[0]))
        writer.writeheader()
        writer.writerows(found)

def prepare(source, target):
    found = rows(pathlib.Path(source))
    last = max(row["day"][:7] for row in found)
    for name, held_out in (("train", False), ("holdout", True)):
        write(pathlib.Path(target) / f"{name}.csv", [row for row in found if (row["day"][:7] == last) == held_out])

def train(source, target, offset, seed):
    if os.environ.get("TRAININGS"):
        with open(os.environ["TRAININGS"], "a") as notes:
            notes.write(f"{seed}\\n")
    if os.environ.get("FAILS_AT") == seed:
        sys.exit("no memory left")
    sold = [float(row["sold"]) for row in csv.DictReader(pathlib.Path(source).open())]
    value = sum(sold) / len(sold) + float(offset) + random.Random(int(seed)).gauss(0, 1.5)
    model = pathlib.Path(target)
    model.parent.mkdir(exist_ok=True)
    model.write_text(json.dumps({"value": value}))

def predict(model, source, target):
    value = json.loads(pathlib.Path(model).read_text())["value"]
    found = list(csv.DictReader(pathlib.Path(source).open()))
    write(pathlib.Path(target), [{**row, "predicted": value + int(row["id"]) % 5 - 2} for row in found])

globals()[sys.argv[1]](*sys.argv[2:])
"""
PIPELINE = """\
stages:
  prepare:
    cmd: python3 steps.py prepare ../data build
    deps: [../data, steps.py]
    outs: [build/train.csv, build/holdout.csv]
  train:
    cmd: python3 steps.py train build/train.csv artifacts/model.json ${train.offset} ${train.seed}
    deps: [build/train.csv, steps.py]
    params: [train]
    outs: [artifacts/model.json]
  evaluate:
    cmd: python3 steps.py predict artifacts/model.json build/holdout.csv reports/predictions.csv
    deps: [build/holdout.csv, artifacts/model.json, steps.py]
    outs: [reports/predictions.csv]
"""
PARAMS = "train:\n  offset: 0.5   # added to every prediction\n  seed: 7\n"
EVALUATION = "      cluster: day\n"
REPEATS = "      repeats: {times: 2, parameter: train.seed}\n"
PREDICT = """\
      rows: model/build/holdout.csv
      model: model/artifacts/model.json
      predict: [python3, model/steps.py, predict, "{model}", "{rows}", "{predictions}"]
"""
NOTES = "trainings.txt"


@cache
def _trained() -> Path:
    """Made once per test process and copied for each test."""
    folder = Path(mkdtemp(prefix="tidegate-test-seeded-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    here = project(folder / "project")
    here.forget("model/reports", "model/build", "model/artifacts", "model/dvc.lock")
    for path, text in {"model/steps.py": STEPS, "model/dvc.yaml": PIPELINE, "model/params.yaml": PARAMS}.items():
        here.write(path, text)
    here.replace("tidegate.yaml", "no_worse_by: 50%", "no_worse_by: 1")
    here.dvc("repro", "--quiet", at="model")
    here.commit("a champion")
    return here.root


def seeded(place: Path, evaluation: str = "") -> Project:
    """The project with a trained champion on `main`; `evaluation` are further lines of its contract."""
    shutil.copytree(_trained(), place, symlinks=True)
    here = Project(place)
    if evaluation:
        here.replace("tidegate.yaml", EVALUATION, EVALUATION + evaluation)
        here.commit("its contract")
    here.git("checkout", "--quiet", "-b", "change")
    return here


def change(here: Project, *edits: tuple[str, str, str]) -> None:
    """Edit files, train, commit: a candidate. An edit is path, old text, new text."""
    for path, old, new in edits:
        here.replace(path, old, new)
    here.dvc("repro", "--quiet", at="model")
    here.commit("a candidate")


def add_month(here: Project, level: int = 20) -> None:
    """Data for training from before the rest: the hold-out stays the newest month."""
    lines = [f"{1000 + number},2023-12-{number % 28 + 1:02},{level + number % 3}" for number in range(84)]
    here.write("data/2023-12.csv", "\n".join(["id,day,sold", *lines]) + "\n")
    here.dvc("add", "--quiet", "data")


def add_newest_month(here: Project) -> None:
    """Data that moves the hold-out: the pipeline holds the newest month out."""
    lines = [f"{900 + number},2024-03-{number % 28 + 1:02},{number % 9}" for number in range(84)]
    here.write("data/2024-03.csv", "\n".join(["id,day,sold", *lines]) + "\n")
    here.dvc("add", "--quiet", "data")


def settings_of(here: Project, **variables: str) -> Settings:
    variables = {"TRAININGS": str(here.root.parent / NOTES), **variables}
    console = Console(stream=io.StringIO())
    environ = {**environment(), **variables}
    return Settings(workspace=here.root, config="tidegate.yaml", model=None, environ=environ, console=console)


def compare(here: Project, *arguments: str, dry: bool = False, **variables: str) -> Answer:
    """`compare-models` against `main`."""
    parser = argparse.ArgumentParser()
    compare_models.configure(parser)
    options = parser.parse_args(["--base", "main", *arguments])
    return compare_models.run(replace(settings_of(here, **variables), dry_run=dry), options)


def trainings(here: Project) -> list[str]:
    """The seeds of all trainings so far that `compare` started."""
    notes = here.root.parent / NOTES
    return notes.read_text().split() if notes.exists() else []


def result(here: Project) -> Any:
    return here.json(".tidegate/compare-models.json")["result"]
