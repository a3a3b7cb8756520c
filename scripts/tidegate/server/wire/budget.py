"""Memory for bodies that are still coming in, over all connections: many patient clients must not fill it."""

from __future__ import annotations

from tidegate.server.refusal import Reason, Refusal


class Budget:
    """Bytes taken and given back."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.used = 0

    def take(self, size: int) -> None:
        """Raises Refusal when too many bytes would be held."""
        if self.used + size > self._limit:
            text = "too many requests are coming in at once; try again"
            raise Refusal(Reason.OVERLOADED, text, headers=(("Retry-After", "1"),))
        self.used += size

    def give_back(self, size: int) -> None:
        """They are needed no longer."""
        self.used -= size
