"""One thread for runs that would hold up the event loop; a daemon, so that an endless run cannot keep the process."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Protocol, TypeVar

Result = TypeVar("Result")


class Apart(Protocol):
    """Whatever does work elsewhere and comes back with its result."""

    def do(self, work: Callable[[], Result], then: Callable[[Result], None]) -> None:
        """Call `then` on the event loop with what `work` returned; `work` must not raise."""


class Worker:
    """Work is done in the order it came."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._queue: SimpleQueue[Callable[[], None]] = SimpleQueue()
        threading.Thread(target=self._work, name="model", daemon=True).start()

    def do(self, work: Callable[[], Result], then: Callable[[Result], None]) -> None:
        """Call `then` on the event loop with what `work` returned."""
        self._queue.put(lambda: self._hand_back(then, work()))

    def _hand_back(self, then: Callable[[Result], None], result: Result) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(then, result)

    def _work(self) -> None:
        while True:
            self._queue.get()()
