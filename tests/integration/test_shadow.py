"""Shadows on real servers under load: what they say is compared, and no client ever notices them."""

from __future__ import annotations

import os
import signal
import socket
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Timer

import pytest

from fixtures.load import ask, closed_loop
from fixtures.proxies import needs_proxy
from fixtures.releases import linear, packaged
from tidegate.adapters.targets.process.target import ProcessTarget
from tidegate.console import Console
from tidegate.core.deployment.environment import Changed, Environment, Limits, Step, Strategy
from tidegate.core.deployment.target import Package
from tidegate.steps.deployment.takeover import Ended, Takeover

pytestmark = needs_proxy
LIMITS = Limits(
    error_rate=0.05,
    latency_ratio=10.0,
    quantile=0.5,
    changed=Changed(beyond=0.1, at_most=0.2),
    every=timedelta(milliseconds=200),
    patience=timedelta(seconds=30),
)
SHADOW = Strategy(kind="shadow", steps=(Step(weight=50, requests=60), Step(weight=100, requests=60)))


@pytest.fixture
def address() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


@pytest.fixture
def target(tmp_path: Path, address: str) -> Iterator[ProcessTarget]:
    found = ProcessTarget(tmp_path / "state", address, {"PATH": "/usr/bin:/bin"}, drain=3.0)
    yield found
    found.close()


def deploy(
    target: ProcessTarget,
    address: str,
    package: Package,
    *,
    limits: Limits = LIMITS,
    seen: Callable[[int, str], None] = lambda _number, _name: None,
) -> Ended:
    return Takeover(
        environment=Environment(name="staging", target="process", address=address, strategy=SHADOW, limits=limits),
        package=package,
        target=target,
        smoke=lambda _: "",
        record=lambda: None,
        console=Console(),
        ready_within=30,
        seen=seen,
    ).run()


def versions(target: ProcessTarget) -> list[str]:
    return [instance.version for instance in target.fleet().instances]


def test_a_shadow_that_says_the_same_takes_over(target: ProcessTarget, address: str, tmp_path: Path) -> None:
    first, second = packaged(tmp_path, "1", linear(1.0)), packaged(tmp_path, "2", linear(1.02))
    deploy(target, address, first)
    with closed_loop(address) as load:
        found = deploy(target, address, second)
    assert (found.failed, found.open) == ("", "")
    assert load.lost == {}
    actions = [step.action for step in found.history]
    assert actions == [
        *("start", "awaitready", "smoke", "mirror", "look", "mirror", "look"),
        *("shift", "look", "record", "stop"),
    ]
    judged = next(step.outcome for step in found.history if step.action == "look")
    assert "0 of" in judged
    assert "answers changed by more than 10.000%" in judged
    assert versions(target) == ["2"]
    assert target._mirror.shadow() is None


def test_a_shadow_that_says_something_else_was_never_heard(target: ProcessTarget, address: str, tmp_path: Path) -> None:
    deploy(target, address, packaged(tmp_path, "1", linear(1.0)))
    with closed_loop(address) as load:
        found = deploy(target, address, packaged(tmp_path, "2", linear(1.5)))
    assert "answers changed by more than 10.000%" in found.failed
    assert load.lost == {}
    assert set(load.answers) == {1.0}
    assert versions(target) == ["1"]


def test_a_shadow_that_fails_or_is_slow_is_taken_back_and_no_client_noticed(
    target: ProcessTarget, address: str, tmp_path: Path
) -> None:
    deploy(target, address, packaged(tmp_path, "1", linear(1.0)))
    for version, model, why in (
        ("2", linear(1.0, fails=True), "requests failed"),
        ("3", linear(1.0, work=400), "times as long"),
    ):
        with closed_loop(address) as load:
            found = deploy(target, address, packaged(tmp_path, version, model))
        assert why in found.failed
        assert load.lost == {}
        assert set(load.answers) == {1.0}
        assert versions(target) == ["1"]


def test_a_shadow_that_hangs_keeps_nobody_waiting(target: ProcessTarget, address: str, tmp_path: Path) -> None:
    deploy(target, address, packaged(tmp_path, "1", linear(1.0)))
    hung: list[int] = []

    def hang(_number: int, name: str) -> None:
        """Stop the shadow's process for good in the middle of the first look."""
        if name == "look" and not hung:
            process = target._instances.all()[-1]
            hung.append(process.pid)
            Timer(0.1, os.kill, (process.pid, signal.SIGSTOP)).start()

    try:
        with closed_loop(address) as load:
            found = deploy(target, address, packaged(tmp_path, "2", linear(1.0)), seen=hang)
    finally:
        for process in target._instances.all():
            os.kill(process.pid, signal.SIGCONT)
    assert "does not say that it is ready" in found.failed
    assert load.lost == {}
    assert set(load.answers) == {1.0}
    assert load.slowest < 1.0
    assert ask(address, 1.0) == (1.0, "")


def test_copies_that_nobody_takes_are_dropped_and_counted(target: ProcessTarget, address: str, tmp_path: Path) -> None:
    first, second = packaged(tmp_path, "1", linear(1.0)), packaged(tmp_path, "2", linear(1.0))
    deploy(target, address, first)
    target.start(second)
    while not all(instance.ready for instance in target.fleet().instances):
        time.sleep(0.1)
    target.mirror(first.release, second.release, 100)
    assert [instance.mirrored for instance in target.fleet().instances] == [0, 100]
    shadow = target._mirror.shadow()
    assert shadow is not None
    os.kill(shadow.pid, signal.SIGSTOP)
    try:
        with closed_loop(address, padding=256 * 1024) as load:
            while load.total < 150:
                time.sleep(0.1)
    finally:
        os.kill(shadow.pid, signal.SIGCONT)
    assert load.lost == {}
    with urllib.request.urlopen(f"http://{target.address(first.release)}/metrics", timeout=10) as reply:
        lines = reply.read().decode().splitlines()
    counts = {line.split()[0]: float(line.split()[1]) for line in lines if line.startswith("tidegate_copies_total")}
    assert counts['tidegate_copies_total{outcome="dropped"}'] > 0


class Killed(BaseException):
    """A run that ends here, without a chance to put anything right."""


@pytest.mark.slow
def test_a_run_that_was_killed_before_any_action_is_continued_by_the_next(
    target: ProcessTarget, address: str, tmp_path: Path
) -> None:
    deploy(target, address, packaged(tmp_path, "1", linear(1.0)))
    quick = replace(LIMITS, error_rate=0.2, latency_ratio=None)
    with closed_loop(address, clients=2) as load:
        for place in (2, 4, 5, 6, 8, 9, 11):
            package = packaged(tmp_path, str(place + 1), linear(1.0))

            def end(number: int, _name: str, place: int = place) -> None:
                if number == place:
                    raise Killed

            with pytest.raises(Killed):
                deploy(target, address, package, limits=quick, seen=end)
            assert deploy(target, address, package, limits=quick).failed == ""
            assert versions(target) == [package.version]
    assert load.lost == {}
