"""How long a bad release can stay, as a formula that is told before a deployment and kept by it.

A release that is bad before anybody may ask it is given up after `startup` at the latest, and no client was answered by
it. One that is bad on live requests gets no more of them ``interval x threshold`` after the request that decides, and
is gone after `drain` more.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from tidegate.core.deployment.environment import Environment, Limits, Strategy, Target

DRAIN: Mapping[Target, float] = {"process": 50.0, "docker": 50.0, "kubernetes": 60.0}
"""Seconds within which a target has ended a release: it may finish its requests, and then its own work."""
_MOST_QUESTIONS = 7


@dataclass(frozen=True, kw_only=True)
class RollbackTime:
    """Bounds in seconds.

    `startup`: until a release that does not get ready, or answers wrongly what it must know, is given up. `interval`:
    between two looks. `threshold`: looks that must fail, 0 where live requests are not judged. `failed`: how many
    requests without an answer, of so many in a row, are enough at any look; None where the error rate is not asked.
    `drain`: until it has ended.
    """

    startup: float
    interval: float
    threshold: int
    failed: int | None
    drain: float

    @property
    def detection(self) -> float:
        """From the request that decides until no client gets an answer of the release any more."""
        return self.interval * self.threshold

    @property
    def sentence(self) -> str:
        """What a deployment says before it starts."""
        before = f"given up within {self.startup:g} s if it is not ready or answers wrongly"
        if not self.threshold:
            return f"a bad release is {before}; live requests do not judge it"
        live = f"{self.interval:g} s × {self.threshold} = {self.detection:g} s"
        enough = f"after {self.failed} failed requests in a row" if self.failed else "after the request that decides"
        return f"a bad release is {before}, taken from clients within {live} {enough}, and gone {self.drain:g} s later"


def rollback_time(environment: Environment, *, ready_within: float, smoke: float) -> RollbackTime:
    """The bounds of an environment; `ready_within` and `smoke` are the seconds that those steps may take at most."""
    limits = environment.limits
    return RollbackTime(
        startup=ready_within + smoke,
        interval=limits.every.total_seconds(),
        threshold=limits.failures.least if environment.strategy.steps else 0,
        failed=_failed(limits, environment.strategy),
        drain=DRAIN[environment.target],
    )


def looks(limits: Limits, strategy: Strategy) -> int:
    """How often all steps together are looked at, at most: an `every` of patience each, and once after a switch."""
    each = math.ceil(limits.patience / limits.every) + 1
    return each * (len(strategy.steps) + (strategy.kind == "shadow"))


def _failed(limits: Limits, strategy: Strategy) -> int | None:
    """The least n for which n failures of n requests put the whole exact interval beyond the limit.

    Its lower end is ``(alpha / 2) ** (1 / n)`` (Clopper and Pearson, 1934), with alpha divided among all questions and
    looks, as the analysis does.
    """
    if limits.error_rate is None or not strategy.steps:
        return None
    alpha = limits.alpha / (_MOST_QUESTIONS * max(1, looks(limits, strategy)))
    return math.floor(math.log(alpha / 2) / math.log(limits.error_rate)) + 1
