"""Several containers of one release: they share what clients ask, and the environment says how many there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from fixtures.deployments import free_address
from fixtures.docker_targets import Dock, deploy, docker_target
from fixtures.load import ask, closed_loop
from fixtures.releases import linear, packaged
from tidegate.adapters.targets.docker.target import DockerTarget
from tidegate.core.deployment.environment import Docker, Step, Strategy
from tidegate.core.deployment.target import Package

AT_ONCE = Strategy(kind="blue-green")
CANARY = Strategy(kind="canary", steps=(Step(weight=25, requests=80),))


@pytest.fixture
def address() -> str:
    return free_address()


@pytest.fixture
def sized(dock: Dock, address: str) -> Iterator[Callable[[int], DockerTarget]]:
    """The same environment with another number of replicas."""
    options = Docker(proxy=dock.here.base)
    with docker_target(dock, address=address, options=options):
        yield lambda count: dock.target("tidegate-tests", address, options=replace(options, replicas=count))


def ports(target: DockerTarget, package: Package) -> list[int]:
    found = sorted(target._containers.all(), key=lambda one: one.replica)
    return [one.port for one in found if one.release == package.release]


def test_the_environment_says_how_many_answer(
    sized: Callable[[int], DockerTarget], address: str, tmp_path: Path
) -> None:
    first, second = (packaged(tmp_path, version, linear(float(version))) for version in ("1", "2"))
    one, two = sized(1), sized(2)
    deploy(one, address, first, strategy=AT_ONCE)
    with closed_loop(address, clients=2) as load:
        # Two of the new release beside one of the old: a percentage stays one of all requests.
        assert deploy(two, address, second, strategy=CANARY).failed == ""
    assert load.lost == {}
    assert set(load.answers) == {1.0, 2.0}
    both = ports(two, second)
    assert (len(both), two.fleet().instances[0].whole) == (2, True)
    assert [set(pool.ports) for pool in two._proxy.slots().values()] == [set(both)]

    # Somebody ends one of them; the next run of the same release makes it good, and one with fewer replicas ends it.
    two._containers.end(next(one for one in two._containers.all() if one.replica == 1), 5)
    assert [instance.whole for instance in two.fleet().instances] == [False]
    with closed_loop(address, clients=2) as load:
        assert deploy(two, address, second, strategy=CANARY).failed == ""
        assert len(ports(two, second)) == 2
        assert load.answers[2.0] > 0
    with closed_loop(address, clients=2) as load:
        assert deploy(one, address, second, strategy=CANARY).failed == ""
    assert load.lost == {}
    assert ports(one, second) == both[:1]
    assert ask(address, 1.0) == (2.0, "")
    assert one.traffic(second.release).requests > 80


def test_percents_are_of_all_requests_whatever_the_sizes_are(
    sized: Callable[[int], DockerTarget], address: str, tmp_path: Path
) -> None:
    first, second = (packaged(tmp_path, version, linear(float(version))) for version in ("1", "2"))
    one, three = sized(1), sized(3)
    deploy(one, address, first, strategy=AT_ONCE)
    three.start(second)
    while not three.fleet().instances[-1].ready:
        pass
    three.shift({first.release: 75, second.release: 25})
    assert [(seen.version, seen.weight) for seen in three.fleet().instances] == [("1", 75), ("2", 25)]
    said = [ask(address, 1.0)[0] for _ in range(120)]
    assert len(said) == said.count(1.0) + said.count(2.0)
    assert 27 <= said.count(2.0) <= 33
    asked = three.traffic(second.release)
    assert asked.requests == asked.latency.total == said.count(2.0)
    three.stop(second.release)
    assert [seen.version for seen in three.fleet().instances] == ["1"]


def test_one_that_ends_among_several_is_a_failed_release(
    sized: Callable[[int], DockerTarget], dock: Dock, address: str, tmp_path: Path
) -> None:
    first, second = (packaged(tmp_path, version, linear(float(version))) for version in ("1", "2"))
    two = sized(2)
    deploy(two, address, first, strategy=AT_ONCE)

    def smoke(_address: str) -> str:
        dock.here.engine.client.api.kill(two._containers.all()[-1].id)
        return ""

    ended = deploy(two, address, second, smoke=smoke, strategy=AT_ONCE)
    assert "it ended after it was started" in ended.failed
    assert [(seen.version, seen.weight) for seen in two.fleet().instances] == [("1", 100)]
