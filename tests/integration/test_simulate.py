"""`tidegate simulate` on a small project: what it says, keeps and cleans up."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tidegate import cli
from tidegate.commands.simulate import STORIES
from tidegate.simulator.scenario import SCENARIOS

pytestmark = pytest.mark.simulator
ROOT = Path(__file__).resolve().parents[2]

QUIET = """
name: Quiet
on: pull_request
jobs:
  look:
    name: Look
    runs-on: ubuntu-24.04
    steps: [{name: Look around, run: 'echo "# seen" >> "$GITHUB_STEP_SUMMARY"'}]
"""
SLOW = """
name: Slow
on: pull_request
jobs:
  wait:
    name: Wait
    runs-on: ubuntu-24.04
    steps: [{name: Begin, run: "true"}, {name: Wait long, run: sleep 63.75}]
"""


def _project(folder: Path, workflow: str) -> Path:
    for name, text in {
        ".github/workflows/w.yml": workflow,
        "README.md": "# Old\n",
        ".gitignore": ".tidegate\n",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    subprocess.run(["git", "init", "--quiet", str(folder)], check=True, timeout=30)
    return folder


def _simulate(folder: Path, *options: str) -> int:
    return cli.main(["simulate", "-C", str(folder), *options])


def test_a_change_that_touches_no_model_ends_as_it_should(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = _project(tmp_path / "project", QUIET)
    assert _simulate(project, "--scenario", "readme-only", "--json", str(tmp_path / "answer.json")) == 0
    seen = capsys.readouterr()
    assert "✓ Look · Look around" in seen.err
    assert seen.out.startswith("readme-only: no check in ")
    kept = project / ".tidegate/simulation"
    assert (kept / "1-readme-only/summary.md").read_text() == "# seen\n"
    [step] = json.loads((kept / "steps.json").read_text())
    assert (step["job"], step["step"], step["result"]) == ("Look", "Look around", "success")
    assert json.loads((tmp_path / "answer.json").read_text())["scenes"]["readme-only"]["check"] is None


def test_a_model_without_a_check_does_not_end_as_it_should(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = _project(tmp_path, QUIET)
    (project / "model").mkdir()
    (project / "model/params.yaml").write_text("train:\n  trees: 10\n")
    assert _simulate(project, "--scenario", "better") == 1
    assert "better: no check (not as it should)" in capsys.readouterr().out


def test_what_is_kept_is_the_whole_of_it(tmp_path: Path) -> None:
    project = _project(tmp_path / "project", QUIET)
    assert _simulate(project, "--scenario", "readme-only", "--keep", str(tmp_path / "kept")) == 0
    [log] = (tmp_path / "kept").glob("runs/*/1-look.log")
    assert log.read_text().startswith("Look: success\n")
    assert (tmp_path / "kept/git/harbour/bike-demand.git/HEAD").is_file()


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--scenario", "nonsense"], "E-SIM-013"),
        (["--scenario", "readme-only", "--keep", "."], "E-SIM-014"),
        (["--scenario", "better"], "E-SIM-010"),
        (["--months", "0"], "E-SIM-044"),
        (["--months", "13"], "E-SIM-044"),
        (["--months", "all"], "E-SIM-044"),
        (["--months", "1"], "E-SIM-010"),
    ],
)
def test_wrong_input_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], code: str
) -> None:
    project = _project(tmp_path / "project", QUIET)
    options = [str(tmp_path) if option == "." else option for option in options]
    assert _simulate(project, *options) == 2
    assert code in capsys.readouterr().err


def test_the_help_names_every_scenario(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["simulate", "--help"])
    words = set(capsys.readouterr().out.replace(",", " ").replace("(", " ").split())
    assert {*SCENARIOS, *STORIES} <= words


SERVING = """
name: Serving
on: pull_request
jobs:
  serve:
    name: Serve
    runs-on: ubuntu-24.04
    steps:
      - name: Leave a server behind
        run: |
          mkdir -p "$HOME/.local/state/tidegate" && ln -s "$(command -v sleep)" "$HOME/.local/state/tidegate/server"
          setsid "$HOME/.local/state/tidegate/server" 64.25 </dev/null >/dev/null 2>&1 &
          sleep 0.5 # the end of a step ends what has not left its session yet
      - {name: Wait long, run: sleep 63.75}
"""


def _running(place: Path) -> list[str]:
    listing = subprocess.run(
        ["ps", "-A", "-w", "-w", "-o", "args="], capture_output=True, text=True, check=True, timeout=10
    )
    marks = (str(place), "sleep 63.75", "64.25")
    return [line for line in listing.stdout.splitlines() if any(mark in line for mark in marks)]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["SIGTERM", "SIGKILL"])
def test_killing_it_leaves_no_process_behind_not_even_a_server(tmp_path: Path, number: signal.Signals) -> None:
    project = _project(tmp_path / "project", SERVING)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    program = Path(cli.__file__).with_name("__main__.py")
    command = [sys.executable, str(program), "simulate", "-C", str(project), "--scenario", "readme-only"]
    environ = {**os.environ, "TMPDIR": str(temporary)}
    with subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if b"Serve \xc2\xb7 Leave a server behind" in line:
                break
        time.sleep(0.3)
        serves = any("64.25" in line for line in _running(temporary))
        process.send_signal(number)
        process.wait(timeout=60)
    assert serves
    deadline = time.monotonic() + 30
    while _running(temporary) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert _running(temporary) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_ending_it_ends_everything_it_started(tmp_path: Path, number: signal.Signals) -> None:
    project = _project(tmp_path / "project", SLOW)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    program = Path(cli.__file__).with_name("__main__.py")
    command = [sys.executable, str(program), "simulate", "-C", str(project), "--scenario", "readme-only"]
    environ = {**os.environ, "TMPDIR": str(temporary)}
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if b"Wait \xc2\xb7 Begin" in line:
                break
        time.sleep(0.3)
        process.send_signal(number)
        said, _ = process.communicate(timeout=30)
    assert process.returncode == 130, said
    assert list(temporary.glob("tidegate-github-*")) == []
    listing = subprocess.run(["ps", "-A", "-o", "args="], capture_output=True, text=True, check=True, timeout=10)
    assert [line for line in listing.stdout.splitlines() if str(temporary) in line or "sleep 63.75" in line] == []


CALLER = """
name: Model pull request
on: pull_request
permissions: {}
jobs:
  model:
    permissions: {contents: read, checks: write, pull-requests: write}
    uses: tidegate/tidegate/.github/workflows/model-pull-request.yml@0123456789012345678901234567890123456789
"""


@pytest.mark.slow
def test_another_repository_calls_our_reusable_workflow(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = _project(tmp_path, CALLER)
    kept_out = shutil.ignore_patterns("artifacts", "prepared", "reports", "live", "__pycache__")
    shutil.copytree(ROOT / "model", project / "model", ignore=kept_out)
    for name in ("tidegate.yaml", "data.dvc"):
        shutil.copyfile(ROOT / name, project / name)
    assert _simulate(project, "--scenario", "readme-only") == 0
    seen = capsys.readouterr()
    assert "✓ model / Detect changed models · Detect changed models" in seen.err
    assert "✓ model / tidegate · Conclude" in seen.err
    assert "Train model" not in seen.err
    assert seen.out.startswith("readme-only: neutral in ")
