"""A project whose hold-out grows: the pipeline of `pipelines`, with a model that can be asked about other rows."""

from __future__ import annotations

import argparse
import io
import json
import shutil
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pipelines import Project, environment, project, temporary
from tidegate.adapters import evidence as store
from tidegate.commands import compare_models
from tidegate.console import Console
from tidegate.core.answer import Answer
from tidegate.settings import Settings

ROWS = "model/build/prepared.csv"
PREDICT = """\
import csv, json, sys

model, rows, predictions = sys.argv[1:]
value = json.load(open(model))["value"]
with open(rows) as source, open(predictions, "w", newline="") as target:
    writer = csv.writer(target)
    writer.writerow(["id", "predicted"])
    writer.writerows([row["id"], value] for row in reversed(list(csv.DictReader(source))))
"""
KEYS = """\
      cluster: day
      rows: model/build/prepared.csv
      model: model/artifacts/model.json
      predict: [python3, model/predict.py, "{model}", "{rows}", "{predictions}"]
"""
NEW_MONTH = "\n".join(
    ["id,day,sold", *(f"{168 + number},2024-03-{number % 28 + 1:02},{12 + (number * 7) % 13}" for number in range(84))]
)


@cache
def _template() -> Path:
    """A project with a trained month more on `month`; everything that DVC has to do is done once."""
    here = project(temporary("growing"))
    here.git("switch", "--quiet", "--create", "month")
    here.write("data/2024-03.csv", NEW_MONTH + "\n")
    here.dvc("add", "--quiet", "data")
    here.dvc("repro", "--quiet", at="model")
    here.commit("one more month")
    return here.root


def growing(folder: Path, *, keys: str = KEYS) -> Project:
    """The project with a champion on `main` that can be asked, where its keys name a command."""
    here = project(folder)
    _askable(here, keys, PREDICT)
    here.git("switch", "--quiet", "--create", "change")
    return here


def grown(folder: Path) -> Project:
    """The same with a change that adds a month of data, trained."""
    here = _copied(folder)
    _askable(here, KEYS, PREDICT)
    return _with_the_month(here)


def released(folder: Path, *, keys: str = KEYS, predict: str = PREDICT, lock: str = "", of_base: str = KEYS) -> Project:
    """As `grown`, where production runs an older commit than the base's: one with these keys, command and lock."""
    here = _copied(folder)
    good = here.read("tidegate.yaml")
    if lock:
        here.replace("tidegate.yaml", "    gates:", "    environment: {lock: model/requirements.txt}\n    gates:")
        here.write("model/requirements.txt", lock)
    _askable(here, keys, predict)
    champion = here.git("rev-parse", "HEAD")
    here.write("tidegate.yaml", good)
    here.write("environments/production/release.yaml", f"model: demand\nversion: 7\ncommit: {champion}\n")
    _askable(here, of_base, PREDICT)
    return _with_the_month(here)


def _copied(folder: Path) -> Project:
    shutil.copytree(_template(), folder, symlinks=True)
    here = Project(folder)
    here.git("switch", "--quiet", "main")
    return here


def _with_the_month(here: Project) -> Project:
    here.git("switch", "--quiet", "--create", "change")
    here.git("cherry-pick", "--keep-redundant-commits", "month")
    return here


def _askable(here: Project, keys: str, predict: str) -> None:
    here.replace("tidegate.yaml", "      cluster: day\n", keys)
    here.write("model/predict.py", predict)
    here.commit("a model that can be asked")


def champions_value(here: Project) -> float:
    """What the champion on `main` says of every row."""
    lines = here.git("show", "main:model/dvc.lock").splitlines()
    place = max(number for number, line in enumerate(lines) if line.strip() == "- path: artifacts/model.json")
    digest = next(line.split()[1] for line in lines[place:] if line.strip().startswith("md5:"))
    stored = here.root / ".dvc/cache/files/md5" / digest[:2] / digest[2:]
    return float(json.loads(stored.read_text())["value"])


def compare(here: Project, *arguments: str, **variables: str) -> Answer:
    """What `compare-models` says of the work tree against `main`."""
    console = Console(stream=io.StringIO())
    settings = Settings(
        workspace=here.root,
        config="tidegate.yaml",
        model=None,
        environ={**environment(), **variables},
        console=console,
    )
    parser = argparse.ArgumentParser()
    compare_models.configure(parser)
    return compare_models.run(settings, parser.parse_args(list(arguments) or ["--base", "main"]))


def result(here: Project) -> Mapping[str, Any]:
    """The evidence that it left."""
    found = store.read(here.root / ".tidegate", "compare-models")
    assert found is not None
    return found.result
