"""Clients that ask at a steady rate, whether they are answered or not, and count what became of every request."""

from __future__ import annotations

import asyncio
import itertools
import statistics
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass

import aiohttp

MOST_WAITING = 32
_RECENT = 200


@dataclass(frozen=True)
class Request:
    """What a client sends; the id by which the prediction log and late labels find together, empty for none."""

    body: bytes
    id: str = ""


class Load:
    """Requests to one address, `rate` in a second: `answered`, `lost` by reason, how long the newest answers took.

    `spent`: there was nothing left to ask, and everybody has an answer.
    """

    def __init__(self, address: str, requests: Iterator[Request], rate: float) -> None:
        self.rate = rate
        self.answered = 0
        self.lost: Counter[str] = Counter()
        self.spent = threading.Event()
        self._url = f"http://{address}/invocations"
        self._requests = requests
        self._seconds: deque[float] = deque(maxlen=_RECENT)
        self._waiting: set[asyncio.Task[None]] = set()

    @property
    def milliseconds(self) -> float:
        """How long the slowest twentieth of the newest answers took at least; 0 before there are two."""
        recent = list(self._seconds)
        return 1000 * statistics.quantiles(recent, n=20)[-1] if len(recent) > 1 else 0.0

    @property
    def told(self) -> str:
        """All of it in words."""
        lost = sum(self.lost.values())
        return f"{self.answered:,} answered, {lost:,} lost, 5 % take {self.milliseconds:.1f} ms or more"

    async def run(self, ended: asyncio.Event) -> None:
        """Ask until the end. Who waits already is not asked again: never more than `MOST_WAITING` at a time."""
        timeout = aiohttp.ClientTimeout(total=10)
        async with aiohttp.ClientSession(timeout=timeout, headers={"Content-Type": "application/json"}) as session:
            due = time.monotonic()
            while not ended.is_set():
                if len(self._waiting) < MOST_WAITING and not self._begun(session) and not self._waiting:
                    self.spent.set()
                due = max(due + 1 / self.rate, time.monotonic() - 1)
                await asyncio.sleep(max(0.0, due - time.monotonic()))
            await asyncio.gather(*self._waiting)

    def _begun(self, session: aiohttp.ClientSession) -> bool:
        """Whether there was something left to ask."""
        request = next(self._requests, None)
        if request is None:
            return False
        task = asyncio.create_task(self._ask(session, request))
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)
        return True

    async def _ask(self, session: aiohttp.ClientSession, request: Request) -> None:
        begun = time.monotonic()
        headers = {"X-Request-Id": request.id} if request.id else {}
        try:
            async with session.post(self._url, data=request.body, headers=headers) as reply:
                await reply.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            self.lost[type(error).__name__] += 1
            return
        if reply.status == 200:
            self.answered += 1
            self._seconds.append(time.monotonic() - begun)
        else:
            self.lost[str(reply.status)] += 1


def asking(address: str, bodies: Sequence[bytes], *, rate: float) -> AbstractContextManager[Load]:
    """Clients that ask the same things again and again, `rate` times a second, until the block ends."""
    return asking_once(address, itertools.cycle([Request(body) for body in bodies]), rate=rate)


@contextmanager
def asking_once(address: str, requests: Iterator[Request], *, rate: float) -> Iterator[Load]:
    """Clients that ask every request once, `rate` in a second, from a thread of their own until the block ends."""
    load, loop, ended = Load(address, requests, rate), asyncio.new_event_loop(), asyncio.Event()

    def work() -> None:
        with suppress(asyncio.CancelledError):
            loop.run_until_complete(load.run(ended))
        loop.close()

    thread = threading.Thread(target=work, name="tidegate-clients", daemon=True)
    thread.start()
    try:
        yield load
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(timeout=15)
