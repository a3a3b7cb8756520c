"""The process between a champion and its shadow: copies come in, the shadow is asked, both answers are compared.

It takes what comes without ever letting the champion wait; what the shadow is too slow for is dropped and counted.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import queue
import re
import threading
from collections.abc import Callable
from contextlib import suppress

from tidegate.server.mirroring import answers, frames
from tidegate.server.mirroring.asking import asked
from tidegate.server.mirroring.counts import Counts
from tidegate.server.mirroring.frames import Copy
from tidegate.server.mirroring.outlet import COPIES

WAITING = 500
"""Copies that may wait for the shadow."""
ASKING = 4
"""Copies that the shadow is asked at a time."""
HELD = 64 * 1024 * 1024
"""Bytes that the waiting copies may have together: a mirror must fit into the memory that it was given."""
_VERSION = re.compile(r"/versions/[^/]*")


def _as_it_came(copy: Copy) -> Copy | None:
    """The champion's server sends its answer along."""
    return copy


class Mirror:
    """Asks the shadow at `address`, each copy for at most `seconds`; at several with commas between, one after another.

    `answered`: the copy with the champion's answer.

    Where the champion has none there is nothing to compare, and the shadow is not asked.
    """

    def __init__(
        self,
        address: str,
        seconds: float,
        counts: Counts | None = None,
        answered: Callable[[Copy], Copy | None] = _as_it_came,
    ) -> None:
        self._address, self._seconds, self._answered = address, seconds, answered
        self._queue: queue.Queue[Copy] = queue.Queue(WAITING)
        self._lock, self._held = threading.Lock(), 0
        self.counts = counts or Counts()

    def begin(self) -> None:
        """Start asking. Behind everything else on the machine: what clients wait for comes first."""
        with suppress(OSError):
            os.nice(10)
        for number in range(ASKING):
            threading.Thread(target=self._work, args=(number,), name=f"shadow-{number}", daemon=True).start()

    def offer(self, copy: Copy) -> None:
        """Queue a copy, or count it as dropped."""
        size = len(copy.body) + len(copy.answer)
        with self._lock:
            fits = self._held + size <= HELD and not self._queue.full()
            if fits:
                self._held += size
                self._queue.put_nowait(copy)
        if not fits:
            self.counts.dropped()

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A champion with copies, or a deployment that wants to know the counts."""
        with suppress(OSError, ValueError, asyncio.IncompleteReadError):
            if await reader.readexactly(1) == COPIES:
                while True:
                    head, body, answer = frames.sizes(await reader.readexactly(frames.HEAD))
                    parts = [await reader.readexactly(size) for size in (head, body, answer)]
                    self.offer(frames.decoded(*parts))
            writer.write(json.dumps(self.counts.document()).encode())
            await writer.drain()
        writer.close()

    def _work(self, number: int) -> None:
        addresses = self._address.split(",")
        link = http.client.HTTPConnection(addresses[number % len(addresses)], timeout=self._seconds)
        while True:
            copy = self._queue.get()
            with self._lock:
                self._held -= len(copy.body) + len(copy.answer)
            whole = self._answered(copy)
            if whole is not None:
                self.ask(link, whole)

    def ask(self, link: http.client.HTTPConnection, copy: Copy) -> None:
        """Ask the shadow what the champion was asked, and count what came of it."""
        try:
            reply, body = asked(link, _VERSION.sub("", copy.path), copy)
        except (OSError, http.client.HTTPException) as error:
            self.counts.failed("timeout" if isinstance(error, TimeoutError) else "no answer")
            return
        self._compare(copy, reply, body)

    def _compare(self, copy: Copy, reply: http.client.HTTPResponse, body: bytes) -> None:
        if reply.status != 200:
            self.counts.failed(str(reply.status))
            return
        try:
            before = answers.read(copy.answered, copy.answer)
            after = answers.read({name.lower(): value for name, value in reply.headers.items()}, body)
            change = answers.compared(before, after)
        except ValueError:
            change = None
        if change is None:
            self.counts.failed("another form")
        else:
            self.counts.answered(change)
