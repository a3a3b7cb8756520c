"""Models in any language: whole runs of each one's own predict command, each at its own commit, in turns."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest

from comparisons import run_git
from tidegate.console import Console
from tidegate.core.comparison.beside.cost import Costs, read
from tidegate.core.comparison.beside.cost_ratio import cost_ratios
from tidegate.core.contract import DataSource, Evaluation, Model
from tidegate.errors import InputError
from tidegate.settings import Settings
from tidegate.steps.comparison import cost, cost_runs
from tidegate.steps.comparison.packaged import Packaged

PREDICT = ("python", "predict.py", "{model}", "{rows}", "{predictions}")
PROGRAM = """\
import pathlib, sys, time
model, rows, answers = map(pathlib.Path, sys.argv[1:])
time.sleep(float(model.read_text()))
answers.write_text(rows.read_text())
"""
ENVIRON = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


class Project:
    """A repository whose models are text files that say how long an answer takes."""

    def __init__(self, folder: Path, program: str = PROGRAM, predict: tuple[str, ...] | None = PREDICT) -> None:
        self.root = folder / "project"
        self.root.mkdir()
        run_git(self.root, "init", "-q", "-b", "main")
        (self.root / "predict.py").write_text(program)
        (self.root / "rows.csv").write_text("id,x\n" + "".join(f"{row},1\n" for row in range(10)))
        run_git(self.root, "add", ".")
        run_git(self.root, "commit", "-qm", "first")
        columns = Evaluation(
            predictions="p.csv",
            id="id",
            target="y",
            prediction="p",
            model="model.txt",
            rows="rows.csv",
            predict=predict,
        )
        source = DataSource(tracked="d", expectations="e")
        self.model = Model(name="m", path="model", data=source, evaluation=columns, gates=())
        self.settings = Settings(
            workspace=self.root,
            config="tidegate.yaml",
            model=None,
            environ=ENVIRON,
            console=Console(stream=io.StringIO()),
        )

    def costs(self, candidate: str, champion: str | None) -> Costs:
        files = {name: self.root.parent / f"{name}.txt" for name in ("new", "old")}
        files["new"].write_text(candidate)
        files["old"].write_text(champion or "")
        commit = run_git(self.root, "rev-parse", "HEAD")
        theirs = {"champion": files["old"], "theirs": self.model, "commit": commit} if champion else {}
        found = cost.of(self.settings, self.model, Packaged(candidate=files["new"], **theirs))
        assert found is not None
        return found


def test_a_slower_program_is_found_out_and_the_evidence_says_how_it_was_timed(tmp_path: Path) -> None:
    found = Project(tmp_path).costs("0.2", "0.0")
    assert (found.way, found.rows, found.rounds) == ("program", 10, cost_runs.ROUNDS)
    by_name = {one.name: one for one in cost_ratios(found, 0.05)}
    assert by_name["predict_p50_ms"].interval is not None
    assert by_name["predict_p50_ms"].interval.low > 1.2
    assert by_name["predict_rows_per_second"].better is False
    assert by_name["peak_memory_bytes"].ratio == pytest.approx(1, rel=0.2)
    assert "predict_p95_ms" not in by_name
    assert read(found.document()) == found


def test_a_first_models_program_is_timed_alone(tmp_path: Path) -> None:
    found = Project(tmp_path).costs("0.0", None)
    assert found.way == "program"
    assert found.series["predict_p50_ms"].champion is None


@pytest.mark.parametrize(
    ("program", "predict", "why_not"),
    [
        (PROGRAM, None, "evaluation.predict names no command"),
        ("raise SystemExit(3)\n", PREDICT, "3"),
        (PROGRAM, ("no-such-program", "{rows}"), "no program 'no-such-program'"),
    ],
    ids=["no command", "a program that fails", "no such program"],
)
def test_what_cannot_be_run_is_a_reason_and_no_error(
    program: str, predict: tuple[str, ...] | None, why_not: str, tmp_path: Path
) -> None:
    found = Project(tmp_path, program, predict).costs("0.0", None)
    assert (found.way, found.series) == ("none", {})
    assert why_not in found.why_not
    assert found.pairs["model_bytes"].candidate == 3


def test_a_program_that_takes_too_long_is_not_run_for_hours() -> None:
    with pytest.raises(InputError, match="takes 40 s a run; 12 rounds of it are more than 15 minutes"):
        cost_runs._bounded([30.0, 40.0])
    cost_runs._bounded([1.0, 1.0])
