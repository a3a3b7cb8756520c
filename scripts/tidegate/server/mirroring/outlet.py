"""Where the champion lets copies out: after the client has its answer, and never waiting for anybody.

A file says whether, where to and how many, so that no client can. It is looked at twice a second. What the mirror
does not take at once stays in a small buffer; when that is full, copies are dropped and counted.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tidegate.server.mirroring import frames
from tidegate.server.observation.metrics import head, sample
from tidegate.server.observation.prediction_log import in_sample
from tidegate.server.wire.message import Request, Response

COPIES = b"C"
"""The first byte of a connection that brings copies."""
BUFFER = 2 * 1024 * 1024
COPIED = ("content-type", "inference-header-content-length")
"""Headers of a request that its body needs."""
_LIMIT = 4096


@dataclass(frozen=True)
class Order:
    """Send copies of this share of the requests, 0 to 1, to a mirror on this port of this host.

    A host that begins with a slash is the path of a mirror's socket, and the port means nothing.
    """

    host: str
    port: int
    share: float


class Outlet(asyncio.Protocol):
    """One per server; `loop` runs it."""

    def __init__(self, file: Path, loop: asyncio.AbstractEventLoop) -> None:
        self._file, self._loop = file, loop
        self._order: Order | None = None
        self._stamp: tuple[int, int] | None = None
        self._transport: asyncio.WriteTransport | None = None
        self._connecting: asyncio.Task[None] | None = None
        self.sent = self.dropped = 0

    def look(self) -> None:
        """Called about twice a second: do what the file says now."""
        stamp = _stamp(self._file)
        if stamp != self._stamp:
            self._stamp, self._order = stamp, None if stamp is None else _order(self._file)
            self._leave()
        if self._order is not None and self._transport is None and self._connecting is None:
            self._connecting = self._loop.create_task(self._connect(self._order))

    def offer(self, request: Request, response: Response) -> None:
        """Send a copy if the order asks for one and the mirror keeps up."""
        order = self._order
        if order is None or response.status != 200 or not in_sample(request.id, order.share):
            return
        transport = self._transport
        size = len(request.body) + len(response.body)
        if transport is None or transport.is_closing() or transport.get_write_buffer_size() + size > BUFFER:
            self.dropped += 1
            return
        transport.write(frames.encoded(_copy(request, response)))
        self.sent += 1

    def lines(self) -> Iterator[str]:
        """Prometheus text."""
        name = "tidegate_copies_total"
        yield from head(name, "counter", "Copies of requests for a shadow by what became of them.")
        yield sample(name, {"outcome": "sent"}, self.sent)
        yield sample(name, {"outcome": "dropped"}, self.dropped)

    def close(self) -> None:
        """The server ends."""
        self._order = None
        if self._connecting is not None:
            self._connecting.cancel()
        self._leave()

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The mirror is there."""
        self._transport = transport  # type: ignore[assignment]
        self._transport.write(COPIES)  # type: ignore[union-attr]

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """It is gone: the next look connects again as long as the order stands."""
        self._transport = None

    async def _connect(self, order: Order) -> None:
        try:
            if order.host.startswith("/"):
                await asyncio.wait_for(self._loop.create_unix_connection(lambda: self, order.host), 2.0)
            else:
                await asyncio.wait_for(self._loop.create_connection(lambda: self, order.host, order.port), 2.0)
        except (OSError, TimeoutError):
            self._transport = None
        finally:
            self._connecting = None

    def _leave(self) -> None:
        if self._transport is not None:
            self._transport.abort()
            self._transport = None


def _copy(request: Request, response: Response) -> frames.Copy:
    headers = {name: request.headers[name] for name in COPIED if name in request.headers}
    answered = {name.lower(): value for name, value in response.headers} | {"content-type": response.content_type}
    return frames.Copy(
        path=request.path,
        headers={**headers, "x-request-id": request.id},
        body=request.body,
        answered=answered,
        answer=response.body,
    )


def _stamp(file: Path) -> tuple[int, int] | None:
    """What changes when the file is written anew; None without one."""
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino


def _order(file: Path) -> Order | None:
    """What the file asks for; a file that is not whole asks for nothing."""
    try:
        with file.open("rb") as stream:
            document: Any = json.loads(stream.read(_LIMIT))
        share = min(1.0, max(0.0, float(document["share"])))
        return Order(host=str(document["host"]), port=int(document["port"]), share=share)
    except (OSError, ValueError, KeyError, TypeError):
        return None
