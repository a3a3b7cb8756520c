"""What one question about one column was answered with, and what a window as a whole was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

from tidegate.core.drift.profile import Role

Subject = Literal["distribution", "missing", "new words", "infinite", "schema", "performance"]


Against = Literal["all", "season"]


class State(StrEnum):
    """`WATCH`: this window drifted, too few of the latest did. `UNKNOWN`: could not be found out, which is not calm."""

    CALM = "calm"
    WATCH = "watch"
    DRIFT = "drift"
    UNKNOWN = "unknown"


class Found(StrEnum):
    """The answer to one question."""

    CALM = "calm"
    DRIFTED = "drifted"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One question about one column. Drifted when ``q <= alpha`` and ``effect >= floor``, both.

    `effect`: Jensen–Shannon distance, 0 to 1. `p` is of this question alone, `q` after all of the window's questions.
    `against`: what it was nearer to, the whole reference or its own months. `measures`: other distances from the whole,
    for people. None where there is no such number.
    """

    column: str
    role: Role
    subject: Subject
    found: Found
    sentence: str
    effect: float | None = None
    floor: float | None = None
    p: float | None = None
    q: float | None = None
    against: Against = "all"
    measures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class WindowFindings:
    """One window: `drifted` is the window's own answer, before m of n. `share`: of the features, by importance.

    `worse`: whether the model is worse on its labelled rows than at release, None where that could not be measured.
    """

    start: datetime
    end: datetime
    rows: int
    found: Found
    fires_at_once: bool
    share: float
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]
    sentence: str
    worse: bool | None = None

    @property
    def drifted(self) -> tuple[str, ...]:
        """Columns that drifted, in the profile's order, each once."""
        return tuple(dict.fromkeys(item.column for item in self.findings if item.found is Found.DRIFTED))
