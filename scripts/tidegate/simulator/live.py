"""The runs that are under way: whoever ends the simulation ends them first, whichever thread waits for them."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from tidegate.errors import InfrastructureError
from tidegate.simulator import processes


class Live:
    """Child processes that run now."""

    def __init__(self) -> None:
        self._processes: list[subprocess.Popen[bytes]] = []
        self._lock = threading.Lock()
        self._over = False

    @contextmanager
    def running(self, process: subprocess.Popen[bytes]) -> Iterator[None]:
        """Count a process in until the block ends. Raises InfrastructureError when everything was ended already."""
        with self._lock:
            self._processes.append(process)
            over = self._over
        try:
            if over:
                raise InfrastructureError("E-SIM-032", "the simulation is over; nothing more is started.")
            yield
        finally:
            with self._lock:
                self._processes.remove(process)

    def end(self) -> None:
        """End everything, and let nothing new begin."""
        with self._lock:
            self._over, found = True, list(self._processes)
        for process in found:
            processes.stop(process)

    def together(self, *works: Callable[[], Any]) -> list[Any]:
        """Do several things at the same time: their results in order. Whoever interrupts us ends all that runs."""
        with ThreadPoolExecutor(max_workers=max(1, len(works))) as pool:
            begun = [pool.submit(work) for work in works]
            try:
                return [future.result() for future in begun]
            except KeyboardInterrupt:
                self.end()
                raise
