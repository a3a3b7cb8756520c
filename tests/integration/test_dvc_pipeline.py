"""Bringing a pipeline up to date: another DVC at work, stages with folders of their own, interrupted work."""

from __future__ import annotations

import io
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines import Project, environment, project
from tidegate.adapters.dvc.pipeline import Reproduction, reproduce
from tidegate.console import Console
from tidegate.errors import InfrastructureError


@pytest.fixture
def here(tmp_path: Path) -> Project:
    return project(tmp_path / "project")


def reproduced(
    here: Project, *, needed: tuple[str, ...] = (), pull: bool = False, lock_wait: float = 60
) -> Reproduction:
    console = Console(stream=io.StringIO())
    return reproduce(here.root, "model", environment(), console, pull=pull, needed=needed, lock_wait=lock_wait)


@pytest.fixture
def other(here: Project) -> Iterator[Path]:
    """Another `dvc repro`, in the middle of a stage until a file appears."""
    gate = here.root / "go"
    first = "import os, pathlib, time\npathlib.Path('../started').touch()\nend = time.time() + 60\n"
    waiting = "while not os.path.exists('../go') and time.time() < end: time.sleep(0.02)\n"
    here.write("model/steps.py", first + waiting + here.read("model/steps.py"))
    command = [sys.executable, "-I", "-m", "dvc", "repro", "--quiet"]
    process = subprocess.Popen(command, cwd=here.root / "model", env=environment())
    until = time.monotonic() + 60
    while not (here.root / "started").exists():
        assert time.monotonic() < until
        assert process.poll() is None
        time.sleep(0.05)
    yield gate
    gate.touch()
    assert process.wait(timeout=60) == 0


def test_another_dvc_at_work_is_waited_for_within_bounds(here: Project, other: Path) -> None:
    with pytest.raises(InfrastructureError) as error:
        reproduced(here, lock_wait=0)
    assert (error.value.code, error.value.exit_code) == ("E-DVC-021", 3)
    assert not other.exists()


def test_when_the_other_is_done_there_is_nothing_left_to_do(here: Project, other: Path) -> None:
    console = _Opening(other)
    done = reproduce(here.root, "model", environment(), Console(stream=console), pull=False)
    assert "waiting for it" in console.getvalue()
    assert {command.stage for command in done.commands} <= {"train", "evaluate", "prepare"}
    assert set(done.after) == {"prepare", "train", "evaluate"}


class _Opening(io.StringIO):
    """Lets the other one go on as soon as somebody says that they wait for it."""

    def __init__(self, gate: Path) -> None:
        super().__init__()
        self._gate = gate

    def write(self, text: str) -> int:
        if "waiting for it" in text:
            self._gate.touch()
        return super().write(text)


def test_seconds_and_endings_of_commands_are_measured_not_read(here: Project) -> None:
    """Two commands of one stage are two entries; a log that imitates DVC changes nothing."""
    here.replace(
        "model/dvc.yaml",
        "cmd: python3 steps.py train",
        "cmd:\n    - sleep 0.2; echo \"Running stage 'x':\"\n    - python3 steps.py train",
    )
    commands = reproduced(here).commands
    assert [(command.stage, command.code) for command in commands] == [("train", 0), ("train", 0)]
    assert 0.2 <= commands[0].seconds < 20


def test_a_stage_with_a_folder_of_its_own_gets_what_it_reads(here: Project) -> None:
    """`dvc repro --pull` would look for the root's paths in the pipeline's folder."""
    text = here.read("model/dvc.yaml").replace("steps.py", "model/steps.py").replace("../data", "data")
    for path in ("build/", "artifacts/", "reports"):
        text = (
            text.replace(f" {path}", f" model/{path}")
            .replace(f"[{path}", f"[model/{path}")
            .replace(f"{{{path}", f"{{model/{path}")
        )
    text = text.replace("    deps:", "    wdir: ..\n    deps:").replace(
        "params: [train.offset, seed]", "params: [model/params.yaml: [seed]]"
    )
    here.write("model/dvc.yaml", text)
    here.dvc("repro", "--quiet", at="model")
    here.dvc("push", "--quiet")
    here.commit()
    here.replace("model/params.yaml", "seed: 1", "seed: 2")
    here.forget_outputs()
    here.forget_cache()
    done = reproduced(here, pull=True, needed=("model/build/prepared.csv",))
    assert [command.stage for command in done.commands] == ["train"]
    assert not (here.root / "data").exists()


def test_what_a_stage_leaves_running_is_not_waited_for(here: Project) -> None:
    """It holds the output open; the wait would be its lifetime."""
    here.replace("model/dvc.yaml", "cmd: python3 steps.py train", "cmd: sleep 50 & python3 steps.py train")
    begin = time.monotonic()
    assert "train" in {command.stage for command in reproduced(here).commands}
    assert time.monotonic() - begin < 45
