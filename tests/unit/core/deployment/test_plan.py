"""Whatever is killed, fails or stands around from earlier: the plan ends, and somebody answers all the while."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.deployment.environment import Step, Strategy, StrategyKind
from tidegate.core.deployment.fleet import Fleet, Instance
from tidegate.core.deployment.plan import (
    Action,
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

CANARY = Strategy(kind="canary", steps=(Step(weight=5), Step(weight=25), Step(weight=50)))
SHADOW = Strategy(kind="shadow", steps=(Step(weight=10), Step(weight=50), Step(weight=100)))
STRATEGIES = {
    "recreate": Strategy(kind="recreate"),
    "blue-green": Strategy(kind="blue-green"),
    "blue-green, watched": Strategy(kind="blue-green", steps=(Step(weight=100),)),
    "canary": CANARY,
    "shadow": SHADOW,
}
NEW, OLD, OLDER = "sha256:new", "sha256:old", "sha256:older"
BAD_AT = ("start", "ready", "smoke", "look 0", "look 1", "look 2", "look 3")


def running(release: str, weight: int = 0, *, ready: bool = True, mirrored: int = 0) -> Instance:
    return Instance(release=release, version="1", commit="c" * 40, weight=weight, ready=ready, mirrored=mirrored)


@dataclass
class World:
    """A fleet that does what it is told, and a release that goes bad at one place (or nowhere)."""

    fleet: Fleet
    bad_at: str = ""

    def apply(self, action: Action, facts: Facts) -> Facts:
        """Do it, and return what is known afterwards."""
        match action:
            case Start():
                self.fleet = Fleet(instances=(*self.fleet.instances, running(NEW, ready=False)))
                return self._told("start", facts)
            case AwaitReady():
                self._change(NEW, ready=self.bad_at != "ready")
                return self._told("ready", facts)
            case Smoke():
                return replace(self._told("smoke", facts), smoked=self.bad_at != "smoke")
            case Look(index=index):
                return replace(self._told(f"look {index}", facts), passed=facts.passed | {index})
            case Record():
                return replace(facts, recorded=True)
        self._move(action)
        return facts

    def _move(self, action: Action) -> None:
        match action:
            case Shift(weights=weights):
                assert sum(weights.values()) == 100
                assert set(weights) <= {instance.release for instance in self.fleet.instances if instance.ready}
                for instance in self.fleet.instances:
                    self._change(instance.release, weight=weights.get(instance.release, 0), mirrored=0)
            case Mirror(champion=champion, share=share):
                assert champion in {instance.release for instance in self.fleet.serving}
                self._change(NEW, mirrored=share)
            case Stop(release=release):
                assert release in {instance.release for instance in self.fleet.instances}
                kept = tuple(instance for instance in self.fleet.instances if instance.release != release)
                self.fleet = Fleet(instances=kept)

    def _told(self, place: str, facts: Facts) -> Facts:
        return replace(facts, failed=place) if place == self.bad_at else facts

    def _change(self, release: str, **changes: object) -> None:
        changed = tuple(
            replace(instance, **changes) if instance.release == release else instance  # type: ignore[arg-type]
            for instance in self.fleet.instances
        )
        self.fleet = Fleet(instances=changed)


def run(world: World, strategy: Strategy, kill_after: int | None = None) -> Iterator[Action]:
    """Actions until the plan is done or killed."""
    facts = Facts()
    for count in range(60):
        action = next_action(NEW, world.fleet, strategy, facts)
        yield action
        if isinstance(action, Done) or count == kill_after:
            return
        facts = world.apply(action, facts)
    raise AssertionError("the plan does not end")


@pytest.mark.parametrize("strategy", STRATEGIES.values(), ids=STRATEGIES)
def test_a_good_release_ends_alone(strategy: Strategy) -> None:
    world = World(Fleet(instances=(running(OLD, 100),)))
    assert list(run(world, strategy))[-1] == Done()
    assert world.fleet == Fleet(instances=(running(NEW, 100),))


def test_a_canary_rises_by_its_steps_and_is_judged_at_each() -> None:
    actions = list(run(World(Fleet(instances=(running(OLD, 100),))), CANARY))
    weights = [action.weights[NEW] for action in actions if isinstance(action, Shift)]
    assert weights == [5, 25, 50, 100]
    looks = [action.index for action in actions if isinstance(action, Look)]
    assert looks == [0, 1, 2]


def test_a_shadow_is_asked_copies_by_its_steps_and_then_everything_at_once() -> None:
    actions = list(run(World(Fleet(instances=(running(OLD, 100),))), SHADOW))
    assert [action.share for action in actions if isinstance(action, Mirror)] == [10, 50, 100]
    assert [action.weights for action in actions if isinstance(action, Shift)] == [{NEW: 100}]
    assert [action.index for action in actions if isinstance(action, Look)] == [0, 1, 2, 3]


def test_a_champion_that_is_slow_to_say_ready_is_still_the_champion() -> None:
    busy = Fleet(instances=(running(OLD, 100, ready=False), running(NEW)))
    assert next_action(NEW, busy, CANARY, Facts(smoked=True)) == Shift(weights={NEW: 5, OLD: 95})


def test_the_only_release_that_answers_is_not_ended_for_a_doubt() -> None:
    alone = Fleet(instances=(running(NEW, 100),))
    assert next_action(NEW, alone, CANARY, Facts(failed="its metrics cannot be read")) == Done(undone=True)


def test_the_first_release_of_all_takes_everything_once_it_knows_its_answers() -> None:
    actions = [type(action) for action in run(World(Fleet()), CANARY)]
    assert actions == [Start, AwaitReady, Smoke, Shift, Record, Done]


def test_what_is_missing_of_a_release_is_started_before_anything_else() -> None:
    part = replace(running(NEW, 100), whole=False)
    assert next_action(NEW, Fleet(instances=(part,)), CANARY, Facts(recorded=True)) == Start()
    assert next_action(NEW, Fleet(instances=(running(NEW, 100),)), CANARY, Facts(recorded=True)) == Smoke()


def test_what_runs_already_is_left_alone() -> None:
    world = World(Fleet(instances=(running(NEW, 100),)))
    assert [type(action) for action in run(world, CANARY)] == [Smoke, Record, Done]


@pytest.mark.parametrize("kind", ["blue-green", "canary", "shadow"])
@pytest.mark.parametrize("bad_at", BAD_AT)
def test_a_bad_release_leaves_the_old_one_alone(kind: StrategyKind, bad_at: str) -> None:
    strategy = STRATEGIES["blue-green, watched"] if kind == "blue-green" else STRATEGIES[kind]
    world = World(Fleet(instances=(running(OLD, 100),)), bad_at)
    last = list(run(world, strategy))[-1]
    looks = len(strategy.steps) + (kind == "shadow")
    reached = not bad_at.startswith("look") or int(bad_at[-1]) < looks
    assert last == Done(undone=reached)
    assert world.fleet == Fleet(instances=(running(OLD if reached else NEW, 100),))


def test_a_bad_first_release_is_ended_and_nothing_is_left() -> None:
    world = World(Fleet(), "smoke")
    assert list(run(world, CANARY))[-1] == Done(undone=True)
    assert world.fleet == Fleet()


LEFTOVERS = st.sampled_from(
    [
        Fleet(instances=(running(OLD, 100),)),
        Fleet(instances=(running(OLD, 100), running(OLDER))),
        Fleet(instances=(running(OLDER, 40), running(OLD, 60))),
        Fleet(instances=(running(OLD, 100), running(NEW, ready=False))),
        Fleet(instances=(running(OLD, 75), running(NEW, 25))),
        Fleet(instances=(running(OLD, 100), running(NEW, mirrored=50))),
        Fleet(instances=(running(OLD, 100), running(NEW))),
        Fleet(instances=(running(OLD), running(NEW, 100))),
    ]
)


@given(
    fleet=LEFTOVERS,
    name=st.sampled_from(sorted(set(STRATEGIES) - {"recreate"})),
    kills=st.lists(st.integers(0, 12), max_size=4),
    bad_at=st.sampled_from(["", *BAD_AT]),
)
def test_somebody_answers_through_every_kill(fleet: Fleet, name: str, kills: list[int], bad_at: str) -> None:
    world = World(fleet, bad_at)
    for kill in [*kills, None]:
        for action in run(world, STRATEGIES[name], kill):
            assert sum(instance.weight for instance in world.fleet.instances) == 100, action
    assert len(world.fleet.instances) == 1
    assert world.fleet.instances[0].weight == 100


@given(kills=st.lists(st.integers(0, 12), max_size=4))
def test_a_good_release_wins_through_every_kill(kills: list[int]) -> None:
    world = World(Fleet(instances=(running(OLD, 100),)))
    for kill in [*kills, None]:
        list(run(world, CANARY, kill))
    assert world.fleet == Fleet(instances=(running(NEW, 100),))
