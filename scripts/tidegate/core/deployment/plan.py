"""The next thing to do, from what is wanted and what is seen to run; nothing else decides.

A run that was killed anywhere is continued by the next one, because the next one asks the same question of what it
finds. A plan never takes requests from the last version that answers them (but for `recreate`, which says so).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tidegate.core.deployment.environment import Step, Strategy
from tidegate.core.deployment.fleet import Fleet, Instance

ALL = 100


@dataclass(frozen=True, kw_only=True)
class Start:
    """Start the wanted release, asked by nobody yet, or what is missing of it."""


@dataclass(frozen=True, kw_only=True)
class AwaitReady:
    """Wait until the wanted release says that it is ready."""


@dataclass(frozen=True, kw_only=True)
class Smoke:
    """Ask the wanted release what it must know."""


@dataclass(frozen=True, kw_only=True)
class Shift:
    """Divide the requests: release → percent, together 100; a release that is not named gets none."""

    weights: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class Mirror:
    """Send copies of `share` percent of the champion's requests to the wanted release; clients notice nothing."""

    champion: str
    share: int


@dataclass(frozen=True, kw_only=True)
class Look:
    """Judge the wanted release by its traffic at this step (`index` counts from 0)."""

    index: int
    step: Step


@dataclass(frozen=True, kw_only=True)
class Record:
    """Say everywhere that the wanted release runs here: alias, deployment record."""


@dataclass(frozen=True, kw_only=True)
class Stop:
    """Let a release finish what it was asked, and end it."""

    release: str


@dataclass(frozen=True, kw_only=True)
class Done:
    """Nothing is left to do. `undone`: the wanted release was not let in, because of `Facts.failed`."""

    undone: bool = False


Action = Start | AwaitReady | Smoke | Mirror | Shift | Look | Record | Stop | Done


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What this run has found out. A run after a kill begins with none and finds out again.

    `started`: this run started the release, so that it has no business to be gone. `passed`: indices of the steps that
    were judged a success. `failed`: why the release is taken back, empty if not.
    """

    started: bool = False
    smoked: bool = False
    passed: frozenset[int] = field(default_factory=frozenset)
    recorded: bool = False
    failed: str = ""


def next_action(wanted: str, fleet: Fleet, strategy: Strategy, facts: Facts) -> Action:
    """What to do next so that the release with the digest `wanted` runs alone, or is taken back."""
    mine = fleet.of(wanted)
    if facts.failed:
        return _taken_back(wanted, mine, fleet)
    if strategy.kind == "recreate" and fleet.others(wanted) and (mine is None or not mine.weight):
        return Stop(release=fleet.others(wanted)[0].release)
    if mine is None or not mine.whole:
        return Start()
    if not mine.ready:
        return AwaitReady()
    if not facts.smoked:
        return Smoke()
    step = _next_step(wanted, mine, fleet, strategy, facts) if mine.weight < ALL else None
    return step or _concluded(fleet.others(wanted), strategy, facts)


def _taken_back(wanted: str, mine: Instance | None, fleet: Fleet) -> Action:
    champion = fleet.champion_beside(wanted)
    if mine is None:
        return _alone_again(champion, fleet)
    if champion is not None and champion.weight < ALL:
        return Shift(weights={champion.release: ALL})
    if champion is None and mine.weight:  # nobody else answers: a doubtful release is better than none
        return Done(undone=True)
    return Stop(release=wanted)


def _alone_again(champion: Instance | None, fleet: Fleet) -> Action:
    if champion is not None and champion.weight < ALL:
        return Shift(weights={champion.release: ALL})
    left = [instance for instance in fleet.instances if champion is not None and instance != champion]
    return Stop(release=left[0].release) if left else Done(undone=True)


def _next_step(wanted: str, mine: Instance, fleet: Fleet, strategy: Strategy, facts: Facts) -> Action | None:
    """The next step of the strategy; None when all are done. Without a champion there is nothing to share with."""
    champion = fleet.champion_beside(wanted)
    if champion is None or strategy.kind in ("recreate", "blue-green"):
        return Shift(weights={wanted: ALL})
    given = mine.mirrored if strategy.kind == "shadow" else mine.weight
    for index, step in enumerate(strategy.steps):
        if index in facts.passed or step.weight < given:  # a heavier share was given only after these
            continue
        if given == step.weight:
            return Look(index=index, step=step)
        if strategy.kind == "shadow":
            return Mirror(champion=champion.release, share=step.weight)
        return Shift(weights={wanted: step.weight, champion.release: ALL - step.weight})
    return Shift(weights={wanted: ALL})


def _concluded(others: tuple[Instance, ...], strategy: Strategy, facts: Facts) -> Action:
    """What is left to do once the release answers everything.

    A shadow was asked by copies until now: it is judged once more, by clients, as long as its last step asks.
    """
    index = {"blue-green": 0, "shadow": len(strategy.steps)}.get(strategy.kind)
    if index is not None and strategy.steps and others and index not in facts.passed:
        return Look(index=index, step=strategy.steps[-1])
    if not facts.recorded:
        return Record()
    return Stop(release=others[0].release) if others else Done()
