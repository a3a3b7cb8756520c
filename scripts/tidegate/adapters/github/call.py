"""What is asked of GitHub, what comes back, and how long we are prepared to wait for it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Patience:
    """All in seconds.

    `tries` are the pauses before a call is sent again, `gap` lies between two writes of one kind, `looks` before each
    further look at what concurrent runs have done; `budget` is how much waiting is worth it in all.
    """

    tries: tuple[float, ...] = (1.0, 2.0, 4.0)
    gap: float = 1.0
    looks: tuple[float, ...] = (1.0, 1.0, 2.0, 3.0, 5.0)
    budget: float = 120.0
    connect: float = 5.0
    read: float = 30.0
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], float] = time.time


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request.

    `path` lies below the API's address (or is a whole address that GitHub gave us), `what` says it in words, `grant`
    is the permission that it needs. Not `repeatable` is what would do its work twice.
    """

    method: str
    path: str
    what: str
    grant: str
    body: Mapping[str, Any] | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    repeatable: bool = True

    @property
    def writes(self) -> bool:
        """Whether it could change anything."""
        return self.method != "GET"

    @property
    def kind(self) -> str:
        """What it has in common with others that do the same to other things."""
        return f"{self.method} {re.sub('[0-9]+', '#', self.path)}"


@dataclass(frozen=True, kw_only=True)
class Reply:
    """A reply that is as it should be; `next` is the next page, `location` a redirect that was not to be followed."""

    value: Any
    headers: Mapping[str, str]
    next: str = ""
    location: str = ""
