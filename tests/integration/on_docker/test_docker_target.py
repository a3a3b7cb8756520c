"""Releases as containers on a real engine: they take over under load, with no more rights than a server needs."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures.deployments import free_address
from fixtures.docker_targets import Dock, deploy, docker_target, swaps
from fixtures.load import ask, closed_loop
from fixtures.releases import linear, packaged
from tidegate.adapters.targets.docker.target import DockerTarget
from tidegate.core.deployment.environment import Docker, Strategy
from tidegate.core.release import image

AT_ONCE = Strategy(kind="blue-green")


@pytest.fixture
def address() -> str:
    return free_address()


@pytest.fixture
def target(dock: Dock, tmp_path: Path, address: str) -> Iterator[DockerTarget]:
    with docker_target(dock, address=address, options=Docker(kept=1)) as found:
        yield found


def test_three_releases_take_over_and_no_request_is_lost(target: DockerTarget, address: str, tmp_path: Path) -> None:
    found = swaps(target, address, tmp_path, 3)
    assert found.load.lost == {}
    assert all(found.load.answers[answer] > 20 for answer in (1.0, 2.0, 3.0, 4.0))
    assert [(one.version, one.weight, one.ready) for one in target.fleet().instances] == [("3", 100, True)]
    assert target.traffic(target.fleet().instances[0].release).requests > 60


def test_a_container_has_no_more_rights_than_it_needs(target: DockerTarget, dock: Dock, tmp_path: Path) -> None:
    package = packaged(tmp_path, "1", linear(1.0))
    target.start(package)
    client = dock.here.engine.client
    container = client.containers.list(filters={"label": image.RELEASE})[0]
    rights = container.attrs["HostConfig"]
    assert (rights["ReadonlyRootfs"], rights["CapDrop"], rights["Privileged"]) == (True, ["ALL"], False)
    assert rights["SecurityOpt"] == ["no-new-privileges:true"]
    assert (rights["Memory"], rights["PidsLimit"]) == (1 << 30, 256)
    assert [binding["HostIp"] for binding in rights["PortBindings"]["8080/tcp"]] == ["127.0.0.1"]
    tried = dock.executed(container.id, "python3", "-c", "import os; print(os.getuid()); open('/release/new', 'w')")
    assert tried.stdout == "65532\n"
    assert "Read-only file system" in tried.stderr
    allowed = "import os; print([os.access(path, os.W_OK) for path in ('/predictions', '/tmp', '/release', '/')])"
    assert dock.executed(container.id, "python3", "-c", allowed).stdout == "[True, True, False, False]\n"
    status = dock.executed(container.id, "python3", "-c", "print(open('/proc/self/status').read())").stdout
    assert "CapEff:\t0000000000000000" in status
    assert "NoNewPrivs:\t1" in status


def test_only_what_answers_clients_is_started_again(
    target: DockerTarget, dock: Dock, address: str, tmp_path: Path
) -> None:
    package = packaged(tmp_path, "1", linear(1.0))
    policies = []
    target.start(package)
    for step in (lambda: None, lambda: target.shift({package.release: 100})):
        step()
        container = dock.here.engine.client.containers.list(filters={"label": image.RELEASE})[0]
        policies.append(container.attrs["HostConfig"]["RestartPolicy"]["Name"])
    assert policies == ["", "unless-stopped"]
    os.kill(container.attrs["State"]["Pid"], signal.SIGKILL)
    deadline = time.monotonic() + 30
    while ask(address, 2.0) != (2.0, ""):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_what_runs_is_seen_and_not_remembered(target: DockerTarget, dock: Dock, address: str, tmp_path: Path) -> None:
    first, second = (packaged(tmp_path, version, linear(float(version))) for version in ("1", "2"))
    deploy(target, address, first)
    target.start(second)
    other = dock.target("tidegate-tests", address)
    assert [(one.version, one.weight) for one in other.fleet().instances] == [("1", 100), ("2", 0)]
    other.shift({first.release: 70, second.release: 30})
    assert [(one.version, one.weight) for one in target.fleet().instances] == [("1", 70), ("2", 30)]


def test_the_newest_images_stay_for_a_rollback_and_older_ones_go(
    target: DockerTarget, dock: Dock, address: str, tmp_path: Path
) -> None:
    client = dock.here.engine.client
    somebodys = dock.below(dock.here.base, 'LABEL owner="somebody"')
    packages = [packaged(tmp_path, version, linear(float(version) + 0.5)) for version in ("1", "2", "3")]
    built = [dock.image(package) for package in packages]
    for package in packages:
        deploy(target, address, package, strategy=AT_ONCE)
    there = {image.id for image in client.images.list(all=True)}
    assert [image in there for image in built] == [False, True, True]
    assert somebodys in there
    assert deploy(target, address, packages[0], strategy=AT_ONCE).failed == ""
    assert ask(address, 2.0) == (3.0, "")


def test_clients_are_answered_while_a_release_goes(target: DockerTarget, address: str, tmp_path: Path) -> None:
    first, second = (packaged(tmp_path, version, linear(float(version))) for version in ("1", "2"))
    deploy(target, address, first)
    deploy(target, address, second, strategy=AT_ONCE)
    target.start(first)
    with closed_loop(address) as load:
        target.stop(first.release)
    assert load.lost == {}
    assert set(load.answers) == {2.0}
    target.stop(first.release)
    assert len(target.fleet().instances) == 1


def test_another_proxy_takes_the_place_of_the_one_that_runs(
    target: DockerTarget, dock: Dock, address: str, tmp_path: Path
) -> None:
    package = packaged(tmp_path, "1", linear(1.0))
    deploy(target, address, package, strategy=AT_ONCE)
    other = dock.target("tidegate-tests", address, options=Docker(proxy=f"{dock.here.registry}/base:1"))
    before = other._proxy.container()
    with closed_loop(address, clients=2) as load:
        other.shift({package.release: 100})
        answered = load.answers[1.0]
        while load.answers[1.0] < answered + 100:
            time.sleep(0.05)
    # Those that the old one had taken from the system and not yet read may be closed, in that one instant.
    assert sum(load.lost.values()) <= 4
    proxies = dock.here.engine.client.containers.list(all=True, filters={"label": "io.tidegate.role=proxy"})
    assert [proxy.id for proxy in proxies] == [other._proxy.container()] != [before]
    rights = proxies[0].attrs["HostConfig"]
    assert (rights["ReadonlyRootfs"], rights["CapDrop"], rights["CapAdd"]) == (True, ["ALL"], None)
    assert (rights["RestartPolicy"]["Name"], proxies[0].attrs["Config"]["User"]) == ("unless-stopped", "65532:65532")
    assert [(one.version, one.weight) for one in other.fleet().instances] == [("1", 100)]
