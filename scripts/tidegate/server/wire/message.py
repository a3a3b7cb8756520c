"""One request as the routes see it, one response as the wire wants it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

JSON = "application/json"
CHECK = "tidegate-check"
"""The header of a question with a known answer: no client asks it, so it is neither logged nor counted as live data."""
_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n" for status in HTTPStatus}


@dataclass(slots=True)
class Request:
    """A request that was read to its end. Header names are lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    id: str


@dataclass(frozen=True, slots=True)
class Response:
    """What goes back."""

    status: int
    body: bytes
    content_type: str = JSON
    headers: tuple[tuple[str, str], ...] = ()

    def encoded(self, standing: str, request_id: str, *, close: bool, head: bool) -> bytes:
        """Bytes for the wire. `standing` are the header lines that every response has."""
        own = "".join(f"{name}: {value}\r\n" for name, value in self.headers)
        ending = "Connection: close\r\n" if close else ""
        lines = (
            f"{_LINES[self.status]}{standing}X-Request-Id: {request_id}\r\nContent-Type: {self.content_type}\r\n"
            f"Content-Length: {len(self.body)}\r\n{own}{ending}\r\n"
        )
        return lines.encode("latin-1") + (b"" if head else self.body)
