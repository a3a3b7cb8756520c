"""What the mirror has seen, as counts that only grow."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import Counter
from typing import Any

from tidegate.server.mirroring.answers import Change

_STEPS = ("1", "1.25", "1.6", "2", "2.5", "3.15", "4", "5", "6.3", "8")
"""Ten round numbers a decade (Renard's R10), so that a tolerance which people write is an edge and counts exactly."""
RELATIVE = (0.0, *(float(f"{step}e{power}") for power in range(-6, 0) for step in _STEPS), 1.0)
ABSOLUTE = (0.0, *(float(f"{step}e{power}") for power in range(-9, 9) for step in _STEPS), 1e9)


class Counts:
    """Written by several threads. `requests`: copies that the shadow was asked; `failed`: by why it gave no answer."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._dropped = self._requests = self._unanswered = 0
        self._failed: Counter[str] = Counter()
        self._relative, self._absolute = [0] * (len(RELATIVE) + 1), [0] * (len(ABSOLUTE) + 1)
        self._total = self._squares = 0.0

    def dropped(self) -> None:
        """A copy came while too many waited."""
        with self._lock:
            self._dropped += 1

    def unanswered(self) -> None:
        """The champion has no answer to the copy, so there was nothing to compare with."""
        with self._lock:
            self._unanswered += 1

    def failed(self, why: str) -> None:
        """The shadow was asked and gave no answer that the champion's could be held against."""
        with self._lock:
            self._requests += 1
            self._failed[why] += 1

    def answered(self, change: Change) -> None:
        """The shadow answered."""
        with self._lock:
            self._requests += 1
            self._relative[bisect_left(RELATIVE, change.relative)] += 1
            self._absolute[bisect_left(ABSOLUTE, change.absolute)] += 1
            self._total += change.mean
            self._squares += change.mean * change.mean

    def document(self) -> dict[str, Any]:
        """All of it as JSON values."""
        with self._lock:
            return {
                "requests": self._requests,
                "failed": dict(self._failed),
                "dropped": self._dropped,
                "unanswered": self._unanswered,
                "relative": {"edges": list(RELATIVE), "counts": list(self._relative)},
                "absolute": {"edges": list(ABSOLUTE), "counts": list(self._absolute)},
                "total": self._total,
                "squares": self._squares,
            }
