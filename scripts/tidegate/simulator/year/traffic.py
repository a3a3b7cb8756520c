"""Clients of a year: every hour is asked once of production's own address, and the data's clock moves with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from tidegate.errors import InfrastructureError
from tidegate.simulator.clients import load, shares
from tidegate.simulator.clients.load import Load
from tidegate.simulator.year.stream import Stream

FAST, CALM, RUSH = 400.0, 1.0, 80.0
"""Requests a second: when nothing happens but time, while a release is on its way, and while two share them."""
PATIENCE = 120.0


class Traffic:
    """All that was asked of `address` so far. `folder`: what runs in production; `say` prints a line."""

    def __init__(self, stream: Stream, address: str, folder: Path, say: Callable[[str], None]) -> None:
        self.stream = stream
        self.answered = 0
        self.lost: Counter[str] = Counter()
        self._address, self._folder, self._say = address, folder, say

    def until(self, moment: datetime) -> None:
        """Let time pass. Raises InfrastructureError E-SIM-048 where it takes too long."""
        with load.asking_once(self._address, self.stream.requests(moment), rate=FAST) as clients:
            done = clients.spent.wait(PATIENCE)
        self._count(clients)
        if not done:
            raise InfrastructureError("E-SIM-048", f"after {PATIENCE:.0f} seconds it is {self.stream.now}.")

    @contextmanager
    def beside(self) -> Iterator[Load]:
        """Ask on while something else happens, most when two versions share the requests."""
        clients = load.asking_once(self._address, self.stream.requests(), rate=CALM)
        with shares.Watch(clients, self._folder, self._say, rush=RUSH) as asking:
            yield asking
        self._count(asking)

    def _count(self, clients: Load) -> None:
        self.answered += clients.answered
        self.lost += clients.lost
