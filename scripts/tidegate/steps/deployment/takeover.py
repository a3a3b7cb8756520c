"""Making what runs what is wanted: ask the plan, do one thing, look again, until there is nothing left to do.

Nothing is remembered between two runs but what can be seen to run, so a run that was killed is continued by the next.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from tidegate.console import Console
from tidegate.core.deployment.environment import Environment
from tidegate.core.deployment.measurement import Measurement
from tidegate.core.deployment.plan import (
    Action,
    AwaitReady,
    Done,
    Facts,
    Look,
    Mirror,
    Shift,
    Smoke,
    Start,
    Stop,
    next_action,
)
from tidegate.core.deployment.target import Mirroring, Package, Target
from tidegate.core.deployment.traffic import Histogram
from tidegate.errors import InputError, ReleaseFailed, TidegateError
from tidegate.steps.deployment.judging import Judging, Undecided

_MOST_ACTIONS = 200
_ASKED_READY = 1_200
"""How often a release is asked at most whether it is ready: every 50 ms of a minute."""


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


@dataclass(kw_only=True)
class Takeover:
    """One deployment under way. `smoke` returns why a release is not what it should be, or nothing.

    `profile`: what the release predicted when it was judged. `seen` is called before every action with its number from
    1 and its name: tests end the process there.
    """

    environment: Environment
    package: Package
    target: Target
    smoke: Callable[[str], str]
    record: Callable[[], None]
    console: Console
    profile: Histogram | None = None
    ready_within: float = 60.0
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    seen: Callable[[int, str], None] = lambda _number, _name: None
    _history: list[Happened] = field(default_factory=list)
    _measured: tuple[Measurement, ...] = ()
    _refused: TidegateError | None = None

    def run(self) -> Ended:
        """Until the wanted release runs alone, was taken back, or the patience is over.

        Raises what kept the target from starting it, once what was begun is undone: that says nothing of the release.
        """
        began, facts = self.clock(), Facts()
        for number in range(1, _MOST_ACTIONS + 1):
            action = next_action(self.package.release, self.target.fleet(), self.environment.strategy, facts)
            name = type(action).__name__.lower()
            self.seen(number, name)
            if isinstance(action, Done):
                if self._refused is not None:
                    raise self._refused
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
        """What is known after the action, and its outcome in words. What goes wrong with the release is a fact.

        A place that cannot start anything now or send copies, and a release that is not what Git names, say nothing
        about the release: what was begun is undone, and the error is raised at the end.
        """
        if isinstance(action, (Shift, Stop)):
            return facts, self._move(action)
        try:
            return self._tried(action, facts)
        except TidegateError as error:
            if isinstance(action, (Start, Mirror)) and not isinstance(error, ReleaseFailed):
                self._refused = error
            return replace(facts, failed=str(error)), f"failed: {error}"

    def _tried(self, action: Action, facts: Facts) -> tuple[Facts, str]:
        if isinstance(action, Start):
            return self._started(facts)
        if isinstance(action, AwaitReady):
            return self._awaited(facts)
        if isinstance(action, Smoke):
            wrong = self.smoke(self.target.address(self.package.release))
            return (replace(facts, failed=wrong), wrong) if wrong else (replace(facts, smoked=True), "right answers")
        if isinstance(action, Mirror):
            return facts, self._mirrored(action)
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

    def _started(self, facts: Facts) -> tuple[Facts, str]:
        """A release that ends between two actions is not started over and over again."""
        if facts.started:
            return replace(facts, failed=f"it ended after it was started: {self._last_words()}"), "it ended"
        self.target.start(self.package)
        return replace(facts, started=True), f"version {self.package.version}"

    def _last_words(self) -> str:
        return " · ".join(self.target.log(self.package.release)[-3:])[:400]

    def _mirrored(self, action: Mirror) -> str:
        if not isinstance(self.target, Mirroring):
            raise InputError("E-DEP-017", f"the target {self.environment.target} cannot mirror requests here.")
        self.target.mirror(action.champion, self.package.release, action.share)
        return f"copies of {action.share} % of the requests to version {self.package.version}"

    def _awaited(self, facts: Facts) -> tuple[Facts, str]:
        began = self.clock()
        while self.clock() - began < self.ready_within:
            instance = self.target.fleet().of(self.package.release)
            if instance is None:
                return replace(facts, failed=f"it ended before it was ready: {self._last_words()}"), "it ended"
            if instance.ready:
                return facts, f"ready after {self.clock() - began:.1f} s"
            if instance.trouble:
                return replace(facts, failed=instance.trouble), "never ready"
            self.sleep(self.ready_within / _ASKED_READY)
        return replace(facts, failed=f"it was not ready within {self.ready_within:g} s"), "not ready"

    def _looked(self, action: Look, facts: Facts) -> tuple[Facts, str]:
        environment = self.environment
        judging = Judging(
            release=self.package.release,
            target=self.target,
            limits=environment.limits,
            strategy=environment.strategy,
            profile=self.profile,
            clock=self.clock,
            sleep=self.sleep,
        )
        found = judging.step(action.index, action.step)
        self._measured = found.measurements
        if found.failed:
            return replace(facts, failed=found.failed), found.told
        return replace(facts, passed=facts.passed | {action.index}), found.told
