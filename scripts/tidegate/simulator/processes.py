"""Child processes that are ours, and everything they started, ended for certain and nothing else touched."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterable


def stop(process: subprocess.Popen[bytes], *, patience: float = 5.0) -> None:
    """Ask a child to end, and after `patience` seconds kill it and its descendants, also those in other groups."""
    family = descendants(process.pid)
    if process.poll() is None:
        _send(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=patience)
    left = set(family) & set(_parents())
    for pid in [process.pid] if process.poll() is None else []:
        _send(pid, signal.SIGKILL)
    for pid in left:
        _send(pid, signal.SIGKILL)
    process.wait()


def descendants(pid: int) -> list[int]:
    """All processes below one, children before grandchildren."""
    parents = _parents()
    found = [pid]
    for ancestor in found:
        found += [child for child, parent in parents.items() if parent == ancestor]
    return found[1:]


def lives(pid: int) -> bool:
    """Whether a process is there and has not ended already."""
    command = ["ps", "-o", "stat=", "-p", str(pid)]
    state = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False).stdout.strip()
    return bool(state) and not state.startswith("Z")


def kill_below(pid: int) -> list[int]:
    """SIGKILL everything below a process, but not the process: the processes that were there."""
    below = descendants(pid)
    for child in reversed(below):
        _send(child, signal.SIGKILL)
    return below


def kill(pids: Iterable[int]) -> None:
    """SIGKILL those that are still there, and what is below them."""
    for pid in set(pids) & set(_parents()):
        kill_below(pid)
        _send(pid, signal.SIGKILL)


def _parents() -> dict[int, int]:
    listing = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, timeout=10, check=True)
    return {int(pid): int(parent) for pid, parent in (row.split() for row in listing.stdout.splitlines())}


def _send(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)
