"""Making what runs what is wanted: ask the plan, do one thing, look again, until there is nothing left to do.

Nothing is remembered between two runs but what can be seen to run, so a run that was killed is continued by the next.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from tidegate.console import Console
from tidegate.core.deployment.analysis import Measurement, Outcome, analyse, conclude
from tidegate.core.deployment.environment import Environment, Step
from tidegate.core.deployment.plan import (
    Action,
    AwaitReady,
    Done,
    Facts,
    Look,
    Shift,
    Smoke,
    Start,
    Stop,
    next_action,
)
from tidegate.core.deployment.target import Package, Target
from tidegate.core.deployment.traffic import Traffic
from tidegate.errors import InputError, TidegateError

_MOST_ACTIONS = 200


@dataclass(frozen=True, kw_only=True)
class Happened:
    """One action and what came of it, in the order of the deployment. `seconds` since it began."""

    action: str
    seconds: float
    outcome: str


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How it ended. `failed` is empty where the wanted release runs alone; `open` is why a person has to decide."""

    failed: str = ""
    open: str = ""
    history: tuple[Happened, ...] = ()
    measurements: tuple[Measurement, ...] = ()


class Undecided(Exception):
    """The traffic has not decided within the patience of the environment; everything stays as it is."""


@dataclass(kw_only=True)
class Takeover:
    """One deployment under way. `smoke` returns why a release is not what it should be, or nothing.

    `seen` is called before every action with its number from 1 and its name: tests end the process there.
    """

    environment: Environment
    package: Package
    target: Target
    smoke: Callable[[str], str]
    record: Callable[[], None]
    console: Console
    ready_within: float = 60.0
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    seen: Callable[[int, str], None] = lambda _number, _name: None
    _history: list[Happened] = field(default_factory=list)
    _measured: tuple[Measurement, ...] = ()

    def run(self) -> Ended:
        """Until the wanted release runs alone, was taken back, or the patience is over."""
        began, facts = self.clock(), Facts()
        for number in range(1, _MOST_ACTIONS + 1):
            action = next_action(self.package.release, self.target.fleet(), self.environment.strategy, facts)
            name = type(action).__name__.lower()
            self.seen(number, name)
            if isinstance(action, Done):
                return self._ended(failed=facts.failed)
            try:
                facts, outcome = self._do(action, facts)
            except Undecided as reason:
                return self._ended(open=str(reason))
            self._history.append(Happened(action=name, seconds=self.clock() - began, outcome=outcome))
            self.console.say(f"{self.clock() - began:7.1f} s  {name:<11} {outcome}")
        raise InputError("E-DEP-020", f"the deployment did not end after {_MOST_ACTIONS} actions.")

    def _ended(self, *, failed: str = "", open: str = "") -> Ended:  # noqa: A002 - the name of the field
        return Ended(failed=failed, open=open, history=tuple(self._history), measurements=self._measured)

    def _do(self, action: Action, facts: Facts) -> tuple[Facts, str]:
        """What is known after the action, and its outcome in words. What goes wrong with the release is a fact."""
        if isinstance(action, (Shift, Stop)):
            return facts, self._move(action)
        try:
            return self._tried(action, facts)
        except TidegateError as error:
            return replace(facts, failed=str(error)), f"failed: {error}"

    def _tried(self, action: Action, facts: Facts) -> tuple[Facts, str]:
        if isinstance(action, Start):
            self.target.start(self.package)
            return facts, f"version {self.package.version}"
        if isinstance(action, AwaitReady):
            return self._awaited(facts)
        if isinstance(action, Smoke):
            wrong = self.smoke(self.target.address(self.package.release))
            return (replace(facts, failed=wrong), wrong) if wrong else (replace(facts, smoked=True), "right answers")
        if isinstance(action, Look):
            return self._looked(action, facts)
        self.record()
        return replace(facts, recorded=True), f"version {self.package.version} runs in {self.environment.name}"

    def _move(self, action: Shift | Stop) -> str:
        if isinstance(action, Shift):
            self.target.shift(dict(action.weights))
            versions = {instance.release: instance.version for instance in self.target.fleet().instances}
            return ", ".join(f"version {versions.get(name, '?')}: {share} %" for name, share in action.weights.items())
        self.target.stop(action.release)
        return f"release {action.release[7:19]}"

    def _awaited(self, facts: Facts) -> tuple[Facts, str]:
        began = self.clock()
        while self.clock() - began < self.ready_within:
            instance = self.target.fleet().of(self.package.release)
            if instance is None:
                lines = " · ".join(self.target.log(self.package.release)[-3:])
                return replace(facts, failed=f"it ended before it was ready: {lines}"[:500]), "it ended"
            if instance.ready:
                return facts, f"ready after {self.clock() - began:.1f} s"
            self.sleep(0.05)
        return replace(facts, failed=f"it was not ready within {self.ready_within:g} s"), "not ready"

    def _looked(self, action: Look, facts: Facts) -> tuple[Facts, str]:
        """Look until the step is decided. A failure ends it at once; a success must also have held long enough."""
        began, limits = self.clock(), self.environment.limits
        looks = max(1, int(limits.patience / limits.every)) * max(1, len(self.environment.strategy.steps))
        before = self._traffic()
        while True:
            self.sleep(limits.every.total_seconds())
            now, held = self._traffic(), self.clock() - began
            if self.target.fleet().of(self.package.release) is None:
                return replace(facts, failed="it ended while it was being judged"), "it ended"
            outcome = self._judged(before, now, looks)
            told = "; ".join(measurement.sentence for measurement in self._measured)
            if outcome is Outcome.FAILURE:
                wrong = [found.sentence for found in self._measured if found.outcome is Outcome.FAILURE]
                return replace(facts, failed="; ".join(wrong)), told
            if outcome is Outcome.SUCCESS and self._enough(action.step, before, now, held):
                return replace(facts, passed=facts.passed | {action.index}), told
            if held >= limits.patience.total_seconds():
                raise Undecided(f"step {action.index + 1} is not decided: {told}")

    def _judged(self, before: dict[str, Traffic], now: dict[str, Traffic], looks: int) -> Outcome:
        ours = self.package.release
        champion = self.target.fleet().champion_beside(ours)
        theirs = None if champion is None or champion.release not in before else champion.release
        self._measured = analyse(
            now[ours].since(before[ours]),
            None if theirs is None else now[theirs].since(before[theirs]),
            self.environment.limits,
            looks,
        )
        return conclude(self._measured)

    def _enough(self, step: Step, before: dict[str, Traffic], now: dict[str, Traffic], held: float) -> bool:
        ours = self.package.release
        asked = now[ours].requests - before[ours].requests
        return asked >= step.requests and held >= step.hold.total_seconds()

    def _traffic(self) -> dict[str, Traffic]:
        return {instance.release: self.target.traffic(instance.release) for instance in self.target.fleet().instances}
