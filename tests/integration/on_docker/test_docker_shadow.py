"""Shadows as containers: copies go from the champion to a mirror, and no client ever notices either of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from fixtures.deployments import free_address
from fixtures.docker_targets import Dock, deploy, docker_target
from fixtures.load import closed_loop
from fixtures.releases import linear, packaged
from tidegate.adapters.targets.docker.target import DockerTarget
from tidegate.core.deployment.environment import Changed, Docker, Step, Strategy
from tidegate.core.deployment.target import Package
from tidegate.core.release import image

SHADOW = Strategy(kind="shadow", steps=(Step(weight=50, requests=40), Step(weight=100, requests=40)))
COMPARED = {"changed": Changed(beyond=0.1, at_most=0.3), "patience": timedelta(seconds=40)}


@pytest.fixture
def address() -> str:
    return free_address()


@pytest.fixture
def target(dock: Dock, address: str) -> Iterator[DockerTarget]:
    with docker_target(dock, address=address, options=Docker(proxy=dock.here.base, replicas=2)) as found:
        yield found


@pytest.fixture
def first(target: DockerTarget, address: str, tmp_path: Path) -> Package:
    package = packaged(tmp_path, "1", linear(1.0))
    assert deploy(target, address, package).failed == ""
    return package


def mirrors(dock: Dock) -> list[dict[str, str]]:
    found = dock.here.engine.client.containers.list(filters={"label": "io.tidegate.role=mirror"})
    return [container.labels for container in found]


def test_a_shadow_that_says_the_same_takes_over(
    target: DockerTarget, dock: Dock, first: Package, address: str, tmp_path: Path
) -> None:
    second, shares = packaged(tmp_path, "2", linear(1.02)), []

    def seen(_number: int, name: str) -> None:
        if name == "look" and mirrors(dock):
            shares.append([(one.version, one.mirrored) for one in target.fleet().instances])

    with closed_loop(address) as load:
        found = deploy(target, address, second, strategy=SHADOW, seen=seen, **COMPARED)
    assert (found.failed, found.open) == ("", "")
    assert load.lost == {}
    assert sorted(load.answers) == pytest.approx([1.0, 1.02])
    assert [step.action for step in found.history] == [
        *("start", "awaitready", "smoke", "mirror", "look", "mirror", "look"),
        *("shift", "look", "record", "stop"),
    ]
    assert shares == [[("1", 0), ("2", 50)], [("1", 0), ("2", 100)]]
    assert mirrors(dock) == []
    assert first.release not in {one.release for one in target.fleet().instances}


def test_a_shadow_that_says_something_else_or_fails_was_never_heard(
    target: DockerTarget, dock: Dock, first: Package, address: str, tmp_path: Path
) -> None:
    cases = [("2", linear(1.5), "answers changed by more than 10"), ("3", linear(1.0, fails=True), "requests failed")]
    for version, model, why in cases:
        package = packaged(tmp_path, version, model)
        with closed_loop(address) as load:
            found = deploy(target, address, package, strategy=SHADOW, **COMPARED)
        assert why in found.failed
        assert load.lost == {}
        assert set(load.answers) == {1.0}
    assert [(one.release, one.weight) for one in target.fleet().instances] == [(first.release, 100)]
    assert mirrors(dock) == []


def test_a_shadow_that_was_killed_half_way_leaves_no_copies_behind(
    target: DockerTarget, dock: Dock, first: Package, address: str, tmp_path: Path
) -> None:
    second = packaged(tmp_path, "2", linear(1.0))
    target.start(second)
    target.mirror(first.release, second.release, 100)
    champion = target._containers.all()[0]
    order = f"print(open('/orders/copies-{first.release[7:19]}.json').read())"
    assert '"share": 1.0' in dock.executed(champion.id, "python3", "-c", order).stdout
    [labels] = mirrors(dock)
    assert labels[image.RELEASE] == second.release
    for container in dock.here.engine.client.containers.list(filters={"label": "io.tidegate.role=mirror"}):
        container.remove(force=True)  # what a run leaves that is killed between the two
    target.shift({first.release: 100})
    assert dock.executed(champion.id, "python3", "-c", order).stdout == "\n"
    tried = dock.executed(champion.id, "python3", "-c", "open('/orders/new', 'w')")
    assert "Read-only file system" in tried.stderr
