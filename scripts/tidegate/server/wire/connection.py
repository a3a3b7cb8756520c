"""One client's connection: requests in order, answers in order, and an end to everything that a client can delay.

Written on httptools (the parser of Node) and not on an ASGI server, because those know no limit on headers and no
deadline for a request that trickles in, and cost more per request than everything else here together.
"""

from __future__ import annotations

import asyncio
from collections import deque
from functools import partial

from tidegate.server.refusal import Reason, Refusal
from tidegate.server.wire.message import Request, Response
from tidegate.server.wire.reader import Reader
from tidegate.server.wire.service import Service


class Connection(Reader, asyncio.Protocol):
    """Requests are served one at a time, as HTTP/1.1 wants; a few that the client sent ahead may wait."""

    def __init__(self, service: Service) -> None:
        super().__init__(service.limits, service.budget)
        self._service = service
        self._waiting: deque[tuple[Request, bool]] = deque()
        self._since = service.clock()
        self._fresh = True
        self._answering = False
        self._serving = False
        self._ending: Refusal | None = None
        self._lingering = False
        self._client_finished = False
        self._paused = False
        self._unread_since: float | None = None

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody connected."""
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]
        self._service.connections.add(self)
        if len(self._service.connections) > self._limits.connections:
            self._end(Refusal(Reason.OVERLOADED, "too many connections", headers=(("Retry-After", "1"),)))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """The connection is no more, whoever ended it."""
        self._service.connections.discard(self)
        self._waiting.clear()
        self.give_up()

    def eof_received(self) -> bool:
        """The client has said all; True keeps its answer on the way."""
        self._client_finished = True
        return self._answering or bool(self._waiting)

    def pause_writing(self) -> None:
        """The client does not read its answers."""
        self._unread_since = self._service.clock()

    def resume_writing(self) -> None:
        """It does again."""
        self._unread_since = None
        self._next()

    def data_received(self, data: bytes) -> None:
        """Some bytes came."""
        if self._lingering or self._ending is not None:
            return
        if not self.partial and not self._answering:
            self._since = self._service.clock()
        try:
            if not self.read(data):
                self._pause_reading()
        except Refusal as refusal:
            self._end(refusal)

    # What the reader calls.

    def expects(self) -> None:
        """Tell the client to send its body, unless earlier answers are still to come."""
        if not self._answering and not self._waiting:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def complete(self) -> None:
        """A request was read: serve it, or let it wait for its turn."""
        identity = self._service.request_id(self.headers.get("x-request-id"))
        request = Request(self.method, self.path, self.headers, self.body, identity)
        self._waiting.append((request, self.keeps))
        self._next()
        if len(self._waiting) >= self._limits.pipelined:
            self._pause_reading()

    # Answers.

    def _next(self) -> None:
        if self._serving:  # an answer that came at once: the loop below goes on by itself
            return
        self._serving = True
        while self._waiting and not self._answering and self._unread_since is None:
            request, keeps = self._waiting.popleft()
            self._answering = True
            self._service.serve(request, partial(self._answer, request, keeps), self.is_alive)
        self._serving = False
        if self._paused and not self._waiting and not self._answering and not self._transport.is_closing():
            self._paused = False
            self._transport.resume_reading()

    def is_alive(self) -> bool:
        """Whether an answer could still arrive."""
        return not self._transport.is_closing()

    def _answer(self, request: Request, keeps: bool, response: Response) -> None:
        self._answering = False
        if self._transport.is_closing():
            return
        done = (self._client_finished or self._service.draining) and not self._waiting
        close = done or not keeps
        head = request.method == "HEAD"
        self._transport.write(response.encoded(self._service.standing, request.id, close=close, head=head))
        self._since, self._fresh = self._service.clock(), False
        if close:
            self._close()
        elif self._ending is not None and not self._waiting:
            self._end(self._ending)
        else:
            self._next()

    def _end(self, refusal: Refusal) -> None:
        """Say why after all earlier answers; then swallow what still comes: a reset would destroy the answer."""
        self._ending = refusal
        if self._answering or self._waiting or self._transport.is_closing():
            return
        response = self._service.refuse(self.path, refusal)
        identity = self._service.request_id(None)
        self._transport.write(response.encoded(self._service.standing, identity, close=True, head=False))
        self.give_up()
        self._lingering, self._since = True, self._service.clock()
        if self._transport.can_write_eof():
            self._transport.write_eof()

    def _close(self) -> None:
        self._waiting.clear()
        self._since = self._service.clock()
        self._transport.close()

    def _pause_reading(self) -> None:
        if not self._paused and not self._transport.is_closing():
            self._paused = True
            self._transport.pause_reading()

    # Time.

    def check(self, now: float) -> None:
        """Called about once a second: end what takes too long."""
        limits, waited = self._limits, now - self._since
        if self._unread_since is not None and now - self._unread_since > limits.write:
            self._transport.abort()
        elif self._lingering or self._transport.is_closing():
            if waited > (limits.linger if self._lingering else limits.write):
                self._transport.abort()
        elif self._answering:
            return
        elif self.partial and waited > limits.read:
            self._end(Refusal(Reason.READ_TIMEOUT, f"the request was not complete after {limits.read:g} seconds"))
        elif not self.partial and waited > (limits.read if self._fresh else limits.idle):
            self._close()

    def abort(self) -> None:
        """Draining took too long."""
        self._transport.abort()

    def close_if_idle(self) -> None:
        """Draining comes to its end: whoever is neither sending nor waiting is let go.

        Who has only just connected is about to send, and gets a moment for it.
        """
        about_to_send = self._fresh and self._service.clock() - self._since < self._limits.fresh
        if not self._answering and not self._waiting and not self.partial and not about_to_send:
            self._close()
