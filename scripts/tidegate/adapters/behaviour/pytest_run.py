"""One pytest session over a folder of behavioural tests: in the model's environment, bounded in time and output."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile

from tidegate.core.comparison.beside.behaviour import Run
from tidegate.core.comparison.beside.behaviour_reading import read

PLUGIN = Path(__file__).with_name("plugin.py")
SECONDS = 600.0
_MODULE = "tidegate_behaviour"
_RESULTS = "results.jsonl"
_MOST_RESULTS = 16 * 1024 * 1024
_MOST_ERRORS = 100_000
_NOT_PASSED_ON = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTHONPATH", "PYTHONSTARTUP")


def asked(root: Path, folder: str, environ: Mapping[str, str], *, seconds: float = SECONDS) -> Run:
    """Run the tests in `folder` of `root`, which should hold nothing else, under `environ`.

    Whatever goes wrong is a trouble of the run, never an exception: a test can do anything.
    """
    with TemporaryDirectory(prefix="tidegate-behaviour-") as name, TemporaryFile() as errors:
        place = Path(name)
        shutil.copyfile(PLUGIN, place / f"{_MODULE}.py")
        (place / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
        variables = {
            **{key: value for key, value in environ.items() if key not in _NOT_PASSED_ON},
            "PYTHONPATH": name,
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONNOUSERSITE": "1",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        }
        late = _session(_command(root, folder, place, variables), root, variables, errors.fileno(), seconds)
        errors.seek(0)
        said = errors.read(_MOST_ERRORS).decode(errors="replace")
        if late is None:
            return Run(trouble="no Python in the environment of the tests")
        run = _told(place / _RESULTS, said)
        return replace(run, trouble=_late(run, seconds)) if late else run


def _command(root: Path, folder: str, place: Path, variables: Mapping[str, str]) -> list[str]:
    path = variables.get("PATH", "")
    python = shutil.which("python", path=path) or shutil.which("python3", path=path) or ""
    options = ["-q", "--no-header", "-p", _MODULE, "-p", "no:cacheprovider", "-c", str(place / "pytest.ini")]
    options.append(f"--tidegate-results={place / _RESULTS}")
    return [python, "-m", "pytest", *options, f"--rootdir={root}", f"--confcutdir={root / folder}", "--", folder]


def _session(command: list[str], root: Path, variables: Mapping[str, str], errors: int, seconds: float) -> bool | None:
    """Whether it had to be stopped; None when it could not be started. Nothing that it started outlives it."""
    try:
        started = subprocess.Popen(
            command,
            cwd=root,
            env=dict(variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            start_new_session=True,
        )
    except OSError:
        return None
    try:
        started.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        return True
    finally:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(started.pid, signal.SIGKILL)
        started.wait()
    return False


def _late(run: Run, seconds: float) -> str:
    where = f": {run.trouble}" if run.trouble else ""
    return f"they were stopped after {seconds:.0f} s{where}"


def _told(results: Path, said: str) -> Run:
    if not results.is_file():
        return Run(trouble=_not_started(said))
    with results.open("rb") as stream:
        lines = stream.read(_MOST_RESULTS + 1)
    if len(lines) > _MOST_RESULTS:
        return Run(trouble="the tests told more than anybody could read")
    return read(lines.decode(errors="replace"))


def _not_started(said: str) -> str:
    if re.search(r"No module named '?pytest", said):
        return "their environment has no pytest: lock it in a requirements.txt beside the tests"
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return f"pytest did not start: {lines[-1][:200]}" if lines else "pytest did not start"
