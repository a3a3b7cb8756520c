"""A small process that outlives a simulation which was killed, and ends what that can end no more."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tidegate.simulator import servers

_ALL_WELL = b"all is well"
_PROGRAM = "import sys; sys.path.insert(0, sys.argv[1]); from tidegate.simulator.keeper import main; main(sys.argv[2])"


@contextmanager
def watching(folder: Path) -> Iterator[None]:
    """Should this process be killed inside of the block, whatever works on `folder` is ended all the same."""
    package = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-I", "-c", _PROGRAM, str(package), str(folder)]
    keeper = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)
    try:
        yield
    finally:
        keeper.communicate(_ALL_WELL, timeout=30)


def main(folder: str) -> None:
    """Wait until whoever started us says that all is well, or is gone."""
    if sys.stdin.buffer.read() != _ALL_WELL:
        servers.end(Path(folder))
