"""Who answers how much: read from the records of what runs, and drawn as a bar."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from tidegate.simulator.clients.load import Load

WIDTH = 24
_FILLS = "█▓▒░"
_PAUSE = 0.1


def bar(shares: Mapping[str, int]) -> str:
    """Versions side by side in a bar of fixed width, the oldest first, each with its percentage."""
    total = sum(shares.values()) or 1
    drawn, begun = "", 0
    for number, share in enumerate(shares.values()):
        end = round((begun + share) * WIDTH / total)
        drawn += _FILLS[number % len(_FILLS)] * (end - len(drawn))
        begun += share
    told = ", ".join(f"version {version} {share} %" for version, share in shares.items())
    return f"{drawn:<{WIDTH}} {told}"


def shares(folder: Path) -> dict[str, int]:
    """What percent each running version answers, by the records below an environment's folder; the oldest first."""
    found = []
    for path in folder.glob("*/process.json"):
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
            found.append((record["started"], str(record["version"]), int(record["weight"])))
        except (OSError, ValueError, KeyError):
            continue  # being written, or gone
    return {version: weight for _, version, weight in sorted(found)}


class Watch:
    """Clients that ask, with a line for every change of who answers them, until the block ends.

    Most come when there is something to be judged: `rush` a second while two versions share the requests.
    """

    def __init__(
        self, clients: AbstractContextManager[Load], folder: Path, say: Callable[[str], None], *, rush: float
    ) -> None:
        self._clients, self._folder, self._say, self._rush = clients, folder, say, rush
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, name="tidegate-shares", daemon=True)

    def __enter__(self) -> Load:
        self._load = self._clients.__enter__()
        self._thread.start()
        return self._load

    def __exit__(self, *failure: Any) -> None:
        self._ended.set()
        self._thread.join(timeout=5)
        self._clients.__exit__(*failure)

    def _look(self) -> None:
        last: dict[str, int] = {}
        calm = self._load.rate
        while not self._ended.wait(_PAUSE):
            now = shares(self._folder)
            self._load.rate = self._rush if all(now.values()) and len(now) > 1 else calm
            if now != last and sum(now.values()) == 100:
                self._say(f"    {bar(now)} · {self._load.told}")
                last = now
