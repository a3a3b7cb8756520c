"""What a connection needs of the application behind it, so that either can be tested without the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from tidegate.server.refusal import Refusal
    from tidegate.server.wire.budget import Budget
    from tidegate.server.wire.connection import Connection
    from tidegate.server.wire.limits import Limits
    from tidegate.server.wire.message import Request, Response

Reply = Callable[["Response"], None]


class Service(Protocol):
    """The application as connections see it."""

    limits: Limits
    connections: set[Connection]
    draining: bool
    budget: Budget
    standing: str
    """Header lines that every response has."""

    def clock(self) -> float:
        """Seconds that only go up."""

    def request_id(self, given: str | None) -> str:
        """The client's own id where it is fit to be repeated, otherwise a new one."""

    def serve(self, request: Request, reply: Reply, alive: Callable[[], bool]) -> None:
        """Answer, now or later, exactly once; `alive` says whether anybody still waits for it."""

    def refuse(self, path: str, refusal: Refusal) -> Response:
        """The response to a request that was not read to its end."""
