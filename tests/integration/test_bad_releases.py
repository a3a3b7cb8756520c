"""Fault D1: eight releases that are bad in one way each. The old one keeps serving, and each time it is said why."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from fixtures import bad_releases
from fixtures.bad_server import KINDS
from fixtures.load import ask, closed_loop
from fixtures.proxies import needs_proxy
from fixtures.releases import linear, packaged
from tidegate.adapters.targets.process.target import ProcessTarget
from tidegate.console import Console
from tidegate.core.deployment.environment import Environment, Failures, Limits, Step, Strategy
from tidegate.core.deployment.target import Package
from tidegate.steps.deployment.takeover import Ended, Takeover

pytestmark = needs_proxy
LIMITS = Limits(
    error_rate=0.05, latency_ratio=3.0, quantile=0.5, every=timedelta(milliseconds=200), patience=timedelta(seconds=20)
)
CANARY = Strategy(kind="canary", steps=(Step(weight=20, requests=100),))
READY_WITHIN = 3.0
WHY = {
    "exits": "it ended before it was ready: a library is missing",
    "hangs": "it was not ready within 3 s",
    "never ready": "it was not ready within 3 s",
    "5xx": "requests failed",
    "slow": "times as long as the champion's",
    "wrong schema": "1 gives 400",
    "wrong digest": "it was not ready within 3 s",
    "out of memory": "it ended",
}
LOSES = ("5xx", "out of memory")
"""Those that are let in before they show what they are, and whose share of the requests has no answer till then."""


@pytest.fixture
def address() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


@pytest.fixture
def kinds() -> dict[str, str]:
    return {}


@pytest.fixture
def target(tmp_path: Path, address: str, kinds: dict[str, str]) -> Iterator[ProcessTarget]:
    found = bad_releases.target(tmp_path / "state", address, kinds)
    yield found
    found.close()


def smoke(address: str) -> str:
    answer, problem = ask(address, 1.0)
    return "" if not problem and answer == 1.0 else f"1 gives {problem or answer}"


def deploy(target: ProcessTarget, address: str, package: Package, limits: Limits = LIMITS) -> Ended:
    return Takeover(
        environment=Environment(name="staging", target="process", address=address, strategy=CANARY, limits=limits),
        package=package,
        target=target,
        smoke=smoke,
        record=lambda: None,
        console=Console(),
        ready_within=READY_WITHIN if package.version != "1" else 30.0,
    ).run()


@pytest.mark.parametrize("kind", KINDS)
def test_the_old_one_keeps_serving(
    target: ProcessTarget, address: str, tmp_path: Path, kinds: dict[str, str], kind: str
) -> None:
    assert deploy(target, address, packaged(tmp_path, "1", linear(1.0))).failed == ""
    bad = packaged(tmp_path, "2", linear(1.0))
    kinds[bad.release] = kind
    with closed_loop(address) as load:
        found = deploy(target, address, bad)
    assert WHY[kind] in found.failed
    assert found.open == ""
    assert [(one.version, one.weight) for one in target.fleet().instances] == [("1", 100)]
    assert load.answers[1.0] > 50
    assert kind in LOSES or load.lost == {}
    with closed_loop(address, clients=2) as after:
        assert [ask(address, 1.0) for _ in range(20)] == [(1.0, "")] * 20
    assert after.lost == {}


def test_more_than_one_failing_look_can_be_asked_for(
    target: ProcessTarget, address: str, tmp_path: Path, kinds: dict[str, str]
) -> None:
    deploy(target, address, packaged(tmp_path, "1", linear(1.0)))
    bad = packaged(tmp_path, "2", linear(1.0))
    kinds[bad.release] = "5xx"
    limits = Limits(
        error_rate=0.05,
        latency_ratio=None,
        every=timedelta(milliseconds=500),
        failures=Failures(least=3, of=4),
        patience=timedelta(seconds=20),
    )
    with closed_loop(address):
        found = deploy(target, address, bad, limits)
    assert "requests failed" in found.failed
    look = next(place for place, step in enumerate(found.history) if step.action == "look")
    assert found.history[look].seconds - found.history[look - 1].seconds >= 1.5
