"""Faults on order: what an API does on a bad day, told apart by whether the request had already taken effect."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypedDict, Unpack


class Where(TypedDict, total=False):
    """Which requests: those of `method` (all by default) whose path holds the pattern `path`.

    `nth` is the first of them that it happens to (1, the next one, by default), `times` how many in a row.
    """

    method: str
    path: str
    nth: int
    times: int


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One thing to go wrong; `committed` says whether the request takes effect before its reply is spoiled."""

    kind: Literal["answer", "reset", "truncated", "page", "delay", "stale"]
    method: str = ""
    path: str = ""
    nth: int = 1
    times: int = 1
    committed: bool = False
    status: int = 502
    message: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0


def secondary_limit(*, retry_after: int = 1, **where: Unpack[Where]) -> Fault:
    """403 of the secondary rate limit, with `Retry-After` in seconds."""
    message = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
    return answer(403, message=message, headers={"Retry-After": str(retry_after)}, **where)


def too_many(*, retry_after: int = 1, **where: Unpack[Where]) -> Fault:
    """429 with `Retry-After` in seconds."""
    return answer(429, message="Too many requests.", headers={"Retry-After": str(retry_after)}, **where)


def primary_limit(*, reset_at: int, **where: Unpack[Where]) -> Fault:
    """403 with nothing remaining; `reset_at` is the epoch second at which the limit starts anew."""
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(reset_at)}
    return answer(403, message="API rate limit exceeded for installation.", headers=headers, **where)


def answer(
    status: int,
    *,
    message: str = "",
    headers: Mapping[str, str] | None = None,
    committed: bool = False,
    **where: Unpack[Where],
) -> Fault:
    """Any status with GitHub's error body: 401, 404, 410, 500, 502 (`committed` for "after it took effect") ..."""
    said = message or f"Simulated status {status}"
    return Fault(kind="answer", status=status, message=said, headers=headers or {}, committed=committed, **where)


def reset(*, committed: bool = False, **where: Unpack[Where]) -> Fault:
    """The connection is reset and no reply arrives."""
    return Fault(kind="reset", committed=committed, **where)


def truncated(**where: Unpack[Where]) -> Fault:
    """The request takes effect; the reply's JSON ends half-way."""
    return Fault(kind="truncated", committed=True, **where)


def page(**where: Unpack[Where]) -> Fault:
    """The request takes effect; the reply has the right status and an HTML page for a body."""
    return Fault(kind="page", committed=True, **where)


def delay(seconds: float, **where: Unpack[Where]) -> Fault:
    """The request is held back for `seconds`, then treated as usual."""
    return Fault(kind="delay", seconds=seconds, **where)


def stale(seconds: float, **where: Unpack[Where]) -> Fault:
    """Lists come from a replica: what was created in the last `seconds` is not in them yet."""
    where.setdefault("method", "GET")
    where.setdefault("times", 1_000_000)
    return Fault(kind="stale", seconds=seconds, **where)


class Faults:
    """The orders that stand, each with the number of requests it has seen."""

    def __init__(self) -> None:
        self._orders: list[tuple[Fault, list[int]]] = []
        self._lock = threading.Lock()

    def add(self, *faults: Fault) -> None:
        """Order more faults; they count requests from now on."""
        with self._lock:
            self._orders += [(fault, [0]) for fault in faults]

    def clear(self) -> None:
        """All well again."""
        with self._lock:
            self._orders = []

    def met(self, method: str, path: str) -> list[Fault]:
        """The faults that this request meets, in the order they were added; the request is counted."""
        with self._lock:
            return [fault for fault, seen in self._orders if _meets(fault, seen, method, path)]


def _meets(fault: Fault, seen: list[int], method: str, path: str) -> bool:
    if fault.method not in ("", method) or not re.search(fault.path, path):
        return False
    seen[0] += 1
    return fault.nth <= seen[0] < fault.nth + fault.times
