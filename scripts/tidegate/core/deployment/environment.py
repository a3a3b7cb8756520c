"""What people write about an environment: where it runs, how a release takes over, and what it must show on the way."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

from tidegate.core.deployment.kubernetes.settings import Kubernetes

Target = Literal["process", "docker", "kubernetes"]
StrategyKind = Literal["recreate", "blue-green", "canary", "shadow"]
TARGETS: tuple[Target, ...] = ("process", "docker", "kubernetes")
STRATEGIES: tuple[StrategyKind, ...] = ("recreate", "blue-green", "canary", "shadow")
Promotion = Literal["direct", "pull-request"]
PROMOTIONS: tuple[Promotion, ...] = ("direct", "pull-request")


@dataclass(frozen=True, kw_only=True)
class Step:
    """Give the new release `weight` percent of the requests until it has had `requests` of them and `hold` is over.

    Of a shadow, `weight` is the share of the requests of which it gets copies.
    """

    weight: int
    hold: timedelta = timedelta()
    requests: int = 100


@dataclass(frozen=True, kw_only=True)
class Strategy:
    """How a release takes over.

    `steps`: of a canary in rising weights below 100; of blue-green at most one, of weight 100: how long the old version
    stays at hand; of `recreate` none; of a shadow in rising shares up to 100, after which it takes over at once.
    """

    kind: StrategyKind
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Changed:
    """At most the share `at_most` of a shadow's answers may differ by more than `beyond` from the champion's.

    `relative`: over the larger of both answers; otherwise in the prediction's own unit.
    """

    beyond: float
    at_most: float
    relative: bool = True


@dataclass(frozen=True, kw_only=True)
class Failures:
    """A release is taken back when `least` of its latest `of` looks failed."""

    least: int = 1
    of: int = 1


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What live traffic must show. None: not asked.

    `error_rate`: largest share of requests without an answer. `latency_ratio`: largest quotient of the `quantile` of
    the new release's answering times and the champion's; times below `latency_floor` count as that, because nobody
    notices them. `prediction_distance`: largest Kolmogorov-Smirnov distance between the predictions of both;
    `profile_distance`: between the release's and those in its profile, which were made when it was judged. `changed`
    and `mean_change`: of a shadow's answers to the champion's requests. `alpha`: probability of stopping a release that
    is within all limits. `failures`: how many looks must fail. `every`: time between two looks. `patience`: how long a
    step may stay undecided before a person has to decide.
    """

    error_rate: float | None = 0.01
    latency_ratio: float | None = 2.0
    quantile: float = 0.95
    latency_floor: timedelta = timedelta(milliseconds=1)
    prediction_distance: float | None = None
    profile_distance: float | None = None
    changed: Changed | None = None
    mean_change: float | None = None
    failures: Failures = field(default_factory=Failures)
    alpha: float = 0.05
    every: timedelta = timedelta(seconds=10)
    patience: timedelta = timedelta(minutes=30)


@dataclass(frozen=True, kw_only=True)
class Freeze:
    """No release takes over up to and including `until`."""

    until: date
    reason: str


@dataclass(frozen=True, kw_only=True)
class Log:
    """The prediction log. `every`: how long rows may wait for their file; `share`: how much of the requests is kept."""

    every: timedelta = timedelta(minutes=1)
    share: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Docker:
    """Where the target docker runs releases.

    `host`: the engine of this machine, ``unix:///path``, or of another, ``ssh://user@host``. `network`: an existing
    network for the containers; None for one of the environment's own. `memory`: most bytes of one container.
    `replicas`: containers of one release. `proxy`: the image of HAProxy. `kept`: images of earlier releases that stay
    for a rollback.
    """

    host: str = "unix:///var/run/docker.sock"
    network: str | None = None
    memory: int = 1 << 30
    replicas: int = 1
    proxy: str = "haproxy:3.2"
    kept: int = 3


@dataclass(frozen=True, kw_only=True)
class Environment:
    """`environments/<name>/environment.yaml`.

    `address`: ``host:port`` where clients ask. `after`: the environment in which a release must have proven itself.
    `locked`: why nothing may change here until a person removes the line; empty for an environment that is open.
    `url`: where people see it, shown by GitHub. `promotion`: how a release comes to the branch, None for the default.
    `docker`, `kubernetes`: read by the target of that name only, and the latter must be there for it. `log`: read by
    the target `process`.
    """

    name: str
    target: Target
    address: str
    strategy: Strategy = field(default_factory=lambda: Strategy(kind="blue-green"))
    limits: Limits = field(default_factory=Limits)
    after: str | None = None
    freeze: Freeze | None = None
    locked: str = ""
    log: Log = field(default_factory=Log)
    docker: Docker = field(default_factory=Docker)
    kubernetes: Kubernetes | None = None
    url: str = ""
    promotion: Promotion | None = None

    @property
    def by_pull_request(self) -> bool:
        """Whether a person lets a release in by merging: without a wish, wherever another environment goes before."""
        return (self.promotion or ("pull-request" if self.after else "direct")) == "pull-request"


def closed(environment: Environment, today: date) -> str:
    """Why no release may take over in the environment on that day; empty when one may."""
    if environment.locked:
        return f"{environment.name} is locked: {environment.locked}"
    freeze = environment.freeze
    if freeze is not None and today <= freeze.until:
        return f"{environment.name} is frozen until {freeze.until.isoformat()}: {freeze.reason}"
    return ""
