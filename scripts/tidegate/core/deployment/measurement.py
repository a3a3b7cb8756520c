"""What one question to the traffic can be answered with. Nothing measured is never a success."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """What one look says."""

    SUCCESS = "success"
    FAILURE = "failure"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """One question to the traffic: where the true value lies, and what would decide when it is open.

    `observed` is None where nothing was measured. `more`: about how many more requests like those seen would decide;
    None where the question is decided, or where no number of them would.
    """

    name: str
    outcome: Outcome
    observed: float | None
    low: float
    high: float
    limit: float
    sentence: str
    more: int | None = None


def decided(low: float, high: float, limit: float) -> Outcome:
    """On the whole interval and not on a point; what is no number decides nothing."""
    if math.isnan(low) or math.isnan(high):
        return Outcome.INCONCLUSIVE
    if high <= limit:
        return Outcome.SUCCESS
    return Outcome.FAILURE if low > limit else Outcome.INCONCLUSIVE


def nothing(name: str, limit: float, why: str) -> Measurement:
    """The answer where there is nothing to measure."""
    return Measurement(
        name=name,
        outcome=Outcome.INCONCLUSIVE,
        observed=None,
        low=math.nan,
        high=math.nan,
        limit=limit,
        sentence=f"{name}: {why}",
    )
