"""The formula of how long a bad release can stay, held against the analysis and the targets that it speaks of."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.adapters.targets.docker import target as docker
from tidegate.adapters.targets.kubernetes import target as kubernetes
from tidegate.adapters.targets.process import target as process
from tidegate.core.deployment.analysis import analyse, conclude
from tidegate.core.deployment.environment import Environment, Failures, Limits, Step, Strategy
from tidegate.core.deployment.measurement import Outcome
from tidegate.core.deployment.rollback_time import DRAIN, RollbackTime, looks, rollback_time
from tidegate.core.deployment.traffic import Histogram, Traffic

STEPS = Strategy(kind="canary", steps=(Step(weight=5), Step(weight=50)))
LIVE = Environment(name="production", target="process", address="127.0.0.1:80", strategy=STEPS)
NOTHING = Histogram(edges=(1.0,), counts=(0, 0))


def bounds(environment: Environment) -> RollbackTime:
    return rollback_time(environment, ready_within=60, smoke=10)


def test_the_formula() -> None:
    found = bounds(LIVE)
    assert (found.startup, found.interval, found.threshold, found.drain) == (70, 10, 1, 50)
    assert found.detection == 10
    assert found.sentence == (
        "a bad release is given up within 70 s if it is not ready or answers wrongly, taken from clients within "
        "10 s × 1 = 10 s after 3 failed requests in a row, and gone 50 s later"
    )


def test_several_looks_must_fail() -> None:
    limits = Limits(every=timedelta(seconds=5), failures=Failures(least=3, of=4))
    assert bounds(replace(LIVE, limits=limits)).detection == 15


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        (replace(LIVE, strategy=Strategy(kind="blue-green")), "live requests do not judge it"),
        (replace(LIVE, limits=Limits(error_rate=None)), "10 s × 1 = 10 s after the request that decides"),
    ],
    ids=["no steps", "no error rate"],
)
def test_what_is_not_asked_is_not_promised(environment: Environment, said: str) -> None:
    assert said in bounds(environment).sentence
    assert bounds(environment).failed is None


def test_every_target_ends_a_release_within_its_drain() -> None:
    assert {"process": 2 * process._DRAIN, "docker": 2 * docker._DRAIN, "kubernetes": kubernetes._ENDED} == DRAIN


@given(
    st.floats(0.001, 0.5),
    st.sampled_from([0.01, 0.05, 0.1]),
    st.integers(1, 120),
    st.integers(1, 6),
)
def test_so_many_failures_are_enough_at_any_look(limit: float, alpha: float, every: int, steps: int) -> None:
    limits = Limits(error_rate=limit, alpha=alpha, every=timedelta(seconds=every), latency_ratio=None)
    strategy = Strategy(kind="canary", steps=tuple(Step(weight=weight) for weight in range(1, steps + 1)))
    enough = bounds(replace(LIVE, limits=limits, strategy=strategy)).failed
    assert enough is not None
    traffic = Traffic(requests=enough, errors=enough, latency=NOTHING, predictions=None)
    assert conclude(analyse(traffic, None, limits, looks(limits, strategy))) is Outcome.FAILURE
