"""Two hundred times several deployments at once: the newest commit's release runs in the end, and no tag is lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).parents[1]
TRIALS = 200
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def trials() -> list[dict[str, Any]]:
    path = os.pathsep.join((str(TESTS), str(TESTS.parent / "scripts")))
    command = [sys.executable, "-m", "fixtures.race_trials", str(TRIALS)]
    environ = {**os.environ, "PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=900, check=True)
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def test_the_newest_commit_runs_alone_in_the_end(trials: list[dict[str, Any]]) -> None:
    assert len(trials) == TRIALS
    assert [trial for trial in trials if trial["running"] != [f"{max(trial['deployed']) + 1}: 100"]] == []


def test_the_newest_never_loses_and_the_others_run_or_are_told_so(trials: list[dict[str, Any]]) -> None:
    for trial in trials:
        codes = dict(zip(trial["deployed"], trial["codes"], strict=True))
        assert codes[max(trial["deployed"])] == 0
        assert set(codes.values()) <= {0, 5}
    assert any(5 in trial["codes"] for trial in trials)
    assert any(trial["codes"].count(0) > 1 for trial in trials)


def test_no_tag_is_lost_and_the_last_one_is_what_runs(trials: list[dict[str, Any]]) -> None:
    for trial in trials:
        assert trial["tags"] == [f"{place}: {version}" for place, version in enumerate(trial["recorded"], start=1)]
        assert trial["recorded"] == sorted(trial["recorded"])
        assert trial["recorded"][-1] == str(max(trial["deployed"]) + 1)
