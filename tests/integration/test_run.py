"""`tidegate run` in a real repository: the four commands as they are, one test an outcome."""

from __future__ import annotations

import argparse
import io
import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipelines import Project, environment, project
from tidegate.commands import run
from tidegate.console import Console
from tidegate.core.answer import Answer, Verdict
from tidegate.errors import InputError
from tidegate.settings import Settings

SUITE = {
    "name": "sales",
    "meta": {"tidegate": {"rows": "all"}},
    "expectations": [{"type": "expect_column_values_to_be_between", "kwargs": {"column": "sold", "min_value": 0}}],
}


def settings_of(here: Project, *, dry_run: bool = False) -> Settings:
    return Settings(
        workspace=here.root,
        config="tidegate.yaml",
        model=None,
        environ={**environment(), "GITHUB_OUTPUT": str(here.root / "outputs"), "INPUT_MODEL": "another"},
        console=Console(stream=io.StringIO()),
        dry_run=dry_run,
    )


def ran(here: Project) -> tuple[Answer, list[str]]:
    """The answer, and the lines shown meanwhile."""
    settings = settings_of(here)
    answer = run.run(settings, argparse.Namespace(base=""))
    assert isinstance(settings.console.stream, io.StringIO)
    return answer, settings.console.stream.getvalue().splitlines()


def steps(lines: list[str]) -> list[str]:
    return [line.split("] ")[1] for line in lines if line.startswith("[")]


@pytest.fixture(scope="module")
def validated(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, Answer, list[str]]:
    """A change that passes, run once: Great Expectations costs seconds, and what it said is kept for the others."""
    here = project(tmp_path_factory.mktemp("run") / "project")
    here.write("model/expectations/sales.json", json.dumps(SUITE))
    here.commit("expectations")
    here.git("checkout", "--quiet", "-b", "change")
    here.write("model/notes.md", "words")
    here.commit()
    return here, *ran(here)


@pytest.fixture
def here(validated: tuple[Project, Answer, list[str]], tmp_path: Path) -> Project:
    shutil.copytree(validated[0].root, tmp_path / "project", symlinks=True)
    return Project(tmp_path / "project")


def test_a_change_that_passes_ends_with_the_reports_sentence(validated: tuple[Project, Answer, list[str]]) -> None:
    here, answer, lines = validated
    assert steps(lines) == ["validate-data", "train-model", "compare-models", "post-report"]
    assert (answer.verdict, answer.exit_code) == (Verdict.PASS, 0)
    assert answer.sentence.startswith("ready to promote: ")
    assert "Ready to promote · `demand`" in here.read(".tidegate/report.md")
    assert "nothing to train: all 3 stages are up to date" in lines
    assert Path(answer.outputs["html"]).is_file()


def test_the_steps_neither_read_the_callers_inputs_nor_write_its_outputs(
    validated: tuple[Project, Answer, list[str]],
) -> None:
    here, answer, _ = validated
    assert answer.verdict is Verdict.PASS
    assert not (here.root / "outputs").exists()


def test_a_worse_model_ends_with_the_gates_exit_code(here: Project) -> None:
    here.replace("model/params.yaml", "offset: 0.5", "offset: 90")
    answer, lines = ran(here)
    assert (answer.verdict, answer.exit_code) == (Verdict.FAIL, 1)
    assert steps(lines)[-1] == "post-report"
    assert answer.sentence.startswith("not promotable: mae is worse by 87")
    assert "Not promotable · `demand`" in here.read(".tidegate/report.md")


def test_a_training_that_fails_is_reported_and_nothing_is_compared(here: Project) -> None:
    here.write("model/steps.py", "raise SystemExit('out of luck')")
    answer, lines = ran(here)
    assert steps(lines) == ["validate-data", "train-model", "post-report"]
    assert (answer.verdict, answer.exit_code) == (Verdict.ERROR, 2)
    assert "out of luck" in here.read(".tidegate/report.md")
    assert "E-DVC-030" in here.read(".tidegate/report.md")


def test_what_an_earlier_run_left_is_never_reported_again(here: Project) -> None:
    here.write("tidegate.yaml", here.read("tidegate.yaml").replace("data.dvc", "absent.dvc"))
    assert (here.root / ".tidegate/verdict.json").exists()
    answer, lines = ran(here)
    assert steps(lines) == ["validate-data", "post-report"]
    assert answer.verdict is Verdict.ERROR
    assert answer.exit_code == 2
    left = {path.name for path in (here.root / ".tidegate").glob("*.json")}
    assert left == {"validate-data.json"}


def test_an_unreadable_contract_is_an_error_before_anything_is_run(here: Project) -> None:
    here.forget("tidegate.yaml")
    settings = settings_of(here)
    with pytest.raises(InputError, match="E-CFG-001"):
        run.run(settings, argparse.Namespace(base=""))
    assert (here.root / ".tidegate/verdict.json").exists()


def test_a_dry_run_names_the_commands(here: Project) -> None:
    answer = run.run(settings_of(here, dry_run=True), argparse.Namespace(base=""))
    assert answer.sentence == "would run validate-data, train-model, compare-models and post-report --local for demand"
    assert (here.root / ".tidegate/verdict.json").exists()


def test_the_program_prints_the_sentence_alone_on_standard_output(here: Project) -> None:
    program = Path(run.__file__).parents[1] / "__main__.py"
    output = here.run(sys.executable, "-I", str(program), "run", "-C", str(here.root))
    assert output.startswith("ready to promote")
    assert len(output.splitlines()) == 1


def test_an_interruption_reaches_what_the_step_started(here: Project) -> None:
    """`train-model` stops DVC, and DVC's stage with it, before the run ends."""
    here.write("model/steps.py", "import pathlib, time\npathlib.Path('../started').touch()\ntime.sleep(60)\n")
    program = Path(run.__file__).parents[1] / "__main__.py"
    command = [sys.executable, "-I", str(program), "run", "-C", str(here.root)]
    process = subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    until = time.monotonic() + 120
    while not (here.root / "started").exists():
        assert time.monotonic() < until
        assert process.poll() is None
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    output = process.communicate(timeout=60)[0].decode()
    assert process.returncode == 130, output
    assert here.processes() == []
