"""Fault D2 on a real engine: a deployment killed between two calls to it. Nobody is without an answer, and the next run
makes it good."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.deployments import free_address
from fixtures.docker_killed import AT_ONCE, killed
from fixtures.docker_targets import Dock, deploy, docker_target
from fixtures.load import closed_loop
from fixtures.releases import linear, packaged
from tidegate.adapters.targets.docker.target import DockerTarget

PLACES = [("start", 3), ("start", 4), ("shift", 5), ("shift", 7), ("stop", 7), ("stop", 9)]
"""Before the container is there; with it; before the proxy knows; after it; before the old one ends; after it."""


@pytest.fixture
def address() -> str:
    return free_address()


@pytest.fixture
def target(dock: Dock, address: str) -> Iterator[DockerTarget]:
    with docker_target(dock, address=address) as found:
        yield found


def test_the_next_run_makes_it_good_and_nobody_noticed(
    target: DockerTarget, dock: Dock, address: str, tmp_path: Path
) -> None:
    assert deploy(target, address, packaged(tmp_path, "1", linear(1.0)), strategy=AT_ONCE).failed == ""
    with closed_loop(address, clients=2) as load:
        for number, (action, call) in enumerate(PLACES, start=2):
            package = packaged(tmp_path, str(number), linear(float(number)))
            assert killed(dock, address, package, action, call), (action, call)
            assert sum(instance.weight for instance in target.fleet().instances) == 100
            assert deploy(target, address, package, strategy=AT_ONCE).failed == ""
            assert [(one.version, one.weight) for one in target.fleet().instances] == [(package.version, 100)]
    assert load.lost == {}
    assert sorted(load.answers) == [float(number) for number in range(1, len(PLACES) + 2)]


def test_a_first_release_whose_deployer_was_killed_is_started_by_the_next(
    target: DockerTarget, dock: Dock, address: str, tmp_path: Path
) -> None:
    package = packaged(tmp_path, "1", linear(1.0))
    assert killed(dock, address, package, "shift", 9)  # HAProxy is made and not started, or answers nobody yet
    assert deploy(target, address, package, strategy=AT_ONCE).failed == ""
    names = [container.name for container in dock.here.engine.client.containers.list(all=True)]
    assert len([name for name in names if "-proxy-" in name]) == 1
