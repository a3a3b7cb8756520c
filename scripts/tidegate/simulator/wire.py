"""Requests taken apart and replies put on the wire, whole or spoiled by a fault."""

from __future__ import annotations

import json
import socket
import struct
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from tidegate.simulator.faults import Fault
from tidegate.simulator.permissions import Token

DOCUMENTATION = "https://docs.github.com/rest"


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request taken apart: `prefix` is what stood before the API's own path."""

    method: str
    prefix: str
    path: str
    query: Mapping[str, str]
    query_string: str
    body: bytes
    token: Token


@dataclass(kw_only=True)
class Reply:
    """A reply before it is put on the wire; `value` is JSON, `raw` anything else."""

    status: int
    value: Any = None
    raw: bytes | None = None
    content_type: str = "application/json; charset=utf-8"
    headers: Mapping[str, str] | None = None


def spoiled(fault: Fault, reply: Reply | None) -> Reply:
    """What becomes of a reply (`None`: the request never took effect)."""
    if fault.kind == "reset":
        return Reply(status=0)
    if fault.kind == "answer":
        return Reply(status=fault.status, value=message(fault.message, fault.status), headers=fault.headers)
    if reply is None or fault.kind == "delay":
        return reply or Reply(status=500)
    if fault.kind == "stale":
        return Reply(status=reply.status, value=_older(reply.value, fault.seconds), headers=reply.headers)
    if fault.kind == "page":
        return Reply(status=reply.status, raw=b"<html><body>Unicorn!</body></html>", content_type="text/html")
    text = json.dumps(reply.value).encode()
    return Reply(status=reply.status, raw=text[: len(text) // 2])


def _older(value: Any, seconds: float) -> Any:
    limit = datetime.fromtimestamp(time.time() - seconds, UTC)
    if not isinstance(value, list):
        return value
    return [item for item in value if datetime.fromisoformat(item.get("created_at", "1970-01-01T00:00:00Z")) < limit]


def sent(request: web.Request, reply: Reply, prefix: str, base: str) -> web.StreamResponse:
    """Put a reply on the wire. Addresses in it get the prefix that the request came with, so clients stay on it."""
    if reply.status == 0:
        _reset_connection(request)
        return web.Response()
    headers = {name: _prefixed(value, prefix, base) for name, value in (reply.headers or {}).items()}
    raw = reply.raw
    if raw is None:
        raw = b"" if reply.value is None else _prefixed(json.dumps(reply.value), prefix, base).encode()
    headers |= {"Content-Type": reply.content_type, "X-GitHub-Request-Id": f"{time.monotonic_ns():X}"}
    return web.Response(status=reply.status, body=raw, headers=headers)


def _prefixed(text: str, prefix: str, base: str) -> str:
    return text.replace(f"{base}/repos/", f"{base}{prefix}/repos/") if prefix else text


def _reset_connection(request: web.Request) -> None:
    transport = request.transport
    if transport is None:
        return
    handle: socket.socket = transport.get_extra_info("socket")
    handle.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


def message(text: str, status: int) -> dict[str, str]:
    """GitHub's error body."""
    return {"message": text, "documentation_url": DOCUMENTATION, "status": str(status)}


def missing() -> Reply:
    """404, also for what exists and may not be seen."""
    return Reply(status=404, value=message("Not Found", 404))
