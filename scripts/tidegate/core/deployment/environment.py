"""What people write about an environment: where it runs, how a release takes over, and what it must show on the way."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

Target = Literal["process"]
StrategyKind = Literal["recreate", "blue-green", "canary"]
TARGETS: tuple[Target, ...] = ("process",)
STRATEGIES: tuple[StrategyKind, ...] = ("recreate", "blue-green", "canary")


@dataclass(frozen=True, kw_only=True)
class Step:
    """Give the new release `weight` percent of the requests until it has had `requests` of them and `hold` is over."""

    weight: int
    hold: timedelta = timedelta()
    requests: int = 100


@dataclass(frozen=True, kw_only=True)
class Strategy:
    """How a release takes over.

    `steps`: of a canary in rising weights below 100; of blue-green at most one, of weight 100: how long the old version
    stays at hand; of `recreate` none.
    """

    kind: StrategyKind
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What live traffic must show. None: not asked.

    `error_rate`: largest share of requests without an answer. `latency_ratio`: largest quotient of the `quantile` of
    the new release's answering times and the champion's; times below `latency_floor` count as that, because nobody
    notices them. `prediction_distance`: largest Kolmogorov-Smirnov distance
    between the predictions of both. `alpha`: probability of stopping a release that is within all limits.
    `every`: time between two looks. `patience`: how long a step may stay undecided before a person has to decide.
    """

    error_rate: float | None = 0.01
    latency_ratio: float | None = 2.0
    quantile: float = 0.95
    latency_floor: timedelta = timedelta(milliseconds=1)
    prediction_distance: float | None = None
    alpha: float = 0.05
    every: timedelta = timedelta(seconds=10)
    patience: timedelta = timedelta(minutes=30)


@dataclass(frozen=True, kw_only=True)
class Freeze:
    """No release takes over up to and including `until`."""

    until: date
    reason: str


@dataclass(frozen=True, kw_only=True)
class Environment:
    """`environments/<name>/environment.yaml`.

    `address`: ``host:port`` where clients ask. `after`: the environment in which a release must have proven itself.
    `locked`: why nothing may change here until a person removes the line; empty for an environment that is open.
    """

    name: str
    target: Target
    address: str
    strategy: Strategy = field(default_factory=lambda: Strategy(kind="blue-green"))
    limits: Limits = field(default_factory=Limits)
    after: str | None = None
    freeze: Freeze | None = None
    locked: str = ""


def closed(environment: Environment, today: date) -> str:
    """Why no release may take over in the environment on that day; empty when one may."""
    if environment.locked:
        return f"{environment.name} is locked: {environment.locked}"
    freeze = environment.freeze
    if freeze is not None and today <= freeze.until:
        return f"{environment.name} is frozen until {freeze.until.isoformat()}: {freeze.reason}"
    return ""
