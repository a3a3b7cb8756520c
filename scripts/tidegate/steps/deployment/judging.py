"""One step of a takeover judged by its traffic: looked at until it is decided, or until the patience is over."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from tidegate.core.deployment.analysis import analyse, conclude, failed
from tidegate.core.deployment.environment import Limits, Step, Strategy
from tidegate.core.deployment.fleet import Instance
from tidegate.core.deployment.measurement import Measurement, Outcome
from tidegate.core.deployment.rollback_time import looks
from tidegate.core.deployment.target import Target
from tidegate.core.deployment.traffic import Histogram, Traffic
from tidegate.errors import TidegateError


class Undecided(Exception):
    """The traffic has not decided within the patience of the environment; everything stays as it is."""


@dataclass(frozen=True, kw_only=True)
class Judged:
    """`failed` is why the release has to go, empty for a success; `told` is what was seen last."""

    failed: str
    told: str
    measurements: tuple[Measurement, ...] = ()


@dataclass(kw_only=True)
class Judging:
    """Looks at `release` on `target`. `profile`: what it predicted when it was judged, where that is known."""

    release: str
    target: Target
    limits: Limits
    strategy: Strategy
    profile: Histogram | None
    clock: Callable[[], float]
    sleep: Callable[[float], None]
    _before: dict[str, Traffic] = field(default_factory=dict)
    _latest: dict[str, Traffic] = field(default_factory=dict)
    _measured: tuple[Measurement, ...] = ()
    _trouble: str = ""
    _asked: int = 0

    def step(self, index: int, step: Step) -> Judged:
        """Look until the step is decided. A failure ends it at once; a success must also have held long enough.

        Raises Undecided.
        """
        began, outcomes = self.clock(), list[Outcome]()
        self._before, self._latest = {}, {}
        self._look()
        while True:
            self.sleep(self.limits.every.total_seconds())
            outcomes.append(self._look())
            held = self.clock() - began
            if self.target.fleet().of(self.release) is None:
                return self._judged("it ended while it was being judged")
            if failed(outcomes, self.limits):
                return self._judged(self._why())
            enough = self._asked >= step.requests and held >= step.hold.total_seconds()
            if outcomes[-1] is Outcome.SUCCESS and enough:
                return self._judged("")
            if held >= self.limits.patience.total_seconds():
                raise Undecided(f"step {index + 1} is not decided: {self._told()}; {self._outlook(step, held)}")

    def _look(self) -> Outcome:
        """One look. What cannot be seen of the release itself is a failure of it."""
        self._trouble, self._measured = "", ()
        fleet = self.target.fleet()
        mine, champion = fleet.of(self.release), fleet.champion_beside(self.release)
        if mine is None or not mine.ready:
            self._trouble = (mine.trouble if mine else "") or "it does not say that it is ready"
            return Outcome.FAILURE
        try:
            ours = self._since(self.release, self.target.traffic(self.release))
        except (TidegateError, ValueError) as error:
            self._forget(self.release)
            self._trouble = str(error)
            return Outcome.FAILURE
        self._asked = ours.requests
        try:
            theirs = None if champion is None else self._champions(champion)
        except (TidegateError, ValueError) as error:
            self._forget(champion.release if champion else "")
            self._trouble = f"the champion cannot be compared with: {error}"
            return Outcome.INCONCLUSIVE
        self._measured = analyse(ours, theirs, self.limits, looks(self.limits, self.strategy), self.profile)
        return conclude(self._measured)

    def _since(self, release: str, now: Traffic) -> Traffic:
        """What came since the first look. Raises ValueError where less was counted than at the look before."""
        now.since(self._latest.get(release, now))
        self._latest[release] = now
        return now.since(self._before.setdefault(release, now))

    def _forget(self, release: str) -> None:
        """It counts from nothing again, or cannot be read: the next look is its first."""
        self._before.pop(release, None)
        self._latest.pop(release, None)

    def _champions(self, champion: Instance) -> Traffic | None:
        """What the champion was asked meanwhile; all that it was ever asked once clients ask it no more."""
        now = self.target.traffic(champion.release)
        if champion.weight:
            return self._since(champion.release, now)
        return now if now.latency.total else None

    def _judged(self, failed_for: str) -> Judged:
        return Judged(failed=failed_for, told=self._told() or failed_for, measurements=self._measured)

    def _why(self) -> str:
        wrong = [found.sentence for found in self._measured if found.outcome is Outcome.FAILURE]
        return "; ".join(wrong) or self._trouble or "its latest looks failed"

    def _told(self) -> str:
        return "; ".join(found.sentence for found in self._measured) or self._trouble

    def _outlook(self, step: Step, held: float) -> str:
        """What would decide, in requests and in time."""
        if not self._asked:
            return "it was not asked at all: only requests decide"
        open_ones = [found for found in self._measured if found.outcome is Outcome.INCONCLUSIVE]
        if any(found.more is None for found in open_ones):
            return "a person has to decide"
        more = max([found.more or 0 for found in open_ones] + [step.requests - self._asked])
        return f"at the present rate that takes {_minutes(more * held / self._asked)} more"


def _minutes(seconds: float) -> str:
    return f"{math.ceil(seconds / 60):,} minutes" if seconds > 90 else f"{math.ceil(seconds)} seconds"
