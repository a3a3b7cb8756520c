"""`tidegate train-model` among hostile logs, killed processes and interrupted work."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines import Project, environment, project
from trainings import (
    AWAY,
    PROGRAM,
    said,
    settings_of,
    states,
    train,
)


@pytest.fixture
def here(tmp_path: Path) -> Project:
    return project(tmp_path / "project")


def test_a_training_log_can_neither_command_the_runner_nor_be_taken_for_dvcs_own(here: Project) -> None:
    lines = [
        "::error::boo",
        "::set-output name=a::b",
        "Stage 'train' didn't change, skipping",
        "\x1b[31mred\r::add-mask::e",
    ]
    here.replace("model/steps.py", 'print("mean"', f'[print(line) for line in {lines!r}]; print("mean"')
    settings = settings_of(here, actions=True)
    train(here, settings)
    assert states(here)["train"] == "ran"
    inside = False
    token = ""
    commands = 0
    for line in said(settings).splitlines():
        if line.startswith("::stop-commands::"):
            inside, token = True, line.removeprefix("::stop-commands::")
        elif inside and line == f"::{token}::":
            inside = False
        elif line.startswith(("::error", "::set-output", "::add-mask")):
            assert inside, line
            commands += 1
    assert commands >= 3
    assert "\x1b" not in said(settings)


def test_stages_see_the_callers_shell_and_none_of_our_variables(here: Project) -> None:
    here.replace("model/dvc.yaml", "python3 steps.py prepare", "env > build.env && python3 steps.py prepare")
    settings = settings_of(here, SHELL="/bin/sh", OWN="theirs")
    clean = {name: value for name, value in settings.environ.items() if not name.startswith("DVC_")}
    train(here, settings_of(here, SHELL="/bin/sh", OWN="theirs"))
    seen = dict(line.split("=", 1) for line in here.read("model/build.env").splitlines() if "=" in line)
    assert seen["SHELL"] == "/bin/sh"
    assert seen["OWN"] == "theirs"
    assert seen["PATH"] == clean["PATH"]
    assert not [name for name in seen if "TIDEGATE" in name]


@pytest.fixture
def stopping(here: Project) -> Iterator[Path]:
    """A training that lasts until a file appears, which ends with the test at the latest."""
    gate = here.root / "go"
    waiting = "while not os.path.exists('../go') and time.time() < end: time.sleep(0.02)\n"
    first = "import os, pathlib, time\npathlib.Path('../started').touch()\nend = time.time() + 60\n"
    here.write("model/steps.py", first + waiting + here.read("model/steps.py"))
    yield gate
    gate.touch()


def started(here: Project) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-I", str(PROGRAM), "train-model", "-C", str(here.root)]
    process = subprocess.Popen(
        command, env={**environment(), **AWAY}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
    )
    until = time.monotonic() + 60
    while not (here.root / "started").exists():
        assert time.monotonic() < until, "the training did not start"
        assert process.poll() is None, process.communicate()[0].decode()
        time.sleep(0.05)
    return process


def test_a_killed_training_leaves_no_evidence_and_the_next_one_converges(here: Project, stopping: Path) -> None:
    train(here, settings_of(here, dry_run=True))
    here.write(".tidegate/train-model.json", "what an earlier training left")
    process = started(here)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert not (here.root / ".tidegate/train-model.json").exists()
    stopping.touch()  # what was left behind goes on, and ends
    assert train(here).sentence.startswith("trained: ")
    assert states(here)["evaluate"] == "ran"


def test_an_interrupted_training_stops_everything_that_it_started(here: Project, stopping: Path) -> None:
    process = started(here)
    assert any("steps.py" in command for command in here.processes())
    process.send_signal(signal.SIGINT)
    output = process.communicate(timeout=30)[0].decode()
    assert process.returncode == 130, output
    assert "interrupted" in output
    error = here.json(".tidegate/train-model.json")["error"]
    assert isinstance(error, dict)
    assert error["exit_code"] == 130
    assert here.processes() == []
