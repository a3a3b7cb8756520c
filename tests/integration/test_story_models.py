"""The bad releases of the story are bad in the way that the story says, and in no way that a gate could see."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from numpy.typing import NDArray

from fixtures.server_process import command, environment
from tidegate.server.release.packing import pack
from tidegate.simulator.clients import rows as clients
from tidegate.simulator.story import changes
from tidegate.simulator.story.changes import Replacement

ROOT = Path(__file__).parents[2]
BAD = {"slow": changes.SLOW, "wrong": changes.WRONG, "never healthy": changes.NEVER_HEALTHY}
Build = Callable[[str], Path]


def _committed(path: str) -> Path:
    """An output of the pipeline, from the remote inside the repository."""
    lock = yaml.safe_load((ROOT / "model/dvc.lock").read_text(encoding="utf-8"))
    outputs = (output for stage in lock["stages"].values() for output in stage["outs"])
    digest = next(output["md5"] for output in outputs if output["path"] == path)
    return ROOT / ".dvc/storage/files/md5" / digest[:2] / digest[2:]


def _trained(folder: Path, change: tuple[Replacement, ...]) -> Path:
    """The model of the example with a few trees and a change, as `model/train.py` exports it."""
    shutil.copytree(ROOT / "model", folder / "model", ignore=shutil.ignore_patterns("live", "reports", "__pycache__"))
    parameters = folder / "model/params.yaml"
    parameters.write_text(re.sub(r"(trees: )\d+", r"\g<1>5", parameters.read_text()))
    for path, text in changes.texts(change, lambda path: (folder / path).read_text(encoding="utf-8")).items():
        (folder / path).write_text(text, encoding="utf-8")
    train = folder / "model/prepared/train.parquet"
    train.parent.mkdir(exist_ok=True)
    shutil.copyfile(_committed("model/prepared/train.parquet"), train)
    options = {"cwd": folder, "capture_output": True, "text": True, "timeout": 300}
    done = subprocess.run([sys.executable, "model/train.py"], check=False, env={**os.environ}, **options)  # type: ignore[call-overload]
    assert done.returncode == 0, done.stderr
    return folder / "model/artifacts/model.onnx"


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """The usual model (an empty name) or a bad one, each built once."""
    return cache(lambda name: _trained(tmp_path_factory.mktemp("model"), BAD.get(name, ())))


def _answers(model: Path, table: pa.Table) -> NDArray[np.float64]:
    session = ort.InferenceSession(model.read_bytes(), providers=["CPUExecutionProvider"])
    rows = clients.rows(table)
    feed = {node.name: _column(node.type, [row[node.name] for row in rows]) for node in session.get_inputs()}
    found: NDArray[np.float64] = session.run(None, feed)[0].ravel()
    return found


def _column(kind: str, values: list[Any]) -> NDArray[Any]:
    return np.array(values, dtype=object if "string" in kind else None).reshape(-1, 1)


def _past() -> pa.Table:
    return pq.read_table(_committed("model/prepared/holdout.parquet"))


def _live() -> pa.Table:
    return clients.table(lambda path: (ROOT / path).read_bytes(), "requests/2012-01.parquet")


@pytest.mark.parametrize("name", BAD)
def test_no_gate_can_tell_it_from_the_usual_one(build: Build, name: str) -> None:
    assert (_answers(build(name), _past()) == _answers(build(""), _past())).all()


def test_the_slow_one_is_right_about_the_next_year_as_well(build: Build) -> None:
    assert (_answers(build("slow"), _live()) == _answers(build(""), _live())).all()


def test_the_wrong_one_is_wrong_about_nearly_every_hour_of_the_next_year(build: Build) -> None:
    assert (_answers(build("wrong"), _live()) != _answers(build(""), _live())).mean() > 0.9


def test_the_last_one_is_a_release_with_which_no_server_starts(build: Build, tmp_path: Path) -> None:
    pack(
        tmp_path / "release",
        model=build("never healthy").read_bytes(),
        profile=_committed("model/artifacts/profile.json").read_bytes(),
        name="bike-demand",
        version="1",
        commit="0" * 40,
    )
    started = command(tmp_path / "release")
    done = subprocess.run(started, env=environment(), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode != 0
    assert "out of data bounds" in done.stderr
