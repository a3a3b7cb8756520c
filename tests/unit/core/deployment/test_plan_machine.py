"""Any mix of deployments, kills, deaths, flapping health and changed strategies: never nobody, and always an end.

hypothesis drives a fleet through everything that can happen to it between two actions of a plan. Two promises are
checked after every single step: a fleet that answered goes on answering, and a plan that is left alone ends.
"""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tidegate.core.deployment.environment import Step, Strategy
from tidegate.core.deployment.fleet import Fleet, Instance
from tidegate.core.deployment.plan import (
    AwaitReady,
    Done,
    Facts,
    Look,
    Mirror,
    Record,
    Shift,
    Smoke,
    Start,
    Stop,
    next_action,
)

STRATEGIES = (
    Strategy(kind="recreate"),
    Strategy(kind="blue-green"),
    Strategy(kind="blue-green", steps=(Step(weight=100),)),
    Strategy(kind="canary", steps=(Step(weight=5), Step(weight=40), Step(weight=80))),
    Strategy(kind="shadow", steps=(Step(weight=20), Step(weight=100))),
)
RELEASES = [f"sha256:{number}" for number in range(4)]
MOST_ACTIONS = 60


class Deployments(RuleBasedStateMachine):
    """One environment in which releases come to run."""

    def __init__(self) -> None:
        super().__init__()
        self.fleet = Fleet()
        self.wanted = RELEASES[0]
        self.strategy = STRATEGIES[1]
        self.facts = Facts()
        self.answered = self.gone = False

    @initialize(strategy=st.sampled_from(STRATEGIES))
    def begin(self, strategy: Strategy) -> None:
        self.strategy = strategy
        self.finish()

    @rule(release=st.sampled_from(RELEASES), strategy=st.sampled_from(STRATEGIES))
    def somebody_wants(self, release: str, strategy: Strategy) -> None:
        """A merge, or a killed run that is continued: in both cases a new run that knows nothing."""
        self.wanted, self.strategy, self.facts = release, strategy, Facts()

    @rule()
    def killed(self) -> None:
        self.facts = Facts()

    @rule(count=st.integers(1, 8))
    def goes_on(self, count: int) -> None:
        for _ in range(count):
            self._act()

    @rule()
    def goes_bad(self) -> None:
        """The release is found to be wrong by whatever was asked last."""
        if not self.facts.recorded:
            self.facts = replace(self.facts, failed="it is wrong")

    @rule(release=st.sampled_from(RELEASES))
    def flaps(self, release: str) -> None:
        self._change(release, ready=False)

    @precondition(lambda self: any(not instance.weight for instance in self.fleet.instances))
    @rule(data=st.data())
    def an_idle_one_dies(self, data: st.DataObject) -> None:
        """A server without clients ends by itself; one with clients takes its answers with it, whatever we do."""
        idle = [instance for instance in self.fleet.instances if not instance.weight]
        self._end(data.draw(st.sampled_from(idle)).release)

    @rule()
    def finish(self) -> None:
        """Left alone, the run ends in a bounded number of actions, and with it in the one state that is wanted."""
        self._recover()
        for _ in range(MOST_ACTIONS):
            if self._act():
                break
        else:
            raise AssertionError(f"no end: {self.fleet} {self.facts}")
        serving = [instance.release for instance in self.fleet.serving]
        if not self.facts.failed:
            assert serving == [self.wanted]
            assert len(self.fleet.instances) == 1
        elif self.answered:
            assert len(serving) >= 1

    @invariant()
    def somebody_answers(self) -> None:
        """Once somebody did. Only `recreate` ends the old one before the new one is there, as its name says."""
        now = bool(self.fleet.serving)
        if self.strategy.kind != "recreate" and self.answered and not self.gone:
            assert now, f"nobody answers: {self.fleet}"
        self.gone = not now and (self.gone or self.strategy.kind == "recreate")
        self.answered = self.answered or now

    @invariant()
    def shares_are_whole(self) -> None:
        if self.fleet.serving and not self.gone:
            assert sum(instance.weight for instance in self.fleet.instances) in (100, *self._partial())

    def _partial(self) -> tuple[int, ...]:
        """What is left when a serving release was stopped on purpose (recreate)."""
        return tuple(range(1, 101)) if self.strategy.kind == "recreate" else ()

    def _recover(self) -> None:
        for instance in self.fleet.instances:
            self._change(instance.release, ready=True)

    def _act(self) -> bool:
        """One action of the plan; whether it was the last."""
        action = next_action(self.wanted, self.fleet, self.strategy, self.facts)
        if isinstance(action, Done):
            return True
        if isinstance(action, Start | AwaitReady | Mirror | Shift | Stop):
            self._move(action)
        else:
            self._learn(action)
        return False

    def _move(self, action: Start | AwaitReady | Mirror | Shift | Stop) -> None:
        match action:
            case Start():
                started = Instance(release=self.wanted, version="1", commit="c" * 40)
                self.fleet = Fleet(instances=(*self.fleet.instances, started))
            case AwaitReady():
                self._change(self.wanted, ready=True)
            case Mirror(champion=champion, share=share):
                assert champion in {instance.release for instance in self.fleet.serving}
                self._change(self.wanted, mirrored=share)
            case Shift(weights=weights):
                assert sum(weights.values()) == 100
                assert set(weights) <= {instance.release for instance in self.fleet.instances}
                assert self._is_judged() or weights.get(self.wanted) != 100, "everything, and nobody looked"
                for instance in self.fleet.instances:
                    self._change(instance.release, weight=weights.get(instance.release, 0), mirrored=0)
            case Stop(release=release):
                self._end(release)

    def _is_judged(self) -> bool:
        """Whether the last step was passed, or there is nobody to share with."""
        shares = self.strategy.kind in ("canary", "shadow") and any(
            instance.weight for instance in self.fleet.others(self.wanted)
        )
        return not shares or len(self.strategy.steps) - 1 in self.facts.passed

    def _learn(self, action: Smoke | Look | Record) -> None:
        match action:
            case Smoke():
                self.facts = replace(self.facts, smoked=True)
            case Look(index=index):
                self.facts = replace(self.facts, passed=self.facts.passed | {index})
            case Record():
                self.facts = replace(self.facts, recorded=True)

    def _end(self, release: str) -> None:
        self.fleet = Fleet(instances=self.fleet.others(release))

    def _change(self, release: str, **changes: object) -> None:
        changed = tuple(
            replace(instance, **changes) if instance.release == release else instance  # type: ignore[arg-type]
            for instance in self.fleet.instances
        )
        self.fleet = Fleet(instances=changed)


TestDeployments = Deployments.TestCase
