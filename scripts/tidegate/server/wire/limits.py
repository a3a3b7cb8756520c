"""How much and how long a client may take."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Sizes in bytes, times in seconds."""

    body: int = 4 * 1024 * 1024
    bodies: int = 256 * 1024 * 1024
    """Of all bodies together that are still coming in."""
    uri: int = 2048
    header_bytes: int = 16 * 1024
    header_count: int = 64
    connections: int = 1024
    read: float = 10.0
    """From the first byte of a request, or from the connection's opening, to the request's last byte."""
    idle: float = 75.0
    """Between two requests of one connection."""
    fresh: float = 1.0
    """While draining, from the connection's opening to its first byte."""
    write: float = 10.0
    """That a client may leave an answer unread."""
    linger: float = 2.0
    """That we go on swallowing what a refused client still sends, so that it can read why it was refused."""
    pipelined: int = 8
    """Requests that a client may send ahead of our answers."""
