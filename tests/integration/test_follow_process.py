"""The follower as a process: killed at any moment it loses nothing, ended it says so, and one follows at a time."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fixtures.drift_world import CONTRACT, DriftWorld
from fixtures.follow import FollowWorld
from tidegate.errors import InputError

INPUTS_ALONE = CONTRACT.replace(", labels: {path: labels}", "").replace("      slices: [city]\n", "")
SCRIPTS = Path(__file__).parents[2] / "scripts"
PATIENCE = 60.0


@pytest.fixture
def world(tmp_path: Path) -> FollowWorld:
    return FollowWorld(DriftWorld(tmp_path / "repository", contract=INPUTS_ALONE).made())


@contextmanager
def following(world: FollowWorld, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tidegate", "detect-drift", "-C", str(world.drift.root), "--follow"]
    command += ["--every", "0.05", "--step", "100", "--prometheus", "drift.prom", "--json", "said.json", *arguments]
    environ = {**os.environ, "PYTHONPATH": str(SCRIPTS)}
    process = subprocess.Popen(
        command, cwd=world.drift.root, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def until(process: subprocess.Popen[str], seen: Callable[[], bool]) -> None:
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        if seen():
            return
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    raise AssertionError("it did not come to pass")


def counted(world: FollowWorld) -> float:
    return (world.metric("follow_rows_total") or 0) if (world.drift.root / "drift.prom").is_file() else 0


@pytest.mark.parametrize("ended_by", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_a_signal_ends_it_with_everything_kept(ended_by: signal.Signals, world: FollowWorld) -> None:
    world.write("0.parquet", 0, 500)
    with following(world) as process:
        until(process, lambda: counted(world) == 500)
        process.send_signal(ended_by)
        out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out) == (0, "followed 500 rows of rides; 0 alarms so far\n"), err
    assert json.loads((world.drift.root / "said.json").read_text())["rows"] == 500
    world.follow()
    assert (world.metric("follow_rows_total"), world.metric("follow_steps_total")) == (500, 5)


def test_killed_again_and_again_while_files_come_it_counts_every_row_once(world: FollowWorld) -> None:
    for number in range(4):
        world.write(f"{number}.parquet", number * 200, 200, groups=50)
        with following(world) as process:
            until(process, lambda number=number: counted(world) > number * 200)
            process.kill()
    done = world.follow()
    assert (world.metric("follow_rows_total"), world.metric("follow_steps_total")) == (800, 8)
    assert [window["rows"] for window in done.result(world.drift.now)["windows"]] == [400]


def test_the_port_says_what_the_text_file_says_and_answers_nobody_elsewhere(world: FollowWorld) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    world.write("0.parquet", 0, 200)
    with following(world, "--port", str(port)) as process:
        until(process, lambda: counted(world) == 200)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=PATIENCE) as reply:
            served = reply.read().decode()
            assert reply.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        assert 'tidegate_drift_follow_rows_total{model="rides"} 200\n' in served
        assert process.poll() is None
        with socket.socket() as another:
            another.bind(("127.0.0.2", port))


def test_a_second_follower_of_the_same_state_is_turned_away(world: FollowWorld) -> None:
    world.write("0.parquet", 0, 200)
    with following(world) as process:
        until(process, lambda: counted(world) == 200)
        with pytest.raises(InputError, match="E-DRF-041"):
            world.follow()
        world.follow(state="another")


def test_a_port_that_is_taken_is_told(world: FollowWorld) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with following(world, "--port", str(taken.getsockname()[1])) as process:
            _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 3
    assert "E-DRF-043" in err
    assert "Traceback" not in err
