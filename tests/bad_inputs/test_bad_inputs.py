"""Every bad input through the command line, as a GitHub runner starts it: clear, placed, quick, and never a pass."""

from __future__ import annotations

import importlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bad_inputs.cases import Case
from bad_inputs.figures import PROPERTY, Measured
from tidegate.cli import main

UNKNOWN = "Unknown, which is not the same as no drift"

HERE = Path(__file__).parent
AREAS = sorted(path.stem for path in HERE.glob("*_cases.py"))
CASES: list[Case] = [case for area in AREAS for case in importlib.import_module(f"bad_inputs.{area}").CASES]
MAIN = HERE.parents[1] / "scripts" / "tidegate" / "__main__.py"


@dataclass(frozen=True)
class Ended:
    """How a command ended: everything it said to people, and everything it left for others."""

    code: int
    said: str
    left: str
    seconds: float


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Git repository with one commit, to be copied: making one takes longer than most cases."""
    folder = tmp_path_factory.mktemp("repository")
    identity = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
    for arguments in (["init", "-q", "-b", "main"], [*identity, "commit", "-q", "--allow-empty", "-m", "first"]):
        subprocess.run(["git", "-C", str(folder), *arguments], check=True)
    return folder


@pytest.fixture
def workspace(repository: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "workspace"
    shutil.copytree(repository, folder)
    return folder


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_bad_input(
    case: Case, workspace: Path, capsys: pytest.CaptureFixture[str], record_property: Callable[[str, Any], None]
) -> None:
    case.build(workspace)
    ended = run(case, workspace, capsys)
    measured = measure(case, ended)
    record_property(PROPERTY, measured.text())
    assert ended.code == case.exit, ended.said
    assert measured.right_code, ended.said
    assert measured.placed is not False, f"{case.where} and its annotation are not in {ended.said}"
    assert not measured.traceback, ended.said
    assert not measured.leak, [word[:40] for word in case.forbids if word in ended.said + ended.left]
    assert not [words for words in case.mentions if words not in ended.said], ended.said
    assert ended.seconds <= case.seconds


def run(case: Case, workspace: Path, capsys: pytest.CaptureFixture[str]) -> Ended:
    """Start the case's command in `workspace` and collect what it says and leaves."""
    outputs = workspace.parent / "outputs.txt"
    outputs.touch()
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(workspace.parent),
        "GITHUB_ACTIONS": "true",
        "GITHUB_OUTPUT": str(outputs),
        **{name: value.replace("{workspace}", str(workspace)) for name, value in case.environ.items()},
    }
    command, *options = case.arguments
    arguments = [command, "-C", str(workspace), *options]
    start = time.monotonic()
    code, said = _process(arguments, environ, case.address_space) if case.process else _here(arguments, environ, capsys)
    seconds = time.monotonic() - start
    evidence = (path.read_text(errors="replace") for path in sorted(workspace.glob(".tidegate/**/*.json")))
    return Ended(code=code, said=said, left=outputs.read_text() + "".join(evidence), seconds=seconds)


def _process(arguments: list[str], environ: dict[str, str], address_space: int) -> tuple[int, str]:
    command = [sys.executable, "-I", str(MAIN), *arguments]
    if address_space:
        bound = f"import os, resource, sys; resource.setrlimit(resource.RLIMIT_AS, ({address_space},) * 2)"
        command = [sys.executable, "-c", f"{bound}; os.execv(sys.argv[1], sys.argv[1:])", *command]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=600, check=False)
    return done.returncode, done.stdout + done.stderr


def _here(arguments: list[str], environ: dict[str, str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    try:
        code = main(arguments, environ)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    captured = capsys.readouterr()
    return code, captured.out + captured.err


def measure(case: Case, ended: Ended) -> Measured:
    """The figures of one case."""
    everything = ended.said + ended.left
    return Measured(
        row=case.row,
        right_exit=ended.code == case.exit,
        right_code=case.code is None or f"{case.code} {case.where}" in ended.said,
        placed=_is_placed(case, ended.said) if case.where else None,
        traceback="Traceback (most" in everything or "E-BUG" in everything,
        leak=any(word in everything for word in case.forbids) or bool(re.search("[\x00-\x08\x0b-\x1f]", ended.said)),
        false_pass=ended.code == 0 and case.exit != 0,
        seconds=ended.seconds,
    )


def _is_placed(case: Case, said: str) -> bool:
    """In the words, and as an annotation that GitHub shows beside the line."""
    file, line, *_ = case.where.split(":")
    return case.where in said and f"::error file={file},line={line}::{case.code} " in said


def test_ids_are_unique() -> None:
    assert not [name for name, count in Counter(case.id for case in CASES).items() if count > 1]


def test_every_refusal_has_a_code() -> None:
    """A gate that says no (exit 1) is an answer, and needs none, as is that nobody can know (drift, exit 3); an answer
    about several runs has one beside each.
    """
    told = {case.id: " ".join(case.mentions) if case.code is None else case.code for case in CASES if case.exit > 1}
    unnamed = [name for name, text in told.items() if not re.search(r"\bE-[A-Z]{2,3}-[0-9]{3}\b", text)]
    assert not [case.id for case in CASES if case.id in unnamed and UNKNOWN not in case.mentions]
