"""Copies that a gateway sends: whole requests over HTTP, whose sender waits for no answer and knows none.

A gateway sees the champion's answer and keeps it, so the champion is asked the copy once more, and then its shadow.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import re
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from tidegate.server.mirroring.asking import asked
from tidegate.server.mirroring.counts import Counts
from tidegate.server.mirroring.frames import Copy
from tidegate.server.mirroring.mirror import Mirror
from tidegate.server.mirroring.outlet import COPIED
from tidegate.server.refusal import Refusal
from tidegate.server.wire.budget import Budget
from tidegate.server.wire.connection import Connection
from tidegate.server.wire.limits import Limits
from tidegate.server.wire.message import Request, Response
from tidegate.server.wire.service import Reply

COUNTS = "/counts"
_LIVE = frozenset({"/v2/health/live", "/v2/health/ready"})
_COPIED = re.compile(r"/invocations|/v2/models/[^/]+(/versions/[^/]+)?/infer")
_TAKEN = Response(202, b"{}")


class Champion:
    """What the champion at `address` says to a copy; every thread has a connection of its own."""

    def __init__(self, address: str, seconds: float, counts: Counts) -> None:
        self._address, self._seconds, self._counts = address, seconds, counts
        self._links = threading.local()

    def answered(self, copy: Copy) -> Copy | None:
        """The copy with the champion's answer; None for one that it refuses, which says nothing of its shadow."""
        link: http.client.HTTPConnection | None = getattr(self._links, "link", None)
        if link is None:
            link = self._links.link = http.client.HTTPConnection(self._address, timeout=self._seconds)
        try:
            reply, body = asked(link, copy.path, copy)
        except (OSError, http.client.HTTPException):
            self._counts.unanswered()
            return None
        if reply.status != 200:
            self._counts.unanswered()
            return None
        return replace(copy, answered={name.lower(): value for name, value in reply.headers.items()}, answer=body)


class Reception:
    """What connections call; see `wire/service.py`. Copies of anything but questions to a model go nowhere."""

    def __init__(self, mirror: Mirror, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.connections: set[Connection] = set()
        self.draining = False
        self.budget = Budget(self.limits.bodies)
        self.standing = "Cache-Control: no-store\r\n"
        self.clock = time.monotonic
        self._mirror = mirror

    def request_id(self, given: str | None) -> str:
        """The client's own, which the champion has seen too, otherwise a new one."""
        return given if given is not None and re.fullmatch(r"[!-~]{1,128}", given) else secrets.token_hex(8)

    def serve(self, request: Request, reply: Reply, alive: Callable[[], bool]) -> None:  # noqa: ARG002 - the protocol's
        """Take a copy, or say what was counted."""
        if request.method == "GET" and request.path in _LIVE:
            reply(Response(200, b"{}"))
        elif request.method == "GET" and request.path == COUNTS:
            reply(Response(200, _json(self._mirror.counts.document())))
        else:
            if request.method == "POST" and _COPIED.fullmatch(request.path):
                self._mirror.offer(_copy(request))
            reply(_TAKEN)

    def refuse(self, path: str, refusal: Refusal) -> Response:  # noqa: ARG002 - the protocol's
        """What could not be read is not asked."""
        return Response(refusal.status, _json({"error": refusal.message}))

    async def watch(self) -> None:
        """End connections that take too long, once a second."""
        while True:
            await asyncio.sleep(1.0)
            now = self.clock()
            for connection in tuple(self.connections):
                connection.check(now)


def _copy(request: Request) -> Copy:
    headers = {name: request.headers[name] for name in COPIED if name in request.headers}
    return Copy(
        path=request.path,
        headers={**headers, "x-request-id": request.id},
        body=request.body,
        answered={},
        answer=b"",
    )


def _json(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document).encode()
