"""What deployments leave running on purpose, and how it is ended with the simulation that it belongs to."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

from tidegate.simulator import processes

STATE = "home/.local/state"
_PATIENCE = 5.0


def state(folder: Path, repository: str, environment: str) -> Path:
    """Where jobs on the simulation's machine keep what runs in an environment."""
    return folder / STATE / "tidegate" / repository.replace("/", "-") / environment


def end(place: Path) -> list[int]:
    """End every process that works on something below a folder, and what it has started, politely first: their ids."""
    found = _belonging(place)
    for pid in found:
        _send(pid, signal.SIGTERM)
    deadline = time.monotonic() + _PATIENCE
    while (left := [pid for pid in found if processes.lives(pid)]) and time.monotonic() < deadline:
        time.sleep(0.05)
    for pid in left:
        _send(pid, signal.SIGKILL)
    return found


def _belonging(place: Path) -> list[int]:
    """Processes whose command line names something below a folder that only this simulation has, and their children."""
    command = ["ps", "-A", "-w", "-w", "-o", "pid=,args="]
    listing = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    rows = (row.strip().partition(" ") for row in listing.stdout.splitlines())
    own = [int(pid) for pid, _, arguments in rows if f"{place}/" in arguments]
    below = [child for pid in own for child in processes.descendants(pid)]
    return [pid for pid in dict.fromkeys([*own, *below]) if pid != os.getpid()]


def _send(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)
