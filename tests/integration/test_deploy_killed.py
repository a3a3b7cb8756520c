"""A deployment killed at every numbered step, before it and in the middle of it, by every signal a runner sends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).parents[1]
STRATEGIES = ["recreate", "blue-green", "blue-green, watched", "canary", "shadow"]


@pytest.fixture(scope="module")
def kills() -> list[dict[str, Any]]:
    path = os.pathsep.join((str(TESTS), str(TESTS.parent / "scripts")))
    command = [sys.executable, "-m", "fixtures.kill_matrix"]
    environ = {**os.environ, "PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=600, check=True)
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("signal", ["SIGINT", "SIGTERM", "SIGKILL"])
def test_the_next_run_makes_it_good(kills: list[dict[str, Any]], strategy: str, signal: str) -> None:
    mine = [kill for kill in kills if (kill["strategy"], kill["signal"]) == (strategy, signal)]
    assert len({kill["place"] for kill in mine if kill["place"].endswith("before")}) >= 6
    assert len({kill["place"] for kill in mine if kill["place"].endswith("within")}) >= 3
    assert {(kill["ended"], *kill["running"]) for kill in mine} == {("", "2: 100")}
    assert all(kill["recorded"] >= 1 for kill in mine)


@pytest.mark.parametrize("strategy", [name for name in STRATEGIES if name != "recreate"])
def test_somebody_answers_after_every_kill(kills: list[dict[str, Any]], strategy: str) -> None:
    silent = [kill for kill in kills if kill["strategy"] == strategy and not kill["serving"]]
    assert silent == []
