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
from contextlib import suppress

from tidegate.server.mirroring import answers, frames
from tidegate.server.mirroring.counts import Counts
from tidegate.server.mirroring.frames import Copy
from tidegate.server.mirroring.outlet import COPIES

WAITING = 500
"""Copies that may wait for the shadow."""
ASKING = 4
"""Copies that the shadow is asked at a time."""
_LIMIT = 4 * 1024 * 1024
_VERSION = re.compile(r"/versions/[^/]*")


class Mirror:
    """Asks the shadow at `address`, each copy for at most `seconds`."""

    def __init__(self, address: str, seconds: float) -> None:
        self._address, self._seconds = address, seconds
        self._queue: queue.Queue[Copy] = queue.Queue(WAITING)
        self.counts = Counts()

    def begin(self) -> None:
        """Start asking. Behind everything else on the machine: what clients wait for comes first."""
        with suppress(OSError):
            os.nice(10)
        for number in range(ASKING):
            threading.Thread(target=self._work, name=f"shadow-{number}", daemon=True).start()

    def offer(self, copy: Copy) -> None:
        """Queue a copy, or count it as dropped."""
        try:
            self._queue.put_nowait(copy)
        except queue.Full:
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

    def _work(self) -> None:
        link = http.client.HTTPConnection(self._address, timeout=self._seconds)
        while True:
            self.ask(link, self._queue.get())

    def ask(self, link: http.client.HTTPConnection, copy: Copy) -> None:
        """Ask the shadow what the champion was asked, and count what came of it."""
        try:
            link.request("POST", _VERSION.sub("", copy.path), copy.body, dict(copy.headers))
            reply = link.getresponse()
            body = reply.read(_LIMIT)
            if not reply.isclosed():
                raise http.client.HTTPException("an answer without an end")
        except (OSError, http.client.HTTPException) as error:
            link.close()
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
