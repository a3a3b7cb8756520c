"""The real example: a pull request that adds a month moves the hold-out, and still gets a real comparison."""

from __future__ import annotations

import argparse
import io
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from pipelines import environment
from tidegate.adapters import evidence as store
from tidegate.commands import compare_models
from tidegate.console import Console
from tidegate.core.answer import Verdict
from tidegate.settings import Settings

ROOT = Path(__file__).parents[2]
COMMITTED = (".dvc/.gitignore", ".dvc/config", ".dvc/storage", ".dvcignore", ".gitignore", "data.dvc", "model")
MADE = shutil.ignore_patterns("__pycache__", "live", "prepared", "artifacts", "reports")
HERE = {**environment(), "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


def run(folder: Path, *command: str) -> None:
    done = subprocess.run(command, cwd=folder, env=HERE, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example on `main`, and on `change` with January 2012 delivered and everything trained again."""
    folder = tmp_path_factory.mktemp("example")
    for name in COMMITTED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=MADE)
        else:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    (folder / "tidegate.yaml").write_text(_contract())
    run(folder, "git", "init", "-q", "-b", "main")
    run(folder, "git", "add", ".")
    run(folder, "git", "commit", "-qm", "the example")
    run(folder, "git", "switch", "-qc", "change")
    run(folder, "dvc", "pull", "--quiet")
    live = folder / "model" / "live"
    month, labels = (pq.read_table(live / part / "2012-01.parquet") for part in ("requests", "labels"))
    known = pq.read_schema(folder / "data" / "2011-12.parquet")
    joined = month.join(labels, "instant").sort_by("instant")
    pq.write_table(pa.table({name: joined[name] for name in known.names}).cast(known), folder / "data/2012-01.parquet")
    run(folder, "dvc", "add", "--quiet", "data")
    run(folder, "dvc", "repro", "--quiet", "model/dvc.yaml")
    run(folder, "git", "add", ".")
    run(folder, "git", "commit", "-qm", "January 2012")
    return folder


def _contract() -> str:
    """The example's own, on the Python that runs the tests: its lock would be installed first."""
    contract = yaml.safe_load((ROOT / "tidegate.yaml").read_text())
    (model,) = contract["models"].values()
    del model["environment"], model["evaluation"]["tests"]
    model["gates"] = [gate for gate in model["gates"] if not gate["metric"].startswith("predict_")]
    text: str = yaml.safe_dump(contract)
    return text


def test_a_month_more_is_compared_on_the_new_hold_out(grown: Path) -> None:
    settings = Settings(
        workspace=grown, config="tidegate.yaml", model=None, environ=HERE, console=Console(stream=io.StringIO())
    )
    parser = argparse.ArgumentParser()
    compare_models.configure(parser)
    answer = compare_models.run(settings, parser.parse_args(["--base", "main"]))
    found = store.read(grown / ".tidegate", "compare-models")
    assert found is not None
    assert answer.verdict in (Verdict.PASS, Verdict.FAIL, Verdict.UNDECIDED), answer.sentence
    rows = pq.read_table(grown / "model/prepared/holdout.parquet")
    january = sum(str(time).startswith("2012-01") for time in rows["timestamp"].to_pylist())
    rescored = found.result["champion"]["rescored"]
    assert rescored == {"rows": rows.num_rows, "new": january, "gone": rescored["gone"], "changed": 0}
    assert rescored["gone"] > 600
    (answers,) = (grown / ".tidegate" / "champion").rglob("answers/*.parquet")
    said = pq.read_table(answers).to_pydict()
    errors = [(truth - guess) ** 2 for truth, guess in zip(said["rentals"], said["predicted"], strict=True)]
    rmse = next(metric for metric in found.result["metrics"] if metric["name"] == "rmse")
    assert rmse["champion"] == pytest.approx((sum(errors) / len(errors)) ** 0.5, rel=1e-12)
    assert rmse["candidate"] != rmse["champion"]
    assert rmse["interval"] is not None
