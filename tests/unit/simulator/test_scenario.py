from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from tidegate.console import Console
from tidegate.errors import InputError
from tidegate.simulator import telling
from tidegate.simulator.act_log import JobRun, Progress, StepRun
from tidegate.simulator.happenings import PullRequest
from tidegate.simulator.run_record import RunRecord
from tidegate.simulator.runs import Run, Runs
from tidegate.simulator.scenario import SCENARIOS, Played, Scene, with_values

TEXT = """\
split:
  months: 2   # kept
train:
  trees: 200
  deep:
    trees: 1
"""


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("train.trees", "  trees: 9"),
        ("train.deep.trees", "    trees: 9"),
        ("split.months", "  months: 9   # kept"),
    ],
)
def test_one_value_changes_and_nothing_else(key: str, line: str) -> None:
    changed = with_values(TEXT, {key: "9"}, "params.yaml").split("\n")
    differing = [new for old, new in zip(TEXT.split("\n"), changed, strict=True) if old != new]
    assert differing == [line]


@pytest.mark.parametrize("key", ["trees", "train.leaves", "split.trees"])
def test_a_key_that_is_not_there_is_named(key: str) -> None:
    with pytest.raises(InputError, match=key) as caught:
        with_values(TEXT, {key: "9"}, "params.yaml")
    assert caught.value.where == "params.yaml"


def test_the_example_has_every_value_that_a_scenario_changes() -> None:
    root = Path(__file__).resolve().parents[3]
    for scene in {scene.name: scene for scenes in SCENARIOS.values() for scene in scenes}.values():
        for path, values in scene.values.items():
            text = (root / path).read_text(encoding="utf-8")
            assert with_values(text, values, path) != text, scene.name


def _played(scene: Scene, check: str | None, comments: int, tmp_path: Path) -> tuple[Played, Runs]:
    runs = Runs(tmp_path)
    repository: dict[str, Any] = {"id": 1, "full_name": "o/n"}
    run = runs.create(
        name="Model",
        path="m.yml",
        event="pull_request",
        head_branch="b",
        head_sha="a",
        repository=repository,
        head_repository=repository,
    )
    (runs.artifact_folder(run.id) / "report.html.raw").write_text("<html>")
    job = JobRun(id="e", name="Evaluate", result="success", summary="# Sum\n", log=["said"])
    job.steps.append(StepRun(name="Train", result="success", seconds=12.34))
    pull = PullRequest(number=1, branch="b", head="a", head_repository="o/n")
    shown = [{"body": "the comment"}] * comments
    record = RunRecord(run=run, jobs=[job], seconds=13.0)
    return Played(scene=scene, pull=pull, records=[record], check=check, comments=shown, requests=9, writes=3), runs


@pytest.mark.parametrize(
    ("ends", "check", "comments", "good"),
    [
        (("success",), "success", 1, True),
        (("success",), "failure", 1, False),
        (("success",), "success", 2, False),
        (("success",), None, 1, False),
        ((), None, 0, True),
        ((), "neutral", 0, True),
        ((), "success", 0, False),
    ],
)
def test_a_scene_ends_as_it_should(
    ends: tuple[str, ...], check: str | None, comments: int, good: bool, tmp_path: Path
) -> None:
    played, _ = _played(Scene(name="x", title="X", ends=ends), check, comments, tmp_path)
    assert played.as_expected is good


def test_what_people_want_to_see_is_kept_and_told(tmp_path: Path) -> None:
    played, runs = _played(Scene(name="better", title="X"), "success", 1, tmp_path / "runs")
    reports = telling.keep(tmp_path / "kept", [played], runs)
    assert [str(path.relative_to(tmp_path)) for path in reports] == ["kept/1-better/report.html"]
    assert (tmp_path / "kept/1-better/comment.md").read_text() == "the comment"
    assert "said" in (tmp_path / "kept/1-better/log.txt").read_text()
    text = "\n".join(telling.closing([played], reports))
    assert "the comment" in text
    assert "12.3 s Evaluate · Train" in text
    assert "better: 13.0 s, 9 API requests, 3 of them writes" in text
    assert str(reports[0]) in text


def test_progress_is_a_heading_per_run_and_a_line_per_ended_step(tmp_path: Path) -> None:
    played, _ = _played(Scene(name="better", title="X"), "success", 1, tmp_path)
    stream = io.StringIO()
    teller = telling.Teller(Console(stream=stream))
    run: Run = played.records[0].run
    teller.tell(run, Progress(job="Evaluate", step="Train"))
    teller.tell(run, Progress(job="Evaluate", step="Train", result="failure", seconds=1.25))
    lines = stream.getvalue().splitlines()
    assert lines[0].strip() == "b Model (on pull_request)"
    assert len(lines) == 2
    assert "b ✗ Evaluate · Train" in lines[1]
